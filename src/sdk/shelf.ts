/*
 * Texts by name, kept in `localStorage` where the page may use it, else for as long as the page is open. Nothing here
 * throws: a browser may have no storage, refuse to use it, or have no room.
 */

const memory = new Map<string, string>();

function disk<T>(work: (storage: Storage) => T): T | null {
  try {
    return work(localStorage);
  } catch {
    // Blocked or full: the memory has it.
    return null;
  }
}

export const recall = (name: string): string | null => memory.get(name) ?? disk((each) => each.getItem(name));

export function forget(name: string): void {
  memory.delete(name);
  disk((each) => each.removeItem(name));
}

export function keep(name: string, value: string): void {
  forget(name);
  disk((each) => [each.setItem(name, value)]) ?? memory.set(name, value);
}

/** All names that begin so. */
export const namesOf = (beginning: string): string[] =>
  [...memory.keys(), ...(disk((each) => Object.keys(each)) ?? [])].filter((name) => name.startsWith(beginning));
