import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { type RunningServer, startServer } from '../support/binary.ts';
import { Random } from '../support/google/random.ts';
import { Connection, Ledger, runLoad } from '../support/load.ts';
import { ask, storedLeads, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

// Real processes, on a machine that may have other work.
setDefaultTimeout(60_000);

const STALLED = 100;
const dir = join(tempDir(), 'data');
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ dir });
});
afterAll(async () => {
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

async function open(): Promise<Connection> {
  const connection = await Connection.open(server.port);
  if (!connection) throw new Error('nobody listens');
  return connection;
}

const HEAD = () =>
  `POST /api/v1/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${server.key}\r\nContent-Type: application/json\r\n`;

test(`${STALLED} clients that stop half-way through a request hold nobody up, and leave nothing behind`, async () => {
  const before = (await storedLeads(server)).length;
  const stalls = [
    'POST /api/v1/sub',
    HEAD(),
    `${HEAD()}Content-Length: 1000\r\n\r\n{"fields":`,
    `${HEAD()}Transfer-Encoding: chunked\r\n\r\n5\r\n{"fi`,
  ];
  const stalled: Connection[] = [];
  for (let i = 0; i < STALLED; i++) {
    const connection = await open();
    connection.write(stalls[i % stalls.length] ?? '');
    stalled.push(connection);
  }
  const ledger = new Ledger(new Random(1));
  await runLoad({ port: server.port, key: server.key, ledger, connections: 8, requests: 200 });
  expect(ledger.answered).toBeGreaterThan(150);
  expect(ledger.shots.filter(({ ids }) => ids === null)).toEqual([]);
  for (const connection of stalled) connection.end();
  const stored = await storedLeads(server);
  expect(ledger.judge(stored.slice(before))).toEqual([]);
});

/** Requests no proper client sends. Each one, taken for a lead, would show among the stored ones. */
const LEAD = '{"fields":{"Ref":"smuggled"}}';
const MALFORMED: Readonly<Record<string, () => string>> = {
  'no request line': () => '\r\n\r\n\r\n',
  'bytes that are no HTTP': () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'an unknown version': () => `${HEAD().replace('HTTP/1.1', 'HTTP/9.9')}Content-Length: ${LEAD.length}\r\n\r\n${LEAD}`,
  'a line without a colon': () => `${HEAD()}no colon here\r\nContent-Length: ${LEAD.length}\r\n\r\n${LEAD}`,
  'a length that is no number': () => `${HEAD()}Content-Length: many\r\n\r\n${LEAD}`,
  'a negative length': () => `${HEAD()}Content-Length: -1\r\n\r\n${LEAD}`,
  'two lengths': () => `${HEAD()}Content-Length: ${LEAD.length}\r\nContent-Length: 5\r\n\r\n${LEAD}`,
  'a length and chunks': () =>
    `${HEAD()}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HEAD()}Content-Length: ${LEAD.length}\r\n\r\n${LEAD}`,
  'chunks that are none': () => `${HEAD()}Transfer-Encoding: chunked\r\n\r\nzz\r\n${LEAD}\r\n0\r\n\r\n`,
  'a body shorter than said': () => `${HEAD()}Content-Length: ${LEAD.length + 10}\r\n\r\n${LEAD}`,
  'a header of a megabyte': () =>
    `${HEAD()}X-Long: ${'a'.repeat(1_000_000)}\r\nContent-Length: ${LEAD.length}\r\n\r\n${LEAD}`,
  'ten thousand headers': () =>
    `${HEAD()}${'X-Many: 1\r\n'.repeat(10_000)}Content-Length: ${LEAD.length}\r\n\r\n${LEAD}`,
  'a zero byte in the path': () => `GET /healthz\0 HTTP/1.1\r\nHost: x\r\n\r\n`,
};

for (const [what, bytes] of Object.entries(MALFORMED)) {
  test(`${what}: no lead, no fault, and the server goes on`, async () => {
    const connection = await open();
    connection.write(Buffer.from(bytes(), 'latin1'));
    await until('all was sent or refused', () => connection.sent || !connection.open);
    // On another connection, begun later: by its answer the first was read as far as it will be.
    expect((await ask(server.port, '/healthz'))?.status).toBe(200);
    connection.end();
    expect((await storedLeads(server)).filter(({ ref }) => ref === 'smuggled')).toEqual([]);
    const faults = server
      .logs()
      .split('\n')
      .filter((line) => line.includes('"http.failed"'));
    expect(faults).toEqual([]);
  });
}

test('the same without a fault is taken: what was refused above was refused for its fault', async () => {
  const connection = await open();
  connection.write(`${HEAD()}Content-Length: ${LEAD.length}\r\n\r\n${LEAD}`);
  expect((await connection.answer())?.status).toBe(201);
  connection.end();
  expect((await storedLeads(server)).filter(({ ref }) => ref === 'smuggled')).toHaveLength(1);
});
