import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type TestApp, testApp } from '../support/app.ts';
import { settle } from '../support/clock.ts';
import { Connection } from '../support/load.ts';
import { errorProblems, gotRaw, sendRaw, storedIn } from './answers.ts';

let api: TestApp;
let port: number;
let key: string;
beforeAll(async () => {
  api = await testApp({ rateLimitApi: 1_000_000 });
  port = api.app.start().port;
  key = (await api.key()).key;
});
afterAll(() => api.close());

const LEAD = '{"fields":{"a":"1"}}';
const head = (headers: string, path = '/api/v1/submissions', method = 'POST') =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${headers}\r\n`;
const chunked = (body: string, end = '0\r\n\r\n') => `${body.length.toString(16)}\r\n${body}\r\n${end}`;

/** Still there, and it still takes leads; whatever came before had its turns to be stored. */
async function works(): Promise<void> {
  await settle(50);
  const answer = await sendRaw(port, `${head(`Content-Length: ${LEAD.length}\r\n`)}${LEAD}`);
  expect(answer?.status).toBe(201);
}

describe('bodies over the limit, over a real connection', () => {
  test('declared: refused at once, before it is sent', async () => {
    for (const [path, length] of [
      ['/api/v1/submissions', 1_048_577],
      ['/api/v1/submissions/batch', 8_388_609],
      ['/api/v1/submissions', 900_000_000],
    ] as const) {
      const answer = await sendRaw(port, head(`Content-Length: ${length}\r\n`, path));
      expect(answer?.status).toBe(413);
      if (answer) expect(errorProblems(gotRaw(answer))).toEqual([]);
    }
  });

  test('in chunks: refused once it is over', async () => {
    const before = storedIn(api);
    const answer = await sendRaw(port, head('Transfer-Encoding: chunked\r\n') + chunked(' '.repeat(1_048_577), ''));
    expect(answer?.status).toBe(413);
    if (answer) expect(errorProblems(gotRaw(answer))).toEqual([]);
    expect(storedIn(api)).toBe(before);
  });

  test('exactly at the limit: taken, declared or in chunks', async () => {
    const body = `${LEAD}${' '.repeat(1_048_576 - LEAD.length)}`;
    const declared = await sendRaw(port, `${head(`Content-Length: ${body.length}\r\n`)}${body}`);
    const inChunks = await sendRaw(port, head('Transfer-Encoding: chunked\r\n') + chunked(body));
    expect([declared?.status, inChunks?.status]).toEqual([201, 201]);
  });

  test('what a refused body holds is never taken for a request', async () => {
    const hidden = `${head(`Content-Length: ${LEAD.length}\r\n`)}${LEAD}`;
    const carriers: [string, number][] = [
      [head(`Content-Length: ${hidden.length}\r\n`).replace(key, 'nobody') + hidden, 401],
      [head(`Content-Length: ${hidden.length}\r\n`).replace('application/json', 'text/plain') + hidden, 415],
      [head(`Content-Length: ${hidden.length}\r\n`, '/api/v1/site', 'DELETE') + hidden, 405],
      [head(`Content-Length: ${hidden.length}\r\n`, '/api/v1/nothing') + hidden, 404],
      [head(`Content-Length: ${hidden.length}\r\n`, '/api/v1/site', 'GET') + hidden, 200],
      [head('Transfer-Encoding: chunked\r\n').replace(key, 'nobody') + chunked(hidden), 401],
      [head('Transfer-Encoding: chunked\r\n', '/api/v1/site', 'PUT') + chunked(hidden), 405],
    ];
    const before = storedIn(api);
    for (const [bytes, status] of carriers) {
      const connection = await Connection.open(port);
      connection?.write(bytes);
      expect([bytes.slice(0, 30), (await connection?.answer())?.status]).toEqual([bytes.slice(0, 30), status]);
      connection?.end();
    }
    await works();
    expect(storedIn(api)).toBe(before + 1);
  });
});

describe('what the parser refuses, or should', () => {
  const length = `Content-Length: ${LEAD.length}\r\n`;
  const te = 'Transfer-Encoding: chunked\r\n';
  /** Bytes that must store nothing: most never reach a handler, and have an answer without a body or none. */
  const shapes: [name: string, bytes: () => string | Buffer][] = [
    ['length and chunks', () => head(length + te) + chunked(LEAD)],
    ['chunks and length', () => head(te + length) + chunked(LEAD)],
    ['chunks and length 0', () => head(`${te}Content-Length: 0\r\n`) + chunked(LEAD)],
    ['two lengths', () => head(`${length}Content-Length: 5\r\n`) + LEAD],
    ['a list of lengths', () => head(`Content-Length: ${LEAD.length}, ${LEAD.length}\r\n`) + LEAD],
    ['a length with a sign', () => head(`Content-Length: +${LEAD.length}\r\n`) + LEAD],
    ['a negative length', () => head('Content-Length: -1\r\n') + LEAD],
    ['a length in hex', () => head('Content-Length: 0x14\r\n') + LEAD],
    ['a length that overflows', () => head('Content-Length: 18446744073709551636\r\n') + LEAD],
    ['a length with an exponent', () => head('Content-Length: 2e1\r\n') + LEAD],
    ['an empty length', () => head('Content-Length:\r\n') + LEAD],
    ['a blank before the colon', () => head(length.replace(':', ' :')) + LEAD],
    ['no length', () => head('') + LEAD],
    ['another coding', () => head('Transfer-Encoding: xchunked\r\n') + chunked(LEAD)],
    ['no coding', () => head('Transfer-Encoding: identity\r\n') + chunked(LEAD)],
    ['two codings', () => head('Transfer-Encoding: gzip, chunked\r\n') + chunked(LEAD)],
    ['chunks, but not last', () => head('Transfer-Encoding: chunked, identity\r\n') + chunked(LEAD)],
    ['a chunk size that is none', () => `${head(te)}zz\r\n${LEAD}\r\n0\r\n\r\n`],
    ['a negative chunk size', () => `${head(te)}-14\r\n${LEAD}\r\n0\r\n\r\n`],
    ['a chunk size that overflows', () => `${head(te)}fffffffffffffffff\r\n${LEAD}\r\n0\r\n\r\n`],
    ['a chunk longer than its size', () => `${head(te)}5\r\n${LEAD}\r\n0\r\n\r\n`],
    ['chunks with bare line feeds', () => `${head(te)}14\n${LEAD}\n0\n\n`],
    ['trailers', () => head(te) + chunked(LEAD, '0\r\nAuthorization: x\r\n\r\n')],
    ['rubbish after the last chunk', () => head(te) + chunked(LEAD, '0\r\nzz')],
    ['bare line feeds', () => (head(length) + LEAD).replaceAll('\r\n', '\n')],
    ['a folded header', () => head(`X-A: a\r\n b\r\n${length}`) + LEAD],
    ['a header without a colon', () => head(`Nonsense\r\n${length}`) + LEAD],
    ['NUL in a header', () => head(`X-A: a\0b\r\n${length}`) + LEAD],
    ['CR in a header', () => head(`X-A: a\rb\r\n${length}`) + LEAD],
    ['NUL in the path', () => head(length, '/api/v1/submissions\0') + LEAD],
    ['no Host in HTTP/1.1', () => (head(length) + LEAD).replace('Host: localhost\r\n', '')],
    ['HTTP/2 in words', () => (head(length) + LEAD).replace('HTTP/1.1', 'HTTP/2.0')],
    ['HTTP/3 in words', () => (head(length) + LEAD).replace('HTTP/1.1', 'HTTP/3')],
    ['no version', () => (head(length) + LEAD).replace(' HTTP/1.1', '')],
    ['two blanks', () => (head(length) + LEAD).replace(' /', '  /')],
    ['a tab for a blank', () => (head(length) + LEAD).replace(' /', '\t/')],
    ['an empty line first', () => `\r\n\r\n${head(length)}${LEAD}`],
    ['300 headers', () => head(`${Array.from({ length: 300 }, (_, i) => `X-${i}: 1\r\n`).join('')}${length}`) + LEAD],
    ['a header of 100 KB', () => head(`X-A: ${'a'.repeat(100_000)}\r\n${length}`) + LEAD],
    ['the start of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['the start of TLS', () => Buffer.from('16030100a5010000a10303', 'hex')],
    ['a request to a proxy', () => 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n'],
    ['all bytes there are', () => Buffer.from(Array.from({ length: 2_048 }, (_, i) => (i * 7_919) % 256))],
    ['an empty line', () => '\r\n\r\n'],
  ];
  for (const [name, bytes] of shapes) {
    test(`${name}: nothing is stored, and the server works on`, async () => {
      const before = storedIn(api);
      const answer = await sendRaw(port, bytes());
      if (answer) {
        expect(answer.status).toBeWithin(400, 506);
        // Our own answers have the one shape; the parser's have no body.
        if (answer.body !== '') expect(errorProblems(gotRaw(answer))).toEqual([]);
      }
      await works();
      expect(storedIn(api)).toBe(before + 1);
    });
  }

  test('a request that stops half-way stores nothing, wherever it stops', async () => {
    const before = storedIn(api);
    for (const whole of [head(length) + LEAD, head(te) + chunked(LEAD)]) {
      for (let end = 1; end < whole.length; end += 7) {
        // The empty line after the last chunk is all that is left: the parser has given out the whole body by then.
        if (whole.includes('chunked') && end > whole.length - 3) continue;
        const connection = await Connection.open(port);
        connection?.write(whole.slice(0, end));
        connection?.end();
      }
    }
    await works();
    expect(storedIn(api)).toBe(before + 1);
  });

  test('an honest request in pieces of one byte is taken', async () => {
    const connection = await Connection.open(port);
    for (const byte of head(length) + LEAD) {
      connection?.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await connection?.answer())?.status).toBe(201);
    connection?.end();
  });

  test('what a proxy may send along changes nothing', async () => {
    for (const extra of [
      'Expect: 100-continue\r\n',
      'Upgrade: h2c\r\nConnection: Upgrade\r\n',
      'Connection: close\r\n',
      'TE: trailers\r\n',
    ]) {
      const connection = await Connection.open(port);
      connection?.write(head(extra + length) + LEAD);
      let answer = await connection?.answer();
      if (answer?.status === 100) answer = await connection?.answer();
      expect([extra, answer?.status]).toEqual([extra, 201]);
      connection?.end();
    }
  });
});
