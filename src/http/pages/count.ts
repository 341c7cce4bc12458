const THIN = '\u202f';

/** A number with thin separators, for people. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, THIN);
}
