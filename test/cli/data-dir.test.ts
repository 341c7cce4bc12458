import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataDir, dataPaths, openDataDir } from '../../src/lib/data-dir.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lts-dir-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function good(path: string, secret: string | null = null): DataDir {
  const result = openDataDir(path, secret);
  if (!result.ok) throw new Error(result.problem);
  return result.dir;
}

function problem(path: string): string {
  const result = openDataDir(path, null);
  return result.ok ? '' : result.problem;
}

const mode = (path: string) => statSync(path).mode & 0o777;

describe('a first start', () => {
  test('makes folder and secret for their owner alone, and nothing half-written stays behind', () => {
    const path = join(root, 'a', 'data');
    const dir = good(path);
    expect(mode(path)).toBe(0o700);
    expect(mode(join(path, 'secret'))).toBe(0o600);
    expect(readFileSync(join(path, 'secret'), 'utf8')).toBe(`${dir.secret}\n`);
    expect(dir.secret).toMatch(/^[\w-]{43}$/);
    expect(dir.instanceId).toMatch(/^[0-9a-f]{24}$/);
    expect(dir.warnings).toEqual([]);
    expect(readdirSync(path).sort()).toEqual(['instance', 'secret']);
  });

  test('secret and instance stay what they were; another folder has others', () => {
    const first = good(join(root, 'one'));
    expect(good(join(root, 'one'))).toEqual(first);
    const other = good(join(root, 'two'));
    expect(other.secret).not.toBe(first.secret);
    expect(other.instanceId).not.toBe(first.instanceId);
  });

  test('with LTS_SECRET no secret is written', () => {
    const dir = good(join(root, 'data'), 'from-the-settings-0123456789abcdef');
    expect(dir.secret).toBe('from-the-settings-0123456789abcdef');
    expect(existsSync(join(root, 'data', 'secret'))).toBe(false);
  });

  test('processes that start at the same moment end up with one secret', async () => {
    const path = join(root, 'data');
    const script = `import { openDataDir } from ${JSON.stringify(join(import.meta.dir, '../../src/lib/data-dir.ts'))};
      const result = openDataDir(${JSON.stringify(path)}, null);
      process.stdout.write(result.ok ? result.dir.secret : result.problem);`;
    const started = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' }));
    const secrets = await Promise.all(started.map((child) => new Response(child.stdout).text()));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[\w-]{43}$/);
  });
});

describe('what is wrong is told in a sentence', () => {
  test('a file in the place of the folder, or above it', () => {
    writeFileSync(join(root, 'file'), '');
    for (const path of [join(root, 'file'), join(root, 'file', 'data')]) {
      expect(problem(path)).toBe(
        `The data folder ${path} can't be made: a file is in its place. Move the file, or set LTS_DATA_DIR.`,
      );
    }
  });

  test('a lost secret is not replaced while there is a database made with it', () => {
    const path = join(root, 'data');
    good(path);
    rmSync(join(path, 'secret'));
    writeFileSync(dataPaths(path).database, '');
    expect(problem(path)).toStartWith(`The secret ${join(path, 'secret')} is missing, though there is a database`);
    expect(existsSync(join(path, 'secret'))).toBe(false);
  });

  test('a lost or emptied database is not replaced while something of it is left; nothing is made or removed', () => {
    const traces: ((path: string) => void)[] = [
      (path) => mkdirSync(join(path, 'sheets', 'site_0123'), { recursive: true }),
      (path) => writeFileSync(`${dataPaths(path).database}-wal`, 'leads'),
      (path) => writeFileSync(`${dataPaths(path).database}.before-upgrade`, 'a copy'),
    ];
    for (const [i, leave] of traces.entries()) {
      for (const emptied of [true, false]) {
        const path = join(root, `data${i}${emptied}`);
        good(path);
        leave(path);
        if (emptied) writeFileSync(dataPaths(path).database, '');
        const before = readdirSync(path);
        expect(problem(path)).toStartWith(
          `The database ${dataPaths(path).database} is ${emptied ? 'empty' : 'missing'}, though `,
        );
        expect(problem(path)).toEndWith(`Restore it from a backup; or, to start anew, move ${path} away.`);
        rmSync(dataPaths(path).secret);
        expect(problem(path)).toStartWith('The database');
        expect(readdirSync(path)).toEqual(before.filter((name) => name !== 'secret'));
      }
    }
  });

  test('a first start that was cut short is no loss: it goes on', () => {
    const path = join(root, 'data');
    good(path);
    writeFileSync(dataPaths(path).database, '');
    mkdirSync(dataPaths(path).sheets);
    good(path);
  });

  test('an emptied secret is not taken for one', () => {
    const path = join(root, 'data');
    good(path);
    writeFileSync(join(path, 'secret'), '\n');
    expect(problem(path)).toStartWith(`The secret in ${join(path, 'secret')} is shorter than 32 characters.`);
  });

  test('a secret that others can read is a warning, not a stop', () => {
    const path = join(root, 'data');
    good(path);
    chmodSync(join(path, 'secret'), 0o644);
    expect(good(path).warnings).toEqual([
      `Other users of this machine can read ${join(path, 'secret')}. Close it: chmod 600 ${join(path, 'secret')}`,
    ]);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'a folder of another user is a warning: what root makes there is closed to the server',
    () => {
      const path = join(root, 'data');
      good(path);
      chownSync(path, 4711, 4711);
      expect(good(path).warnings[0]).toStartWith(`The data folder ${path} belongs to user 4711, and this is user 0.`);
    },
  );

  // Root may write anywhere.
  test.skipIf(process.getuid?.() === 0)('a folder of somebody else', () => {
    const path = join(root, 'closed');
    good(path);
    chmodSync(path, 0o500);
    expect(problem(path)).toContain('this user may not write to');
    chmodSync(path, 0o700);
  });

  test.skipIf(process.platform !== 'linux')('a place where nobody may write', () => {
    expect(problem('/proc/leadtosheet')).toStartWith("The data folder /proc/leadtosheet can't be ");
  });
});
