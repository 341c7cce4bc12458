/** A small table, whole in memory: there are few rows, and every request needs one. */
export interface KeptTable<V> {
  /** By the key it is asked for by, in the order that it was read in. */
  all(): ReadonlyMap<string, V>;
  /** Forgets it; it is read again when it is next asked for. */
  drop(): void;
}

export function keptTable<V>(read: () => Iterable<readonly [key: string, row: V]>): KeptTable<V> {
  let known: ReadonlyMap<string, V> | null = null;
  return {
    all() {
      known ??= new Map(read());
      return known;
    },
    drop() {
      known = null;
    },
  };
}
