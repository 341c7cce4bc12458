import { Random } from '../support/google/random.ts';
import { Connection } from '../support/load.ts';

/** Bytes of HTTP with something done to them. */
export interface Malformed {
  bytes: Buffer;
  /** Where it is cut into pieces that are sent one by one. */
  cuts: readonly number[];
}

const BITS: readonly [string, ...string[]] = [
  'a'.repeat(20_000),
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '\x7f',
    '\xff',
    '\u{1f600}',
    '%',
    '%00',
    '../',
    '//',
  ],
  ...['Content-Length: 5\r\n', 'Content-Length: 99999999999\r\n', 'Content-Length: -1\r\n', 'Content-Length: 0\r\n'],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: x\r\n',
    'Host: [\r\n',
    'Host: a\r\n',
    'Connection: close\r\n',
  ],
  ...[
    'Expect: 100-continue\r\n',
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
    'Content-Encoding: gzip\r\n',
    ' folded\r\n',
  ],
  ...[
    '0\r\n\r\n',
    'ffffffff\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\n',
    'HTTP/1.0',
    'HTTP/9.9',
    '{',
    '}',
    '"',
  ],
];

/** One of a few good requests, damaged in one to five places, in pieces. The random numbers decide over all of it. */
export function malformed(random: Random, key: string): Malformed {
  let bytes: Buffer = Buffer.from(goodRequest(random, key), 'latin1');
  for (let i = random.int(1, 6); i > 0; i--) bytes = damage(random, bytes);
  const cuts = Array.from({ length: random.int(0, 4) }, () => random.int(0, bytes.length + 1)).sort((a, b) => a - b);
  return { bytes, cuts };
}

const one = <T>(random: Random, items: readonly [T, ...T[]]): T => random.pick(items) ?? items[0];

function goodRequest(random: Random, key: string): string {
  const body = '{"fields":{"Name":"Alice"},"form_name":"Contact"}';
  const [method, path, sent] = one(random, [
    ['POST', '/api/v1/submissions', body],
    ['POST', '/api/v1/submissions/batch', `{"submissions":[${body}]}`],
    ['GET', '/api/v1/submissions?per_page=1', ''],
    ['PATCH', '/api/v1/forms/frm_x', '{"name":"x"}'],
    ['GET', '/api/v1/site', ''],
    ['POST', '/api/mcp', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'],
    ['GET', '/healthz', ''],
  ]);
  const chunked = sent !== '' && random.chance(0.4);
  const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${sent.length}`;
  const framed = chunked ? `${sent.length.toString(16)}\r\n${sent}\r\n0\r\n\r\n` : sent;
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${length}\r\n\r\n${framed}`;
}

function damage(random: Random, bytes: Buffer): Buffer {
  const at = random.int(0, bytes.length + 1);
  const end = Math.min(bytes.length, at + random.int(1, 30));
  switch (random.int(0, 6)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(one(random, BITS), 'latin1'), bytes.subarray(at)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 3:
      return bytes.subarray(0, at);
    case 4: {
      const changed = Buffer.from(bytes);
      if (at < changed.length) changed[at] = random.int(0, 256);
      return changed;
    }
    default:
      return atLineStart(bytes, one(random, BITS), at);
  }
}

/** Puts something before a line, where headers are. */
function atLineStart(bytes: Buffer, bit: string, from: number): Buffer {
  const line = bytes.indexOf('\r\n', from);
  const at = line < 0 ? bytes.length : line + 2;
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(bit, 'latin1'), bytes.subarray(at)]);
}

/** How long an answer is waited for: what was sent may be only the beginning of a request. */
const PATIENCE_MS = 30;

/** Sends it piece by piece. @returns the status line and what follows, as far as it came at once; '' for none */
export async function sendMalformed(
  port: number,
  { bytes, cuts }: Malformed,
): Promise<{ status: number; body: string } | null> {
  const connection = await Connection.open(port);
  if (!connection) throw new Error('nobody listens any more');
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    connection.write(bytes.subarray(from, cut));
    from = cut;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answer = await Promise.race([connection.answer(), Bun.sleep(PATIENCE_MS).then(() => null)]);
  connection.end();
  return answer;
}

/** A fault of the server's own; the parser answers 505 for a version it does not speak, and nothing else. */
export function rawProblem(answer: { status: number; body: string } | null): string | null {
  if (answer === null || answer.status < 500 || (answer.status === 505 && answer.body === '')) return null;
  return `${answer.status} ${answer.body.slice(0, 200)}`;
}

/** Sends so many, some at once. @returns what went wrong */
export async function fuzzRaw(
  target: { port: number; key: string },
  options: { requests: number; seed: number },
): Promise<string[]> {
  const problems: string[] = [];
  let next = 0;
  const worker = async () => {
    while (next < options.requests && problems.length < 10) {
      const random = new Random(options.seed + next++);
      const request = malformed(random, target.key);
      const problem = rawProblem(await sendMalformed(target.port, request));
      if (problem !== null)
        problems.push(`${problem}\n  of ${JSON.stringify(request.bytes.toString('latin1').slice(0, 1_000))}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return problems;
}
