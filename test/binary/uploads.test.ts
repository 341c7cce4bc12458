import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Access, killAll, type RunningServer, runJson, startServer } from '../support/binary.ts';
import { Random } from '../support/google/random.ts';
import { Connection } from '../support/load.ts';
import { api, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';
import { formRequest, slowClient } from '../support/uploads.ts';

// Real processes, on a machine that may have other work.
setDefaultTimeout(120_000);

const MEBIBYTE = 1_048_576;
/** Nothing that a test sends meets a limit but those that it is about. */
const ENV = { LTS_RATE_LIMIT_FORMS: '0', LTS_RATE_LIMIT_ENDPOINT: '0' };

const dir = join(tempDir(), 'data');
const patientDir = join(tempDir(), 'data');
let server: RunningServer;
let endpoint: string;
/** What takes longer than a quiet connection may, on a server of its own while the other tests run. */
let slow: Promise<number | undefined>;
let quiet: Promise<void>;
beforeAll(async () => {
  const patient = await startServer({ dir: patientDir, env: ENV });
  const { endpoint_id } = (await runJson(['site', 'list'], { dir: patientDir })).data[0];
  const at = { port: patient.port, endpoint: endpoint_id };
  slow = slowly(at);
  quiet = quietAfter(at);
  server = await startServer({ dir, env: ENV });
  endpoint = (await runJson(['site', 'list'], { dir })).data[0].endpoint_id;
});
afterAll(killAll);

/** Longer than the server gives a body of this size, which it takes for a quiet connection at this pace. */
const SLOW = { pieces: 40, bytes: 1_500, everyMs: 900 };

/** An honest client with a slow line. */
async function slowly({ port, endpoint }: { port: number; endpoint: string }): Promise<number | undefined> {
  const client = await slowClient(port, endpoint, Buffer.alloc(SLOW.pieces * SLOW.bytes, 'x'), 1_000);
  while (!client.done()) {
    await Bun.sleep(SLOW.everyMs);
    client.next(SLOW.bytes);
  }
  const answer = await client.connection.answer();
  client.connection.end();
  return answer?.status;
}

/** Sends a file, and then nothing more. Resolves when the server hangs up. */
async function quietAfter({ port, endpoint }: { port: number; endpoint: string }): Promise<void> {
  const client = await slowClient(port, endpoint, Buffer.alloc(10), 10_000);
  expect((await client.connection.answer())?.status).toBe(200);
  await client.connection.closed();
}

/** Sends a form with this file, on a connection of its own. Null: no answer came. */
async function send(content: Buffer, headers: Record<string, string> = {}) {
  const connection = await Connection.open(server.port);
  if (!connection) return null;
  const { head, body } = formRequest(endpoint, content, headers);
  connection.write(head);
  connection.write(body);
  const answer = await connection.answer();
  connection.end();
  return answer;
}

/** The most memory the process ever had, in bytes. */
function peak(): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'));
  return Number(line?.[1]) * 1024;
}

interface Shown {
  files: { size: number; url: string }[];
}

async function leadOf(id: string): Promise<Shown> {
  const answer = await api(server, `/submissions/${id}`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { data: Shown }).data;
}

async function fileBehind(url: string): Promise<Buffer> {
  const { pathname, search } = new URL(url);
  const answer = await fetch(server.url + pathname + search);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.bytes());
}

function onDisk(): { incoming: string[]; stored: string[] } {
  const list = (name: string) => (existsSync(join(dir, 'files', name)) ? readdirSync(join(dir, 'files', name)) : []);
  return { incoming: list('incoming'), stored: list(server.siteId) };
}

test('a file comes back as it was sent, whatever is in it', async () => {
  const content = Buffer.concat([
    Buffer.from('\r\n--a-boundary-of\r\n\r\n--'),
    crypto.getRandomValues(Buffer.alloc(60_000)),
  ]);
  const answer = await send(content);
  expect(answer?.status).toBe(200);
  const { files } = await leadOf(JSON.parse(answer?.body ?? '').id);
  expect((await fileBehind(files[0]?.url ?? '')).equals(content)).toBe(true);
  const { pathname } = new URL(files[0]?.url ?? '');
  const unsigned = await fetch(server.url + pathname);
  expect([unsigned.status, (await unsigned.text()).includes('No such file')]).toEqual([404, true]);
});

test('30 MiB: refused, and nothing is left; memory stays flat, also with many large files at once', async () => {
  const before = onDisk();
  const from = peak();
  const large = Buffer.alloc(30 * MEBIBYTE, 'x');
  const answer = await send(large);
  expect(answer?.status).toBe(413);
  expect(JSON.parse(answer?.body ?? '').error.message).toContain('larger than 25 MB');
  // The size alone is enough to say no to 60 MiB.
  expect((await send(Buffer.alloc(60 * MEBIBYTE)))?.status).toBe(413);
  await until('nothing is left of it', () => onDisk().incoming.length === 0);
  expect(onDisk()).toEqual(before);
  const answers = await Promise.all(Array.from({ length: 6 }, () => send(large.subarray(0, 20 * MEBIBYTE))));
  expect(answers.map((each) => each?.status)).toEqual(Array(6).fill(200));
  expect(peak() - from).toBeLessThan(100 * MEBIBYTE);
});

test('kill -9 while files come in: each answered lead has its file, each file on disk its lead', async () => {
  const random = new Random(Math.floor(Math.random() * 2 ** 31));
  const promised = new Map<string, Buffer>();
  for (let round = 0; round < 6; round++) {
    let killed = false;
    const uploader = async () => {
      while (!killed) {
        const content = Buffer.alloc(random.int(1, 400_000), `${round}-${random.int(0, 1_000_000)} `);
        const answer = await send(content);
        if (answer?.status === 200) promised.set(JSON.parse(answer.body).id, content);
      }
    };
    const work = Array.from({ length: 8 }, uploader);
    const wanted = promised.size + random.int(3, 25);
    await until('some were answered', () => promised.size >= wanted);
    killed = true;
    server.kill('SIGKILL');
    await server.exited;
    await Promise.all(work);
    const access: Access = { siteId: server.siteId, key: server.key };
    server = await startServer({ dir, env: ENV, access });
    // Links hold before what was left is settled, too.
    const [last] = [...promised].slice(-1);
    const { files } = await leadOf(last?.[0] ?? '');
    expect((await fileBehind(files[0]?.url ?? '')).length).toBe(last?.[1].length ?? 0);
  }
  await until('what was left is settled', () => onDisk().incoming.length === 0);
  for (const [id, content] of promised) {
    const { files } = await leadOf(id);
    expect(files).toMatchObject([{ size: content.length }]);
    expect((await fileBehind(files[0]?.url ?? '')).equals(content)).toBe(true);
  }
  const { checks } = await runJson(['doctor'], { dir, env: ENV });
  const { message } = checks.find(({ name }: { name: string }) => name === 'files');
  expect(message).toStartWith(`${onDisk().stored.length} of leads`);
  expect(onDisk().stored.length).toBeGreaterThanOrEqual(promised.size);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('an honest slow upload comes in, however long that takes; who is quiet after one is hung up on', async () => {
  expect(await slow).toBe(200);
  await quiet;
});
