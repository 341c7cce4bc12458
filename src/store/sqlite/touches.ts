import type { Context } from './context.ts';

const TOUCH_EVERY_MS = 60_000;

/**
 * When something was last used: in memory, on disk at most once a minute each.
 * @param write a statement that notes one, within a turn
 */
export function createTouches({ writer }: Pick<Context, 'writer'>, write: (id: string, at: number) => void) {
  const lastUse = new Map<string, number>();
  const written = new Map<string, number>();
  function writeAll(touched: readonly (readonly [id: string, at: number])[]): Promise<void> {
    if (touched.length === 0) return Promise.resolve();
    return writer.run(() => {
      for (const [id, at] of touched) write(id, at);
    });
  }
  const unwritten = () => [...lastUse].filter(([id, at]) => at !== written.get(id));
  return {
    /** 0: not since the start, or as it is on disk. */
    lastOf: (id: string) => lastUse.get(id) ?? 0,
    touch(id: string, nowMs: number): void {
      lastUse.set(id, nowMs);
      const last = written.get(id) ?? 0;
      if (nowMs - last < TOUCH_EVERY_MS && nowMs >= last) return;
      written.set(id, nowMs);
      // A failed write of this loses nothing that matters; the next use tries again.
      writeAll([[id, nowMs]]).catch(() => written.delete(id));
    },
    flush: () => writeAll(unwritten()),
    /** Within a turn: writes what is not on disk yet. To be followed by `forget` once it is. */
    writeInTurn(): void {
      for (const [id, at] of unwritten()) write(id, at);
    },
    /** Begins anew, so that what has ended is not kept in memory. */
    forget(): void {
      lastUse.clear();
      written.clear();
    },
  };
}
