import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Access,
  createAccess,
  type RunningServer,
  type RunOptions,
  runBinary,
  startServer as start,
} from '../support/binary.ts';
import { Random } from '../support/google/random.ts';
import { type Answer, Ledger, runLoad } from '../support/load.ts';
import {
  api,
  ask,
  compareRows,
  countByStatus,
  drained,
  localRows,
  settleOpen,
  storedLeads,
  submit,
  until,
} from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

/*
 * Disks that are really full and really read-only: small ones of their own, in a mount namespace that nobody else
 * sees and that goes with the test. Takes root, or a system that lets users have namespaces.
 */

// Real processes, on a machine that may have other work.
setDefaultTimeout(120_000);

const SEED = Math.floor(Math.random() * 2 ** 31);
const isRoot = process.getuid?.() === 0;

/** A disk of `size` bytes at `at`, as the processes in the namespace of `pid` see it. */
interface Disk {
  /** Goes before a program that is to see the disk. */
  wrap: readonly string[];
  /** Where this process sees what lies at `path` there. */
  reach(path: string): string;
  run(...command: string[]): void;
  release(): Promise<void>;
}

/** @returns null where that is not allowed */
async function mountDisk(at: string, size: string): Promise<Disk | null> {
  mkdirSync(at, { recursive: true });
  const script = 'mount -t tmpfs -o size="$2",mode=0700 tmpfs "$1" && echo mounted && cat';
  const child = Bun.spawn(['unshare', isRoot ? '-m' : '-rm', 'sh', '-c', script, 'sh', at, size], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
  });
  let said = '';
  for await (const part of child.stdout) {
    said += new TextDecoder().decode(part);
    break;
  }
  if (said !== 'mounted\n') return null;
  const wrap = ['nsenter', '-t', `${child.pid}`, ...(isRoot ? [] : ['-U', '--preserve-credentials']), '-m', '--'];
  return {
    wrap,
    reach: (path) => join(`/proc/${child.pid}/root`, path),
    run(...command) {
      const ran = Bun.spawnSync([...wrap, ...command]);
      if (ran.exitCode !== 0) throw new Error(`${command.join(' ')}: ${ran.stderr}`);
    },
    async release() {
      child.stdin.end();
      await child.exited;
    },
  };
}

const possible = await (async () => {
  const disk = await mountDisk(join(tempDir(), 'probe'), '64k').catch(() => null);
  await disk?.release();
  return disk !== null;
})();

test.if(process.env.CI === 'true' && isRoot)('where it can be, these tests run', () => {
  expect(possible).toBe(true);
});

/** Takes up all room there is left. */
function fill(file: string): void {
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(size));
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
    }
  }
}

/** Running servers: what a failed test leaves behind must not stand in the way of the next. */
const running = new Set<RunningServer>();
afterEach(async () => {
  for (const server of running) server.kill('SIGKILL');
  await Promise.all([...running].map(({ exited }) => exited));
  running.clear();
});

async function startServer(options: Parameters<typeof start>[0]): Promise<RunningServer> {
  const server = await start(options);
  running.add(server);
  return server;
}

async function stop(server: Pick<RunningServer, 'kill' | 'exited'>): Promise<void> {
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
}

