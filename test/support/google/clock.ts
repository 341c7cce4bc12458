/** The fake's own time: quota minutes, token expiry and seven-day expiry follow it, never the wall clock directly. */
export class FakeClock {
  private frozenAt: number | undefined;
  private offset = 0;
  /** How far Google's clock is ahead of everybody else's, in ms. Shows in the `Date` header and the JWT window. */
  skew = 0;

  /** Milliseconds since the epoch. */
  now(): number {
    return (this.frozenAt ?? Date.now()) + this.offset;
  }

  /** What Google believes the time is: the clock plus the skew. */
  google(): number {
    return this.now() + this.skew;
  }

  advance(ms: number): void {
    this.offset += ms;
  }

  /** Follow real time (offset dropped), or stand still at an instant until advanced. */
  set(to: 'real' | { now: number }): void {
    this.frozenAt = to === 'real' ? undefined : to.now;
    this.offset = 0;
  }
}
