import { Database } from 'bun:sqlite';
import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtBinary, createAccess, killAll, runBinary, startServer } from '../support/binary.ts';
import { submit, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

afterAll(killAll);

const ROWS = 20_000;
const LIMIT_MS = 180_000;

/** A file of leads that can be told apart, some of them wrong. */
async function bigFile(rows: number): Promise<string> {
  const path = join(tempDir(), 'leads.csv');
  const lines = ['Ref,Email,Message,Date'];
  for (let i = 1; i <= rows; i++) {
    const date = i % 1_000 === 0 ? 'soon' : '2026-03-04 05:06';
    lines.push(`r-${i},alice@example.com,"Hello, ""world""\nsecond line ${i}",${date}`);
  }
  await Bun.write(path, `${lines.join('\r\n')}\r\n`);
  return path;
}

/** The command as a process that can be killed. */
async function begin(dir: string, words: readonly string[]) {
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TZ: 'UTC', LTS_DATA_DIR: dir };
  return Bun.spawn([await builtBinary(), 'lead', 'import', ...words], { env, stdout: 'ignore', stderr: 'ignore' });
}

function looked<T>(dir: string, sql: string): T[] {
  const path = join(dir, 'leadtosheet.db');
  if (!existsSync(path)) return [];
  const db = new Database(path, { readonly: true });
  try {
    // A program that was killed leaves its log to be recovered, and the one that does it holds the lock meanwhile.
    db.run('PRAGMA busy_timeout = 5000');
    return db.query<T, []>(sql).all();
  } finally {
    db.close();
  }
}

/** The most memory that a process had up to its end. What the system tells afterwards counts its parent's too. */
async function peakMegabytes(child: { pid: number; exitCode: number | null }): Promise<number> {
  let peak = 0;
  while (child.exitCode === null) {
    peak = Math.max(peak, highWaterKb(child.pid) / 1024);
    await Bun.sleep(10);
  }
  return peak;
}

function highWaterKb(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const PASSWORD = 'correct horse battery staple';

/** Signs in, sends a file, and begins its import, as a browser does. */
async function sendByPage(url: string, siteId: string, file: string): Promise<void> {
  const page = async (path: string, body?: FormData | URLSearchParams, cookie = '') => {
    const sent = body === undefined ? {} : { method: 'POST', body };
    const response = await fetch(url + path, { ...sent, headers: { cookie }, redirect: 'manual' });
    const csrf = /name="csrf" value="([^"]*)"/.exec(await response.text())?.[1] ?? '';
    const [given = ''] = (response.headers.get('set-cookie') ?? '').split(';');
    return { status: response.status, location: response.headers.get('location') ?? '', csrf, cookie: given };
  };
  const entry = new URLSearchParams({ email: 'alice@example.com', password: PASSWORD, next: '' });
  const { cookie } = await page('/admin/sign-in', entry);
  const base = `/admin/s/${siteId}/sources/imports`;
  const { csrf } = await page(base, undefined, cookie);
  const upload = new FormData();
  upload.append('csrf', csrf);
  upload.append('file', new File([await Bun.file(file).bytes()], 'leads.csv'));
  const draft = await page(base, upload, cookie);
  const settings = { timezone: 'Europe/Paris', dateOrder: 'dmy', encoding: 'utf-8', separator: 'comma', header: 'yes' };
  const begin = new URLSearchParams({ csrf, form: '', ...settings, next: 'start' });
  expect((await page(draft.location, begin, cookie)).status).toBe(303);
}

const positions = (dir: string) =>
  looked<{ position: number }>(dir, 'SELECT position FROM lead_import').map(({ position }) => position);

/** How often each row of the file is there. */
function refs(dir: string): Map<string, number> {
  const rows = looked<{ ref: string }>(
    dir,
    "SELECT json_extract(body, '$.fields.Ref') AS ref FROM lead WHERE source = 'import'",
  );
  const found = new Map<string, number>();
  for (const { ref } of rows) found.set(ref, (found.get(ref) ?? 0) + 1);
  return found;
}

const whole = new Map(
  Array.from({ length: ROWS }, (_, i): [string, number] => [`r-${i + 1}`, 1]).filter((_, i) => (i + 1) % 1_000 !== 0),
);

