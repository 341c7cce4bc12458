import type { Random } from './google/random.ts';
import { checkAnswer } from './openapi.ts';

/*
 * Load over real connections, and a ledger of what was promised. The client is our own because nothing may stand
 * between: fetch sends a request again by itself when a kept connection turns out to be dead.
 */

export interface Answer {
  status: number;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: string;
}

/** What came of one request. `lost`: no complete answer; whether it was taken is not known. */
export type Exchange = { kind: 'answered'; answer: Answer } | { kind: 'lost' };

/** One TCP connection that speaks HTTP/1.1, one request at a time. */
export class Connection {
  #received: Buffer = Buffer.alloc(0);
  #open = true;
  #changed: () => void = () => {};
  #unsent: Buffer = Buffer.alloc(0);
  #socket: Bun.Socket | null = null;

  /** @returns null when nobody listens there */
  static async open(port: number): Promise<Connection | null> {
    const made = new Connection();
    try {
      made.#socket = await Bun.connect({
        hostname: '127.0.0.1',
        port,
        socket: {
          data: (_, bytes) => made.#note(() => (made.#received = Buffer.concat([made.#received, bytes]))),
          drain: () => made.#flush(),
          end: () => made.#note(() => (made.#open = false)),
          close: () => made.#note(() => (made.#open = false)),
          error: () => made.#note(() => (made.#open = false)),
        },
      });
      return made;
    } catch {
      return null;
    }
  }

  /** Whether the other side still takes something, as far as is known. */
  get open(): boolean {
    return this.#open;
  }

  /** Whether all that was written has gone out. */
  get sent(): boolean {
    return this.#unsent.length === 0;
  }

  /** Sends bytes as they are. */
  write(bytes: string | Buffer): void {
    this.#unsent = Buffer.concat([this.#unsent, Buffer.from(bytes)]);
    this.#flush();
  }

  /** Reads one answer; null when the connection ends before it is complete. */
  async answer(): Promise<Answer | null> {
    for (;;) {
      const answer = this.#take();
      if (answer) return answer;
      if (!this.#open) return null;
      await this.#change();
    }
  }

  /** Sends a request and reads its answer, which is held against the OpenAPI document. */
  async send(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Exchange> {
    const all = {
      host: '127.0.0.1',
      ...headers,
      ...(body === '' ? {} : { 'content-length': `${Buffer.byteLength(body)}` }),
    };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.write(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n${body}`);
    const answer = await this.answer();
    if (!answer) return { kind: 'lost' };
    const { status, headers: answered, body: text } = answer;
    await checkAnswer(method, path, { status, header: (name) => answered.get(name.toLowerCase()) ?? null, text });
    return { kind: 'answered', answer };
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<void> {
    while (this.#open) await this.#change();
  }

  end(): void {
    this.#socket?.terminate();
    this.#note(() => (this.#open = false));
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#changed;
      this.#changed = () => {
        before();
        resolve();
      };
    });
  }

  #note(change: () => void): void {
    change();
    const changed = this.#changed;
    this.#changed = () => {};
    changed();
  }

  #flush(): void {
    if (!this.#open || this.#unsent.length === 0 || !this.#socket) return;
    const sent = this.#socket.write(this.#unsent);
    if (sent > 0) this.#unsent = this.#unsent.subarray(sent);
  }

  /** Cuts one whole answer off what has come. Ours always carry a length. */
  #take(): Answer | null {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return null;
    const [status = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    const headers = new Map(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers.get('content-length') ?? '0');
    const start = end + 4;
    if (this.#received.length < start + length) return null;
    const body = this.#received.toString('utf8', start, start + length);
    this.#received = this.#received.subarray(start + length);
    return { status: Number(status.split(' ')[1]), headers, body };
  }
}

/** One request of the load, with what became of it. */
export interface Shot {
  /** What tells each lead from all others; stands in its field `Ref`. */
  refs: readonly string[];
  path: string;
  body: string;
  /** The idempotency key; with one the request may be sent again. */
  key: string | null;
  /** Ids by lead, once answered with success. */
  ids: readonly string[] | null;
  /** A send of it had no answer: it may have been taken. */
  lost: boolean;
  /** The server said that it took nothing, each time. */
  refused: boolean;
}

/** A lead as the server gives it out afterwards. */
export interface StoredLead {
  id: string;
  ref: string;
}

const FORMS = 3;
const MAX_BATCH = 12;

/** Everything that was sent, what was promised, and the judgement over what is there in the end. */
export class Ledger {
  readonly shots: Shot[] = [];
  readonly problems: string[] = [];
  #refs = 0;

  constructor(readonly random: Random) {}

  get answered(): number {
    return this.shots.filter(({ ids }) => ids !== null).length;
  }

  /** Keyed requests without an answer: to be sent again. */
  get open(): Shot[] {
    return this.shots.filter(({ key, ids }) => key !== null && ids === null);
  }

  /** A new request: a single lead or a batch, often with an idempotency key. */
  shot(): Shot {
    const { random } = this;
    const batch = random.chance(0.35);
    const refs = Array.from({ length: batch ? random.int(1, MAX_BATCH + 1) : 1 }, () => `ref-${this.#refs++}`);
    const leads = refs.map((ref) => this.#lead(ref));
    const shot: Shot = {
      refs,
      path: batch ? '/api/v1/submissions/batch' : '/api/v1/submissions',
      body: JSON.stringify(batch ? { submissions: leads } : leads[0]),
      key: random.chance(0.5) ? `key-${this.shots.length}` : null,
      ids: null,
      lost: false,
      refused: false,
    };
    this.shots.push(shot);
    return shot;
  }

  #lead(ref: string) {
    const { random } = this;
    const fields: Record<string, string> = {
      Ref: ref,
      Name: random.pick(['Ann', '=1+1', '', 'Ørsted "Bob", jr.']) ?? '',
      // A row that is torn at a line end of its own must not pass for two.
      Message: `first line\nsecond, "quoted"\r\n${'long '.repeat(random.int(0, 80))}`,
    };
    // New columns now and then: the tab is written anew for them.
    if (random.chance(0.02)) fields[`Extra ${random.int(0, 12)}`] = 'x';
    return { form_name: `Form ${random.int(0, FORMS)}`, fields };
  }

  /** Notes an answer. */
  note(shot: Shot, { status, body }: Answer): void {
    const ids = status === 201 || status === 200 ? idsIn(body) : null;
    if (ids === null) {
      shot.refused = shot.ids === null && !shot.lost;
      if (status !== 503) this.problems.push(`unexpected answer ${status}: ${body.slice(0, 300)}`);
      return;
    }
    if (ids.length !== shot.refs.length) this.problems.push(`${shot.refs.length} leads sent, ${ids.length} answered`);
    if (shot.ids !== null && shot.ids.join() !== ids.join()) this.problems.push(`${shot.key}: a repeat made new leads`);
    shot.refused = false;
    shot.ids = ids;
  }

  /**
   * Holds the promises against what is stored: every answered lead is there under its id, none is there twice, a
   * request that was refused left nothing, and a request is there whole or not at all. @returns what is wrong
   */
  judge(stored: readonly StoredLead[]): string[] {
    const problems = [...this.problems];
    const byRef = Map.groupBy(stored, ({ ref }) => ref);
    for (const shot of this.shots) {
      const there = shot.refs.map((ref) => byRef.get(ref) ?? []);
      for (const [i, leads] of there.entries()) {
        if (leads.length > 1) problems.push(`${shot.refs[i]} is stored ${leads.length} times`);
        if (shot.ids && leads[0]?.id !== shot.ids[i])
          problems.push(`${shot.refs[i]}, answered ${shot.ids[i]}, is lost`);
      }
      const present = there.filter((leads) => leads.length > 0).length;
      if (present > 0 && present < there.length) problems.push(`of ${there.length} leads only ${present} were stored`);
      if (shot.refused && present > 0) problems.push(`${shot.refs[0]} was refused and is stored`);
      for (const ref of shot.refs) byRef.delete(ref);
    }
    for (const ref of byRef.keys()) problems.push(`${JSON.stringify(ref)} is stored and was never sent`);
    return problems;
  }
}

function idsIn(body: string): string[] {
  const { data } = JSON.parse(body) as { data: { id: string } | { id: string }[] };
  return (Array.isArray(data) ? data : [data]).map(({ id }) => id);
}

export interface LoadOptions {
  port: number;
  key: string;
  ledger: Ledger;
  connections: number;
  /** The most requests that are sent; retries count too. */
  requests: number;
  /** Called after each answer. */
  onAnswer?: (answer: Answer, answers: number) => void;
}

/** Sends until the budget is used up or the server is gone. Repeats keyed requests, lost ones first. */
export async function runLoad(options: LoadOptions): Promise<void> {
  const { ledger, connections } = options;
  const again = ledger.open;
  const state: LoadState = { left: options.requests, answers: 0, next: () => again.shift() ?? someShot(ledger) };
  await Promise.all(Array.from({ length: connections }, () => runConnection(options, state)));
}

interface LoadState {
  left: number;
  answers: number;
  next(): Shot;
}

async function runConnection(options: LoadOptions, state: LoadState): Promise<void> {
  const connection = await Connection.open(options.port);
  if (!connection) return;
  while (state.left > 0 && connection.open) {
    state.left--;
    const shot = state.next();
    const exchange = await fire(connection, options.key, shot);
    if (exchange.kind === 'lost') break;
    options.ledger.note(shot, exchange.answer);
    state.answers++;
    options.onAnswer?.(exchange.answer, state.answers);
    if (exchange.answer.headers.get('connection') === 'close') break;
  }
  connection.end();
}

/** Sends one request of the load. */
export async function fire(connection: Connection, key: string, shot: Shot): Promise<Exchange> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    ...(shot.key === null ? {} : { 'idempotency-key': shot.key }),
  };
  const exchange = await connection.send('POST', shot.path, headers, shot.body);
  if (exchange.kind === 'lost') Object.assign(shot, { lost: true, refused: false });
  return exchange;
}

/** A new request; now and then one more time one that was answered, which must make nothing new. */
function someShot(ledger: Ledger): Shot {
  if (ledger.random.chance(0.05)) {
    const earlier = ledger.random.pick(ledger.shots);
    if (earlier?.key && earlier.ids) return earlier;
  }
  return ledger.shot();
}
