import type { Call, Fault, FaultRule, LateCall, LateEnd, LateOutcome, RandomFaults } from './control-types.ts';
import type { WireAnswer } from './http.ts';
import { Random } from './random.ts';

/** Which calls go wrong, and how; and the calls that are parked to be applied later. */

interface Armed {
  readonly rule: FaultRule;
  seen: number;
  hit: number;
}

interface Parked {
  readonly late: LateCall;
  readonly call: Call;
  readonly end: LateEnd;
  readonly apply: () => { status: number; message: string | null };
}

function matches(match: FaultRule['match'], call: Call): boolean {
  if (!match) return true;
  const kinds = match.kind === undefined ? undefined : [match.kind].flat();
  if (kinds && !kinds.includes(call.kind)) return false;
  if (match.access !== undefined && match.access !== call.access) return false;
  if (match.spreadsheetId !== undefined && match.spreadsheetId !== call.spreadsheetId) return false;
  if (match.n !== undefined && match.n !== call.n) return false;
  return match.request === undefined || call.requests.includes(match.request);
}

export class Faults {
  private armed: Armed[] = [];
  private random: { options: RandomFaults; source: Random } | undefined;
  private parked: Parked[] = [];
  private parkedCount = 0;
  /** Real ms added to every call. */
  latency = 0;

  add(rules: readonly FaultRule[]): void {
    this.armed.push(...rules.map((rule) => ({ rule, seen: 0, hit: 0 })));
  }

  /** No more faults; what is parked stays parked. */
  clear(): void {
    this.armed = [];
    this.random = undefined;
    this.latency = 0;
  }

  setRandom(options: RandomFaults): void {
    this.random = { options, source: new Random(options.seed) };
  }

  /** The fault that befalls a call, rules before chance. */
  choose(call: Call): Fault | undefined {
    let chosen: Fault | undefined;
    for (const armed of this.armed) {
      const { rule } = armed;
      if (!matches(rule.match, call)) continue;
      armed.seen++;
      const times = rule.times === undefined ? 1 : rule.times;
      if (chosen || armed.seen < (rule.nth ?? 1) || (times !== null && armed.hit >= times)) continue;
      armed.hit++;
      chosen = rule.fault;
    }
    return chosen ?? this.byChance(call);
  }

  private byChance(call: Call): Fault | undefined {
    if (!this.random || !matches(this.random.options.only, call)) return undefined;
    const { options, source } = this.random;
    if (!source.chance(options.rate)) return undefined;
    const kind = source.pick(options.kinds);
    if (kind === undefined || (kind === 'lateApply' && call.access !== 'write')) return undefined;
    if (kind === 'slow') return { kind, ms: options.ms ?? 20 };
    if (kind !== 'lateApply') return { kind };
    const ends: readonly LateEnd[] = options.lateEnds ?? ['release', 'beforeNext', 'afterNext'];
    const end = source.pick(ends) ?? 'release';
    return { kind, end, answer: source.pick(['503', 'reset'] as const) ?? '503' };
  }

  /** Keeps a call to be applied later. */
  park(call: Call, fault: Fault, apply: Parked['apply']): void {
    const late = { id: ++this.parkedCount, n: call.n, spreadsheetId: call.spreadsheetId };
    this.parked.push({ late, call, end: fault.end ?? 'release', apply });
    if (fault.lateMs !== undefined) setTimeout(() => this.release((each) => each.late.id === late.id), fault.lateMs);
  }

  waiting(): LateCall[] {
    return this.parked.map(({ late }) => late);
  }

  releaseById(id: number | undefined): LateOutcome[] {
    return this.release((parked) => id === undefined || parked.late.id === id);
  }

  /** Applies what waits for the next write on the same spreadsheet, before or after that write. */
  releaseAround(call: Call, end: 'beforeNext' | 'afterNext'): void {
    if (call.access !== 'write') return;
    this.release(
      (parked) => parked.end === end && parked.call !== call && parked.call.spreadsheetId === call.spreadsheetId,
    );
  }

