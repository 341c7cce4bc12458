import type { Clock } from './clock.ts';

/**
 * The same work, done anew when what it found is older than `ms`; who asks meanwhile gets that. Who asks while it is
 * being done waits with the others. A failure is told to all who wait, and not kept.
 */
export function atMostEvery<T>(ms: number, clock: Clock, work: () => Promise<T>): () => Promise<T> {
  let last: { at: number; found: Promise<T> } | null = null;
  return () => {
    if (last !== null && clock.monotonic() - last.at < ms) return last.found;
    const started = { at: clock.monotonic(), found: work() };
    last = started;
    started.found.catch(() => {
      if (last === started) last = null;
    });
    return started.found;
  };
}
