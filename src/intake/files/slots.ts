import type { Clock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';

/** An upload that has a place among those at once. */
export interface Slot {
  /** Notes what came. */
  got(bytes: number): void;
  leave(): void;
}

/** So many uploads at once. Spec 3, "Form endpoint". */
export const MAX_UPLOADS = 50;
/** Who is slower than this for this long gives way when nobody else gets in: else a few idlers would keep all out. */
const SLOW_BYTES_A_SECOND = 1_024;
const GRACE_MS = 10_000;

export const TOO_MANY = 'Too many files are being sent at once. Wait a little and send it again.';

interface Holder {
  since: number;
  bytes: number;
  giveWay(error: AppError): void;
}

/** Places for uploads. */
export function createSlots(most: number, clock: Clock) {
  const holders = new Set<Holder>();
  const busy = () => new AppError('unavailable', TOO_MANY, { retryAfterSeconds: GRACE_MS / 1000 });

  /** The slowest of those that had their time; null: all are honest, or new. */
  function slowest(): Holder | null {
    const now = clock.monotonic();
    let found: Holder | null = null;
    let least = SLOW_BYTES_A_SECOND;
    for (const holder of holders) {
      const age = now - holder.since;
      const rate = (holder.bytes * 1000) / age;
      if (age < GRACE_MS || rate >= least) continue;
      [found, least] = [holder, rate];
    }
    return found;
  }

  return {
    /**
     * @param giveWay ends this upload when a faster one needs its place
     * @throws AppError unavailable
     */
    enter(giveWay: (error: AppError) => void): Slot {
      if (holders.size >= most) {
        const slow = slowest();
        if (slow === null) throw busy();
        holders.delete(slow);
        slow.giveWay(busy());
      }
      const holder: Holder = { since: clock.monotonic(), bytes: 0, giveWay };
      holders.add(holder);
      return {
        got(bytes) {
          holder.bytes += bytes;
        },
        leave: () => void holders.delete(holder),
      };
    },
  };
}
