/** The part of Elysia's `set` that an answer needs. */
export interface Answer {
  headers: Record<string, string | number>;
  status?: number | string;
}

/**
 * An answer as JSON text. Elysia would take the object itself, by way of `Response.json`, which costs the hot path
 * several times what making the text does.
 */
export function sendJson(set: Answer, value: unknown): string {
  set.headers['content-type'] = 'application/json';
  return JSON.stringify(value);
}