describe.skipIf(!possible)('a disk of its own', () => {
  const dir = join(tempDir(), 'data');
  let disk: Disk;
  let access: Access;
  let options: RunOptions & { dir: string };
  beforeAll(async () => {
    const mounted = await mountDisk(dir, '32m');
    if (!mounted) throw new Error('no disk');
    disk = mounted;
    options = { dir, wrap: disk.wrap };
    access = await createAccess(options);
  });
  afterAll(() => disk?.release());

  async function expectRefusal(response: Response): Promise<void> {
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect({ status: response.status, code: error.code }).toEqual({ status: 503, code: 'unavailable' });
    expect(error.message).toStartWith('The disk is full');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  }

  test('full: leads are refused with 503, reading goes on, /readyz says why; with room again it recovers by itself', async () => {
    const server = await startServer({ ...options, access });
    expect((await submit(server, 'before')).status).toBe(201);
    await drained(server);
    const ballast = disk.reach(join(dir, 'ballast'));
    fill(ballast);

    await expectRefusal(await submit(server, 'full'));
    const submissions = [{ fields: { Ref: 'full-1' } }, { fields: { Ref: 'full-2' } }];
    await expectRefusal(
      await api(server, '/submissions/batch', { method: 'POST', body: JSON.stringify({ submissions }) }),
    );
    expect((await storedLeads(server)).map(({ ref }) => ref)).toEqual(['before']);
    expect((await ask(server.port, '/healthz'))?.status).toBe(200);
    const ready = await ask(server.port, '/readyz');
    expect(ready?.status).toBe(503);
    expect(JSON.parse(ready?.body ?? '').reasons).toEqual(['disk: the database can not be written to']);

    rmSync(ballast);
    // Without a lead: whoever asks /readyz before sending any must see it.
    await until('it is ready again', async () => (await ask(server.port, '/readyz'))?.status === 200);
    expect((await submit(server, 'after')).status).toBe(201);
    await drained(server);
    const stored = await storedLeads(server);
    expect(stored.map(({ ref }) => ref)).toEqual(['before', 'after']);
    expect(compareRows(stored, localRows(disk.reach(dir), access.siteId))).toEqual([]);
    await stop(server);
  });

  test(`filling up under load (seed ${SEED}): no answered lead is lost, no refused one is stored, every row once`, async () => {
    const server = await startServer({ ...options, access });
    const ledger = new Ledger(new Random(SEED));
    const before = await storedLeads(server);
    const ballast = disk.reach(join(dir, 'ballast'));
    let refused = 0;
    const onAnswer = ({ status }: Answer, answers: number) => {
      if (answers === 60) fill(ballast);
      if (status === 503) refused++;
      if (refused === 100) rmSync(ballast, { force: true });
    };
    await runLoad({ port: server.port, key: access.key, ledger, connections: 8, requests: 400, onAnswer });
    expect(refused).toBeGreaterThanOrEqual(100);
    // The same server takes them all now: what was refused may come again under its key.
    await settleOpen(server, ledger);
    await drained(server);
    const stored = (await storedLeads(server)).slice(before.length);
    expect(ledger.judge(stored)).toEqual([]);
    await stop(server);
    const next = await startServer({ ...options, access });
    const all = await storedLeads(next);
    await stop(next);
    expect(all).toEqual([...before, ...stored]);
    expect(compareRows(all, localRows(disk.reach(dir), access.siteId))).toEqual([]);
  });

  test('a full disk at the start: refused in one sentence; the leads are there afterwards', async () => {
    const ballast = disk.reach(join(dir, 'ballast'));
    const first = await startServer({ ...options, access });
    const before = await storedLeads(first);
    await stop(first);
    fill(ballast);
    // Not one byte to spare, so that not even the files around the database can be made.
    const ran = await runBinary(['serve'], { ...options, env: { LTS_PORT: '0' } });
    expect({ ...ran, stderr: '' }).toEqual({ exit: 1, stdout: '', stderr: '' });
    expect(ran.stderr).toMatch(/^There is no room left on the disk of .*\n$/);
    rmSync(ballast);
    const server = await startServer({ ...options, access });
    expect(await storedLeads(server)).toEqual(before);
    await stop(server);
  });

  test('a read-only disk at the start: refused in one sentence; the leads are there afterwards', async () => {
    disk.run('mount', '-o', 'remount,ro', dir);
    const ran = await runBinary(['serve'], { ...options, env: { LTS_PORT: '0' } });
    expect({ ...ran, stderr: '' }).toEqual({ exit: 1, stdout: '', stderr: '' });
    expect(ran.stderr).toBe(
      `The data folder ${dir} is on a read-only file system. Mount it writable, or set LTS_DATA_DIR.\n`,
    );
    disk.run('mount', '-o', 'remount,rw', dir);
    const server = await startServer({ ...options, access });
    expect((await storedLeads(server)).length).toBeGreaterThan(2);
    await stop(server);
  });
});

test.skipIf(!possible)(
  'room for the database, none for the local workbook: leads are taken, and their rows come when there is room',
  async () => {
    const dir = join(tempDir(), 'data');
    const access = await createAccess({ dir });
    const disk = await mountDisk(join(dir, 'sheets'), '1m');
    if (!disk) throw new Error('no disk');
    const server = await startServer({ dir, wrap: disk.wrap, access });
    const ballast = disk.reach(join(dir, 'sheets', 'ballast'));
    fill(ballast);
    expect((await submit(server, 'one')).status).toBe(201);
    await server.logged('"sheet.retry"');
    expect((await submit(server, 'two')).status).toBe(201);
    expect(await countByStatus(server, 'pending')).toBe(2);
    expect((await ask(server.port, '/readyz'))?.status).toBe(200);
    rmSync(ballast);
    await drained(server);
    expect(compareRows(await storedLeads(server), localRows(disk.reach(dir), access.siteId))).toEqual([]);
    await stop(server);
    await disk.release();
  },
);
