/** What became of one form that was sent. */
export type Outcome =
  | { kind: 'sent'; id: string; thanks?: { title: string; text: string } | undefined }
  | { kind: 'refused'; code: string; message: string; details: { path: string; message: string }[] }
  /** Nobody knows: to be sent again, with the same key. */
  | { kind: 'queued' };

/** Browsers hold 64 KiB for all that outlives its page. Fetch, 4.5. */
const MAX_KEPT_ALIVE = 60_000;
const PATIENCE_MS = 20_000;
const LONG_PATIENCE_MS = 300_000;
const TOO_MANY = 429;

/**
 * Sends a form so that no preflight is needed and the end of the page doesn't stop it. Never rejects. An answer counts
 * as the server's only when it looks like one: on the way stand proxies and hotels that answer in its place.
 */
export async function post(url: string, body: string | FormData): Promise<Outcome> {
  const isText = typeof body === 'string';
  const keepalive = isText && body.length <= MAX_KEPT_ALIVE;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { Accept: 'application/json', ...(isText && { 'Content-Type': 'application/x-www-form-urlencoded' }) },
      credentials: 'omit',
      keepalive,
      signal: AbortSignal.timeout(keepalive ? PATIENCE_MS : LONG_PATIENCE_MS),
    });
    return outcomeOf(answer.status, (await answer.json()) as Answer);
  } catch {
    // No network, a hanging server, an answer that is no JSON.
    return { kind: 'queued' };
  }
}

interface Answer {
  ok?: boolean;
  id?: string;
  thanks?: { title: string; text: string };
  error?: { code: string; message: string; details: { path: string; message: string }[] };
}

function outcomeOf(status: number, { ok, id, thanks, error }: Answer): Outcome {
  if (ok && id) return { kind: 'sent', id, thanks };
  if (!error?.code || status >= 500 || status === TOO_MANY) return { kind: 'queued' };
  // Keys are random: whoever has ours is this form, sent before by a browser that called itself otherwise.
  return error.code === 'idempotency_key_reused' ? { kind: 'sent', id: '' } : { kind: 'refused', ...error };
}
