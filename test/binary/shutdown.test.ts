import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { type RunningServer, startServer } from '../support/binary.ts';
import { Random } from '../support/google/random.ts';
import { type Answer, Connection, fire, Ledger, runLoad } from '../support/load.ts';
import { ask, compareRows, drained, localRows, storedLeads } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

// Real processes, on a machine that may have other work.
setDefaultTimeout(60_000);

const SEED = Math.floor(Math.random() * 2 ** 31);
const ROUNDS = 4;
/** Spec 7: a drain takes at most 20 s. Without anything slow under way it is far from it. */
const DRAIN_MS = 20_000;

function newServer(): Promise<RunningServer> {
  return startServer({ dir: join(tempDir(), 'data') });
}

/** A lead of which all but the last bytes are sent; the server has read what was sent. */
async function halfSent(server: RunningServer, ref: string) {
  const body = JSON.stringify({ fields: { Ref: ref } });
  const connection = await Connection.open(server.port);
  if (!connection) throw new Error('nobody listens');
  connection.write(
    `POST /api/v1/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${server.key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  // A whole exchange on another connection: by then ours was read.
  expect((await ask(server.port, '/healthz'))?.status).toBe(200);
  return { connection, finish: () => connection.write(body.slice(5)), answer: () => connection.answer() };
}

test(`SIGTERM under load (seed ${SEED}): no answered lead is lost, none is stored twice, exit code 0; the next server goes on at once`, async () => {
  const dir = join(tempDir(), 'data');
  const ledger = new Ledger(new Random(SEED));
  let server = await startServer({ dir });
  const { key, siteId } = server;
  for (let round = 0; round < ROUNDS; round++) {
    const { port } = server;
    const stopAfter = ledger.random.int(10, 60);
    let stoppedAt = 0;
    const onAnswer = ({ status, headers }: Answer, answers: number) => {
      expect([200, 201]).toContain(status);
      if (answers < stopAfter) return;
      if (stoppedAt === 0) server.kill('SIGTERM');
      stoppedAt ||= performance.now();
      expect(['close', undefined]).toContain(headers.get('connection'));
    };
    await runLoad({ port, key, ledger, connections: 16, requests: 2_000, onAnswer });
    // The load ended because the server did, not because it was done.
    expect(stoppedAt).toBeGreaterThan(0);
    expect(await server.exited).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(DRAIN_MS);
    expect(server.logs()).toContain('"server.stopped"');
    server = await startServer({ dir, access: { key, siteId } });
  }
  await drained(server);
  const stored = await storedLeads(server);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(ledger.judge(stored)).toEqual([]);
  expect(compareRows(stored, localRows(dir, siteId))).toEqual([]);
  expect(ledger.answered).toBeGreaterThan(ROUNDS * 10);
  // What was taken was answered too: a client that heard nothing may send its lead again, and makes no second one.
  const refs = new Set(stored.map(({ ref }) => ref));
  const unheard = ledger.shots.filter(({ ids, key: once }) => ids === null && once === null);
  expect(unheard.filter((shot) => shot.refs.some((ref) => refs.has(ref)))).toEqual([]);
});

test('a request on its way at SIGTERM is finished and stored; its answer closes the connection; new ones are refused', async () => {
  const server = await newServer();
  const request = await halfSent(server, 'slow');
  const idle = await Connection.open(server.port);
  expect((await idle?.send('GET', '/healthz'))?.kind).toBe('answered');

  server.kill('SIGTERM');
  await server.logged('"server.stopping"');
  // Who has a connection and nothing under way is let go.
  await idle?.closed();
  expect(await Connection.open(server.port).then((made) => made?.send('GET', '/healthz'))).toBeUndefined();
  request.finish();
  const answer = await request.answer();
  expect(answer?.status).toBe(201);
  expect(answer?.headers.get('connection')).toBe('close');
  expect(await server.exited).toBe(0);

  const next = await startServer({ dir: server.dir, access: server });
  const { data } = JSON.parse(answer?.body ?? '{}');
  expect(await storedLeads(next)).toEqual([{ id: data.id, ref: 'slow' }]);
  next.kill('SIGTERM');
  expect(await next.exited).toBe(0);
});

test('a second signal ends it at once, whatever is under way; nothing answered is lost', async () => {
  const server = await newServer();
  const request = await halfSent(server, 'never');
  const other = await Connection.open(server.port);
  const ledger = new Ledger(new Random(SEED));
  const shot = ledger.shot();
  const exchange = other ? await fire(other, server.key, shot) : null;
  if (exchange?.kind !== 'answered') throw new Error('no answer');
  ledger.note(shot, exchange.answer);

  server.kill('SIGTERM');
  await server.logged('"server.stopping"');
  server.kill('SIGTERM');
  expect(await server.exited).toBe(143);
  expect(server.logs()).not.toContain('"server.stopped"');
  expect(await request.answer()).toBeNull();

  const next = await startServer({ dir: server.dir, access: server });
  const stored = await storedLeads(next);
  expect(ledger.judge(stored)).toEqual([]);
  next.kill('SIGTERM');
  expect(await next.exited).toBe(0);
});

test('a restart right behind: the new server waits for the old one and takes over; requests in between are not lost', async () => {
  const old = await newServer();
  const request = await halfSent(old, 'old');
  old.kill('SIGTERM');
  await old.logged('"server.stopping"');
  const starting = startServer({ dir: old.dir, access: old });
  request.finish();
  const answer = await request.answer();
  expect(answer?.status).toBe(201);
  expect(await old.exited).toBe(0);
  const heir = await starting;
  expect((await storedLeads(heir)).map(({ ref }) => ref)).toEqual(['old']);
  heir.kill('SIGTERM');
  expect(await heir.exited).toBe(0);
});