describe('lead import of the compiled program', () => {
  test(
    'killed in the middle again and again, each row is taken exactly once; the same file is refused then',
    async () => {
      const dir = join(tempDir(), 'data');
      const { siteId } = await createAccess({ dir });
      const file = await bigFile(ROWS);
      for (const [round, share] of [0.1, 0.4, 0.7].entries()) {
        const child = await begin(dir, [file, '--site', siteId, '--timezone', 'Europe/Paris']);
        await until('some rows are taken', () => (positions(dir)[0] ?? 0) > ROWS * share, LIMIT_MS);
        child.kill('SIGKILL');
        expect([round, await child.exited]).toEqual([round, 137]);
        const taken = refs(dir);
        expect(taken.size).toBeGreaterThan(0);
        expect(taken.size).toBeLessThan(whole.size);
      }
      const ended = await runBinary(['lead', 'import', file, '--site', siteId, '--json'], { dir });
      expect([ended.exit, ended.stderr]).toEqual([5, expect.stringContaining('Going on with the import')]);
      expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'done', leads: whole.size, bad_rows: ROWS / 1_000 });
      expect(refs(dir)).toEqual(whole);
      expect(positions(dir)).toHaveLength(1);
      const [lead] = looked<{ submitted_at: number }>(dir, 'SELECT DISTINCT submitted_at FROM lead');
      expect(new Date(lead?.submitted_at ?? 0).toISOString()).toBe('2026-03-04T04:06:00.000Z');

      const again = await runBinary(['lead', 'import', file, '--site', siteId], { dir });
      expect([again.exit, again.stderr]).toEqual([4, expect.stringContaining('This file was imported at')]);
      expect(refs(dir)).toEqual(whole);
    },
    LIMIT_MS * 2,
  );

  test(
    'beside a server that takes leads: both are stored, and an interrupt stops it where it can go on',
    async () => {
      const dir = join(tempDir(), 'data');
      const server = await startServer({ dir });
      const file = await bigFile(ROWS);
      const child = await begin(dir, [file, '--site', server.siteId]);
      await until('some rows are taken', () => (positions(dir)[0] ?? 0) > 500, LIMIT_MS);
      const sent = [];
      for (let i = 0; i < 20; i++) sent.push((await submit(server, `own-${i}`)).status);
      expect(new Set(sent)).toEqual(new Set([201]));
      child.kill('SIGINT');
      expect(await child.exited).toBe(5);
      expect(looked(dir, 'SELECT status FROM lead_import')).toEqual([{ status: 'stopped' }]);
      const ended = await runBinary(['lead', 'import', file, '--site', server.siteId, '--json'], { dir });
      expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'done', leads: whole.size });
      expect(refs(dir)).toEqual(whole);
      expect(looked(dir, "SELECT id FROM lead WHERE source = 'rest_api'")).toHaveLength(20);
      server.kill('SIGTERM');
      expect(await server.exited).toBe(0);
    },
    LIMIT_MS * 2,
  );

  test(
    'sent by a page, it goes on by itself whenever the server was killed or stopped: each row exactly once',
    async () => {
      const dir = join(tempDir(), 'data');
      const access = await createAccess({ dir });
      const person = ['user', 'create', '--email', 'alice@example.com', '--role', 'owner', '--password-stdin'];
      expect((await runBinary(person, { dir, stdin: PASSWORD })).exit).toBe(0);
      let server = await startServer({ dir, access });
      await sendByPage(server.url, access.siteId, await bigFile(ROWS));
      for (const [share, signal, code] of [
        [0.1, 'SIGKILL', 137],
        [0.4, 'SIGTERM', 0],
        [0.7, 'SIGKILL', 137],
      ] as const) {
        await until('some rows are taken', () => (positions(dir)[0] ?? 0) > ROWS * share, LIMIT_MS);
        server.kill(signal);
        expect(await server.exited).toBe(code);
        expect(looked(dir, 'SELECT status FROM lead_import')).toEqual([{ status: 'running' }]);
        server = await startServer({ dir, access });
      }
      const status = () => looked<{ status: string }>(dir, 'SELECT status FROM lead_import')[0]?.status;
      await until('the import ends', () => status() === 'done', LIMIT_MS);
      expect(refs(dir)).toEqual(whole);
      server.kill('SIGTERM');
      expect(await server.exited).toBe(0);
    },
    LIMIT_MS * 3,
  );

  test(
    'a large file takes little memory',
    async () => {
      const dir = join(tempDir(), 'data');
      const { siteId } = await createAccess({ dir });
      const rows = Number(process.env.LTS_TEST_LEADS || 30_000);
      const child = await begin(dir, [await bigFile(rows), '--site', siteId]);
      const megabytes = await peakMegabytes(child);
      expect(await child.exited).toBe(5);
      expect(refs(dir).size).toBe(rows - Math.floor(rows / 1_000));
      expect(megabytes).toBeGreaterThan(20);
      expect(megabytes).toBeLessThan(200);
    },
    LIMIT_MS * 2,
  );
});
