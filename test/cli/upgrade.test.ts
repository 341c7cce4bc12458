import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { acquireServerLock } from '../../src/store/sqlite/lock.ts';
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts';
import { openDatabase, schemaVersion } from '../../src/store/sqlite/open.ts';
import { type Program, program, removeFolders } from './program.ts';

setDefaultTimeout(60_000);
afterAll(removeFolders);

/** A data folder as the version before left it. */
function older(): Program & { path: string; version(): number } {
  const it = program({ LTS_SECRET: 'a secret for tests, 32 characters' });
  mkdirSync(it.dataDir, { recursive: true });
  const path = join(it.dataDir, 'leadtosheet.db');
  openDatabase({ path, durability: 'full', migrations: MIGRATIONS.slice(0, -1) }).close();
  const version = () => {
    const db = openDatabase({ path, durability: 'full', migrations: [...MIGRATIONS] });
    const found = schemaVersion(db);
    db.close();
    return found;
  };
  return { ...it, path, version };
}

const newest = MIGRATIONS.length;

test('a command of a newer version leaves the database of a running server alone: exit code 4, in one sentence', async () => {
  const it = older();
  const before = readFileSync(it.path);
  const path = join(it.dataDir, 'server.lock');
  const lock = await acquireServerLock({ path, pid: process.pid, waitMs: 0, clock: systemClock });
  if (!lock.ok) throw new Error('the folder is new');
  const sentence = 'This is a newer version than the running server: restart the server first.';
  expect(await it.run(['site', 'list'])).toEqual({ exit: 4, stdout: '', stderr: `${sentence}\n` });
  const said = await it.json(['site', 'create', '--name', 'x'], 4);
  expect(said.error).toMatchObject({ code: 'conflict', message: sentence });
  expect(readFileSync(it.path)).toEqual(before);
  lock.lock.release();

  // With no server it upgrades by itself, and lets go of the lock.
  expect((await it.run(['site', 'list'])).exit).toBe(0);
  expect(it.version()).toBe(newest);
  const free = await acquireServerLock({ path, pid: process.pid, waitMs: 0, clock: systemClock });
  expect(free.ok).toBe(true);
  if (free.ok) free.lock.release();
});

test('a server upgrades at its start', async () => {
  const it = older();
  const server = await it.serve();
  expect(it.version()).toBe(newest);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});
