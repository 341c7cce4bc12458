import type { Clock } from '../../../lib/clock.ts';

/** Google counts reads and writes apart; a batch is one write. google-sheets.md 2.1. */
export type CallKind = 'read' | 'write';

/** The share of one account in Google's quota. */
export interface Quota {
  /**
   * Resolves when one more call may go out. First come, first served: a spreadsheet with one call waiting at a
   * time therefore gets its turn as often as any other. Rejects only when `signal` fires.
   */
  take(kind: CallKind, signal?: AbortSignal): Promise<void>;
  /** How long a `take` now would wait, in milliseconds; 0: not at all. */
  wait(kind: CallKind): number;
  /** After a 429: no call of this kind before `untilMs` (wall clock); `project`: for all accounts of the project. */
  penalise(kind: CallKind, untilMs: number, scope: 'account' | 'project'): void;
}

export interface QuotaBook {
  /**
   * The quota of an account, the same one for everybody who asks. `project` names what several accounts share
   * (the OAuth client's id); null: nobody shares.
   */
  account(email: string, project: string | null): Quota;
}

/** Google's limits are 60 a minute for an account and 300 for a project; a tenth is left for others and for skew. */
export const ACCOUNT_LIMIT = 54;
export const PROJECT_LIMIT = 270;
const WINDOW_MS = 60_000;

/** When the quota's next minute begins, with a second for the difference of two clocks. Wall clock, ms. */
export function nextMinute(nowMs: number): number {
  return (Math.floor(nowMs / WINDOW_MS) + 1) * WINDOW_MS + 1000;
}

export function createQuotaBook(clock: Clock): QuotaBook {
  const accounts = new Map<string, Quota>();
  const projects = new Map<string, Windows>();
  return {
    account(email, project) {
      const name = JSON.stringify([email, project]);
      const known = accounts.get(name);
      if (known) return known;
      let shared: Windows | null = null;
      if (project !== null) {
        shared = projects.get(project) ?? windows(PROJECT_LIMIT);
        projects.set(project, shared);
      }
      const quota = createQuota(clock, windows(ACCOUNT_LIMIT), shared);
      accounts.set(name, quota);
      return quota;
    },
  };
}

/** The calls of the last minute, by monotonic time: a clock that is set back must not stop the calls. */
class Window {
  private readonly times: number[] = [];
  private closedUntil = 0;

  constructor(private readonly limit: number) {}

  /** Until a call could go out that has `ahead` others before it. */
  wait(now: number, ahead: number): number {
    while (this.times.length > 0 && (this.times[0] ?? 0) + WINDOW_MS <= now) this.times.shift();
    const closed = Math.max(0, this.closedUntil - now);
    // The call that has to leave the window first; beyond those made are those that wait, a window later each.
    const blocker = this.times.length + ahead - this.limit;
    if (blocker < 0) return closed;
    const made = this.times[blocker];
    if (made !== undefined) return Math.max(closed, made + WINDOW_MS - now);
    return closed + WINDOW_MS * Math.ceil((ahead + 1) / this.limit);
  }

  add(now: number): void {
    this.times.push(now);
  }

  close(until: number): void {
    this.closedUntil = Math.max(this.closedUntil, until);
  }
}

type Windows = Record<CallKind, Window>;
const windows = (limit: number): Windows => ({ read: new Window(limit), write: new Window(limit) });

interface Waiter {
  go(): void;
  gone: boolean;
}

function createQuota(clock: Clock, own: Windows, shared: Windows | null): Quota {
  const queues: Record<CallKind, Waiter[]> = { read: [], write: [] };
  const waking: Record<CallKind, boolean> = { read: false, write: false };
  const wait = (kind: CallKind, now: number, ahead: number) =>
    Math.max(own[kind].wait(now, ahead), shared?.[kind].wait(now, ahead) ?? 0);

  const serve = (kind: CallKind) => {
    const queue = queues[kind];
    for (;;) {
      const [first] = queue;
      if (!first) return;
      if (first.gone) {
        queue.shift();
        continue;
      }
      const now = clock.monotonic();
      const delay = wait(kind, now, 0);
      if (delay > 0) {
        wake(kind, delay);
        return;
      }
      queue.shift();
      own[kind].add(now);
      shared?.[kind].add(now);
      first.go();
    }
  };
  const wake = (kind: CallKind, delayMs: number) => {
    if (waking[kind]) return;
    waking[kind] = true;
    clock.after(Math.ceil(delayMs), () => {
      waking[kind] = false;
      serve(kind);
    });
  };

  return {
    take(kind, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const leave = () => {
          waiter.gone = true;
          reject(signal?.reason);
        };
        const waiter: Waiter = {
          gone: false,
          go() {
            signal?.removeEventListener('abort', leave);
            resolve();
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        queues[kind].push(waiter);
        serve(kind);
      });
    },
    wait: (kind) => wait(kind, clock.monotonic(), queues[kind].filter((waiter) => !waiter.gone).length),
    penalise(kind, untilMs, scope) {
      const until = clock.monotonic() + Math.max(0, untilMs - clock.now());
      own[kind].close(until);
      if (scope === 'project') shared?.[kind].close(until);
    },
  };
}
