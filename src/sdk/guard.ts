/** Does what must not reach the page as an error: whatever goes wrong in it, the page goes on as if we were not there. */
export function guard<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
