const MAX_SEGMENT = 200;

/**
 * The keys of a way into a JSON text as a JSON pointer (RFC 6901). Very long keys are shortened: a pointer is
 * for people to find the place, and an error must not echo a whole body.
 */
export function jsonPointer(path: readonly string[]): string {
  return path.map((key) => `/${shorten(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function shorten(key: string): string {
  return key.length > MAX_SEGMENT ? `${key.slice(0, MAX_SEGMENT).toWellFormed()}…` : key;
}
