import type { FakeClock } from './clock.ts';
import type { Behaviour, Call, CallKind, Counts, Violation } from './control-types.ts';

/** The log of what was asked, and of what a well-behaved client would not have asked. */
export class Calls {
  readonly log: Call[] = [];
  readonly violations: Violation[] = [];
  private number = 0;
  private readonly writing = new Map<string, Set<Call>>();
  private readonly recentWrites = new Map<string, number[]>();

  constructor(
    private readonly clock: FakeClock,
    private readonly behaviour: Behaviour,
  ) {}

  begin(kind: CallKind, access: Call['access'], method: string, path: string, spreadsheetId: string | null): Call {
    const call: Call = {
      n: ++this.number,
      kind,
      access,
      method,
      path,
      spreadsheetId,
      email: null,
      requests: [],
      rows: 0,
      bytes: 0,
      startedAt: this.clock.now(),
      endedAt: null,
      startedReal: Date.now(),
      endedReal: null,
      status: null,
      outcome: null,
      message: null,
      fault: null,
      applied: false,
    };
    this.log.push(call);
    this.watchWrite(call);
    return call;
  }

  /** Two writes in flight, or more writes in the window than Google advises. */
  private watchWrite(call: Call): void {
    const { spreadsheetId: id } = call;
    if (call.access !== 'write' || id === null) return;
    const open = this.writing.get(id) ?? new Set();
    this.writing.set(id, open);
    if (open.size > 0) {
      this.violate(
        call,
        'concurrent_writes',
        `call ${call.n} began while ${[...open].map(({ n }) => n)} was in flight`,
      );
    }
    open.add(call);
    const { maxWrites, writeWindowMs } = this.behaviour;
    if (maxWrites === null) return;
    const recent = (this.recentWrites.get(id) ?? []).filter((at) => at > call.startedAt - writeWindowMs);
    recent.push(call.startedAt);
    this.recentWrites.set(id, recent);
    if (recent.length > maxWrites) {
      this.violate(call, 'write_rate', `${recent.length} writes within ${writeWindowMs} ms, ${maxWrites} allowed`);
    }
  }

  /** The call is over as far as the client can see: answered, broken off, or given up. */
  end(call: Call): void {
    if (call.endedAt !== null) return;
    call.endedAt = this.clock.now();
    call.endedReal = Date.now();
    if (call.spreadsheetId !== null) this.writing.get(call.spreadsheetId)?.delete(call);
  }

  violate(call: Call, kind: string, detail: string): void {
    this.violations.push({ kind, detail, n: call.n, spreadsheetId: call.spreadsheetId, at: this.clock.now() });
  }

  reset(): void {
    this.log.length = 0;
    this.violations.length = 0;
    this.number = 0;
    this.recentWrites.clear();
  }

  counts(): Counts {
    const counts: Counts = { total: this.log.length, read: 0, write: 0, byKind: {} };
    for (const { access, kind } of this.log) {
      if (access !== null) counts[access]++;
      counts.byKind[kind] = (counts.byKind[kind] ?? 0) + 1;
    }
    return counts;
  }
}
