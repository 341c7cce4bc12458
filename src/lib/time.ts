let lastMs = Number.NaN;
let lastText = '';

/**
 * A time as it leaves the program: RFC 3339, UTC, milliseconds. The last one is remembered: what is written in one
 * moment (a lead's two times, a batch, the log) asks for the same one again and again.
 */
export function toTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
