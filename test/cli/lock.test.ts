import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { acquireServerLock, type LockResult } from '../../src/store/sqlite/lock.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lts-lock-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const acquire = (waitMs: number, pid = 4711, onWait?: (pid: number | null) => void) =>
  acquireServerLock({
    path: join(root, 'server.lock'),
    pid,
    waitMs,
    clock: systemClock,
    ...(onWait ? { onWait } : {}),
  });

function held(result: LockResult) {
  if (!result.ok) throw new Error('the lock should have been free');
  return result.lock;
}

test('one holder at a time; the refused one learns the process id of the holder; released, it is free', async () => {
  const lock = held(await acquire(0));
  expect(await acquire(0, 99)).toEqual({ ok: false, pid: 4711 });
  lock.release();
  held(await acquire(0, 99)).release();
  expect(readFileSync(join(root, 'server.lock.pid'), 'utf8')).toBe('99\n');
});

test('a second server waits for the first to let go, and says once whom it waits for', async () => {
  const lock = held(await acquire(0));
  const waitedFor: (number | null)[] = [];
  const second = acquire(20_000, 99, (pid) => {
    waitedFor.push(pid);
    lock.release();
  });
  held(await second).release();
  expect(waitedFor).toEqual([4711]);
});

test('the lock ends with its process, kill -9 included', async () => {
  const script = `import { systemClock } from ${JSON.stringify(join(import.meta.dir, '../../src/lib/clock.ts'))};
    import { acquireServerLock } from ${JSON.stringify(join(import.meta.dir, '../../src/store/sqlite/lock.ts'))};
    const path = ${JSON.stringify(join(root, 'server.lock'))};
    const result = await acquireServerLock({ path, pid: process.pid, waitMs: 0, clock: systemClock });
    process.stdout.write(String(result.ok));
    setInterval(() => globalThis.held = result, 1000);`;
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe('true');
  expect(await acquire(0)).toEqual({ ok: false, pid: child.pid });
  child.kill('SIGKILL');
  await child.exited;
  held(await acquire(0)).release();
});
