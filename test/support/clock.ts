import type { Cancel, Clock } from '../../src/lib/clock.ts';

interface Timer {
  dueAt: number;
  order: number;
  task: () => void;
}

/** A clock that stands still until it is told to go on. Timers fire in the order they are due, at their own time. */
export class TestClock implements Clock {
  #now: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs: number = Date.UTC(2026, 10, 22, 14, 5)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer: Timer = { dueAt: this.#monotonic + Math.max(0, delayMs), order: this.#order++, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; null when there is none. */
  get nextInMs(): number | null {
    const next = this.#next();
    return next ? Math.max(0, next.dueAt - this.#monotonic) : null;
  }

  /** Lets `ms` pass. A timer set by a timer fires too, if it is due within them. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    while (this.#fireNext(end));
    this.#moveTo(end);
  }

  /** Like `advance`, but what each timer started is given its turn before time goes on. */
  async advanceAndSettle(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settle();
    while (this.#fireNext(end)) await settle();
    this.#moveTo(end);
    await settle();
  }

  /** The machine's clock is set to another time; timers and `monotonic` don't notice. */
  setTime(ms: number): void {
    this.#now = ms;
  }

  #fireNext(end: number): boolean {
    const next = this.#next();
    if (!next || next.dueAt > end) return false;
    this.#timers.delete(next);
    this.#moveTo(Math.max(this.#monotonic, next.dueAt));
    next.task();
    return true;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (!next || timer.dueAt < next.dueAt || (timer.dueAt === next.dueAt && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #moveTo(monotonic: number): void {
    this.#now += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}

/** Lets promises and short input and output come to an end. Not a guarantee for long chains of file access. */
export async function settle(turns = 5): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
