import { Database } from 'bun:sqlite';
import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type Access,
  builtBinary,
  launchServer,
  type Ran,
  type RunningServer,
  type RunOptions,
  runBinary,
  startServer,
} from '../support/binary.ts';
import { ask, drained, localRows, storedLeads, submit } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

// Real processes, on a machine that may have other work.
setDefaultTimeout(60_000);

const LEADS = 200;
/** A data folder as a server left it, with leads and their rows; each test has a copy. */
const model = join(tempDir(), 'data');
let access: Access;

beforeAll(async () => {
  const server = await startServer({ dir: model });
  access = { siteId: server.siteId, key: server.key };
  const sent = Array.from({ length: LEADS }, (_, i) => submit(server, `ref-${i} ${'long '.repeat(100)}`));
  for (const response of await Promise.all(sent)) expect(response.status).toBe(201);
  await drained(server);
  await stop(server);
});

async function stop(server: Pick<RunningServer, 'kill' | 'exited'>): Promise<void> {
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
}

function copyOfModel(): string {
  const dir = join(tempDir(), 'data');
  cpSync(model, dir, { recursive: true });
  return dir;
}

const databaseOf = (dir: string) => join(dir, 'leadtosheet.db');
const bytesOf = (dir: string) => Buffer.from(readFileSync(databaseOf(dir))).toString('base64');

/** It ended by itself, said why in one line on stderr, and nothing else anywhere. */
function expectRefusal(ran: Ran, says: string | RegExp, exit = 1): void {
  expect({ ...ran, stderr: '' }).toEqual({ exit, stdout: '', stderr: '' });
  expect(ran.stderr).toMatch(says);
  expect(ran.stderr.trim().split('\n')).toHaveLength(1);
}

/** After what stood in the way is gone, a start finds every lead. */
async function expectAllThere(dir: string, env: Record<string, string> = {}): Promise<void> {
  const server = await startServer({ dir, access, env });
  expect(await storedLeads(server)).toHaveLength(LEADS);
  await stop(server);
}

const serve = (options: RunOptions) => runBinary(['serve'], { ...options, env: { LTS_PORT: '0', ...options.env } });

test('in an empty folder it runs without set-up, keeps all in ./data, and nothing there is for others to read', async () => {
  const cwd = tempDir();
  const server = await launchServer({ dir: null, cwd });
  const { port } = await server.started;
  expect((await ask(port, '/healthz'))?.status).toBe(200);
  expect((await ask(port, '/readyz'))?.status).toBe(200);
  await stop(server);
  expect(readdirSync(cwd)).toEqual(['data']);
  for (const file of ['data', 'data/secret', 'data/leadtosheet.db', 'data/instance', 'data/server.lock']) {
    const others = Bun.spawnSync(['find', join(cwd, file), '-maxdepth', '0', '-perm', '/077']);
    expect(`${file}: ${others.stdout}`).toBe(`${file}: `);
  }
});

describe('a start that can not be ends in one sentence, and loses nothing', () => {
  test('a folder that this user may not write to', async () => {
    const root = tempDir();
    const dir = join(root, 'closed');
    mkdirSync(dir);
    chmodSync(dir, 0o555);
    expectRefusal(
      await serve({ dir, ...(await asStranger(root)) }),
      `The data folder ${dir} can't be used: this user may not write to ${dir}.`,
    );
    expect(readdirSync(dir)).toEqual([]);
  });

  test('a folder that can not be made', async () => {
    const root = tempDir();
    mkdirSync(join(root, 'closed'), { mode: 0o555 });
    const dir = join(root, 'closed', 'data');
    expectRefusal(
      await serve({ dir, ...(await asStranger(root)) }),
      `The data folder ${dir} can't be used: this user may not write to `,
    );
    expect(existsSync(dir)).toBe(false);
  });

  test('a file in the place of the folder', async () => {
    const dir = join(tempDir(), 'data');
    writeFileSync(dir, 'mine');
    expectRefusal(await serve({ dir }), `The data folder ${dir} can't be made: a file is in its place.`);
    expect(readFileSync(dir, 'utf8')).toBe('mine');
  });

  test('a database of a newer version', async () => {
    const dir = copyOfModel();
    const version = setVersion(dir, 999);
    const before = bytesOf(dir);
    expectRefusal(
      await serve({ dir }),
      `The database ${databaseOf(dir)} was written by a newer version of LeadToSheet (schema 999`,
    );
    expect(bytesOf(dir)).toBe(before);
    setVersion(dir, version);
    await expectAllThere(dir);
  });

  test('a database whose first bytes are overwritten', async () => {
    const dir = copyOfModel();
    await expectDamageIsRefused(dir, 0, 100);
  });

  test('a database with a spoiled page, wherever it lies', async () => {
    const pages = readFileSync(databaseOf(model)).length / 4096;
    expect(pages).toBeGreaterThan(40);
    // Page 0 has the schema; the others hold keys, leads, indexes.
    for (const page of [0, 1, 4, Math.floor(pages / 3), Math.floor(pages / 2), pages - 2]) {
      await expectDamageIsRefused(copyOfModel(), page * 4096, 4096);
    }
  });

  test('another secret than the database was made under; the secret itself is not repeated', async () => {
    const dir = copyOfModel();
    const before = bytesOf(dir);
    const ran = await serve({ dir, env: { LTS_SECRET: 'another-secret-another-secret-another' } });
    expectRefusal(ran, 'LTS_SECRET is not the one this database was made under');
    expect(ran.stderr).not.toContain('another-secret');
    expect(bytesOf(dir)).toBe(before);
    await expectAllThere(dir);
  });

  test('a setting that is wrong, by its name; nothing is made', async () => {
    const dir = join(tempDir(), 'data');
    expectRefusal(await serve({ dir, env: { LTS_PORT: '70000' } }), /^LTS_PORT must be .*70000/);
    expect(existsSync(dir)).toBe(false);
  });

  test('a port that is taken', async () => {
    const dir = copyOfModel();
    const other = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
    try {
      expectRefusal(
        await serve({ dir, env: { LTS_PORT: `${other.port}` } }),
        `Port ${other.port} is taken by another program: set LTS_PORT, or stop it.`,
      );
    } finally {
      other.stop(true);
    }
    await expectAllThere(dir, { LTS_PORT: `${other.port}` });
    expect(localRows(dir, access.siteId)).toHaveLength(LEADS);
  });
});

function setVersion(dir: string, version: number): number {
  const db = new Database(databaseOf(dir));
  const before = db.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0;
  db.run(`PRAGMA user_version = ${version}`);
  db.close();
  return before;
}

/** Refused by name of the file; what is left of it stays as it is, for whoever tries to save it. */
async function expectDamageIsRefused(dir: string, from: number, length: number): Promise<void> {
  const sound = readFileSync(databaseOf(dir));
  const spoiled = Buffer.from(sound);
  spoiled.fill(0xa5, from, from + length);
  writeFileSync(databaseOf(dir), spoiled);
  const ran = await serve({ dir });
  expectRefusal(ran, `The database ${databaseOf(dir)} is damaged (`);
  expect(ran.stderr).toContain('Restore it from a backup');
  expect(bytesOf(dir)).toBe(spoiled.toString('base64'));
}

/** Root may write anywhere: as root, the program runs as a user without rights, from a copy it can reach. */
async function asStranger(root: string): Promise<Partial<RunOptions>> {
  if (process.getuid?.() !== 0) return {};
  chmodSync(root, 0o755);
  const binary = join(root, 'leadtosheet');
  copyFileSync(await builtBinary(), binary);
  return { binary, cwd: root, wrap: ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] };
}