  private release(which: (parked: Parked) => boolean): LateOutcome[] {
    const now = this.parked.filter(which);
    this.parked = this.parked.filter((parked) => !now.includes(parked));
    return now.map(({ late, call, apply }) => {
      const { status, message } = apply();
      call.outcome = status;
      call.message = message;
      call.applied = status === 200;
      return { ...late, status, applied: status === 200, message };
    });
  }
}

const json = (status: number, body: unknown): WireAnswer => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(body),
});

const html = (status: number, title: string): WireAnswer => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
  body: `<!DOCTYPE html>\n<html lang=en><title>Error ${status} (${title})!!1</title>\n<p><b>${status}.</b> <ins>That's an error.</ins><p>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.</html>\n`,
});

const status = (code: number, name: string, message: string, more: object = {}): WireAnswer =>
  json(code, { error: { code, message, status: name, ...more } });

const info = (reason: string) => [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata: {} },
];

/** The answer of a fault that keeps a call from being applied; undefined for the other kinds. */
export function refusal(fault: Fault): WireAnswer | undefined {
  switch (fault.kind) {
    case '429':
      return status(
        429,
        'RESOURCE_EXHAUSTED',
        "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute' of service 'sheets.googleapis.com' for consumer 'project_number:100000000000'.",
        { details: info('RATE_LIMIT_EXCEEDED') },
      );
    case '500':
      return status(500, 'INTERNAL', 'Internal error encountered.');
    case '502html':
      return html(502, 'Server Error');
    case '503':
      return status(503, 'UNAVAILABLE', 'The service is currently unavailable.');
    case '503html':
      return html(503, 'Service Unavailable');
    case '504':
      return status(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.');
    case '401':
    case 'revokeTokenMidFlight':
      return status(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', {
        details: info('ACCESS_TOKEN_INVALID'),
      });
    case '403':
      return status(403, 'PERMISSION_DENIED', 'The caller does not have permission');
    case '403disabled':
      return status(
        403,
        'PERMISSION_DENIED',
        'Google Sheets API has not been used in project 100000000000 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=100000000000 then retry.',
        { details: info('SERVICE_DISABLED') },
      );
    case '403scope':
      return status(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', {
        details: info('ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
      });
    case '403rateLimit':
      return json(403, {
        error: {
          code: 403,
          message: 'User Rate Limit Exceeded',
          errors: [{ domain: 'usageLimits', reason: 'userRateLimitExceeded', message: 'User Rate Limit Exceeded' }],
        },
      });
    case '404':
      return status(404, 'NOT_FOUND', 'Requested entity was not found.');
    case 'refuse':
    case 'reset':
      return { kind: 'reset' };
    case 'hang':
      return { kind: 'hang' };
    case 'answer':
      return {
        kind: 'answer',
        status: fault.status ?? 500,
        headers: { 'content-type': fault.contentType ?? 'application/json; charset=UTF-8', ...fault.headers },
        body: fault.body ?? '',
      };
    default:
      return undefined;
  }
}

/** What becomes of the answer to a call that was applied. */
export function distort(fault: Fault, answer: WireAnswer & { kind: 'answer' }): WireAnswer {
  switch (fault.kind) {
    case 'hangAfter':
      return { kind: 'hang' };
    case 'resetAfter':
      return { kind: 'reset' };
    case '500After':
      return refusal({ kind: '500' }) ?? answer;
    case '503After':
      return refusal({ kind: '503' }) ?? answer;
    case 'cutBodyAfter':
      return { ...answer, kind: 'cut', bytes: Math.floor(Buffer.byteLength(answer.body) / 2) };
    case 'nonJsonAfter':
      return { ...answer, headers: { 'content-type': 'text/html' }, body: '<html><body>OK</body></html>' };
    default:
      return answer;
  }
}

/** What a late call is answered now. */
export function lateAnswer(fault: Fault): WireAnswer {
  if (fault.answer === 'hang') return { kind: 'hang' };
  return fault.answer === 'reset' ? { kind: 'reset' } : (refusal({ kind: '503' }) ?? { kind: 'reset' });
}
