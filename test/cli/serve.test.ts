import { Database } from 'bun:sqlite';
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import { serveCommand } from '../../src/cli/serve.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { AppError } from '../../src/lib/errors.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { acquireServerLock } from '../../src/store/sqlite/lock.ts';
import { type Program, program, removeFolders, type Server } from './program.ts';

// Real processes, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

async function stopped(server: Server): Promise<number> {
  server.kill('SIGTERM');
  return server.exited;
}

async function newKey({ json }: Program): Promise<string> {
  return (await json(['key', 'create', '--name', 'k', '--scopes', 'submissions:write,submissions:read'])).key;
}

function submit(server: Server, key: string, name: string): Promise<Response> {
  return fetch(`${server.url}/api/v1/submissions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ fields: { Name: name } }),
  });
}

test('pages are made from whatever folder it is started in', async () => {
  const server = await program().serve();
  for (const path of ['/h/none', '/f/none', '/admin/setup', '/docs/mcp']) {
    const answer = await fetch(`${server.url}${path}`);
    expect([path, answer.status < 500, (await answer.text()).startsWith('<!')]).toEqual([path, true, true]);
  }
  expect(await stopped(server)).toBe(0);
});

describe.concurrent('a first start', () => {
  test('away from a terminal it makes the site, says how to make a key, and shows none; a second start says nothing', async () => {
    const it = program();
    const first = await it.serve();
    await first.logged('Its leads go to');
    const [site] = (await it.json(['site', 'list'])).data;
    expect(site.name).toBe('My site');
    expect((await it.json(['key', 'list'])).data).toEqual([]);
    expect(first.log()).toContain(`key create --site ${site.id} --name "First key" --scopes `);
    expect(first.log()).toContain(join(it.dataDir, 'sheets', site.id, 'API.csv'));
    expect(first.log()).not.toContain('lts_');

    // The printed command is one that works.
    const command = /^ {2}(LTS_DATA_DIR=.* key create .*)$/m.exec(first.log())?.[1] ?? '';
    const words = command.slice(command.indexOf('key create')).replace('"First key"', 'First').split(' ');
    expect((await it.run(words)).stdout).toMatch(/key +lts_/);

    expect(await stopped(first)).toBe(0);
    // What opens the admin UI is no log line.
    expect(await first.stdout).toContain('/admin/setup/');
    expect(first.log()).not.toContain('/admin/setup');
    const second = await it.serve();
    expect(await stopped(second)).toBe(0);
    expect(second.log()).not.toContain('key create');
    expect((await it.json(['site', 'list'])).data).toHaveLength(1);
  });

  test('on a terminal it shows a key once, in a curl line that works', async () => {
    const it = program();
    let screen = '';
    let changed = () => {};
    const child = Bun.spawn([process.execPath, join(import.meta.dir, '../../src/main.ts')], {
      cwd: join(it.dataDir, '..'),
      env: { PATH: process.env.PATH ?? '', LTS_DATA_DIR: it.dataDir, LTS_PORT: '0' },
      terminal: {
        cols: 200,
        rows: 50,
        data(_: unknown, bytes: Uint8Array) {
          screen += new TextDecoder().decode(bytes);
          changed();
        },
      },
    });
    while (!screen.includes('not shown again')) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
    const [key, ...others] = screen.match(/lts_[0-9A-Za-z]{38}/g) ?? [];
    expect(others).toEqual([]);
    const url = /curl (http:\S+)\/api\/v1\/submissions/.exec(screen)?.[1];
    const response = await fetch(`${url}/api/v1/submissions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{"fields":{"Email":"alice@example.com"}}',
    });
    expect(response.status).toBe(201);
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
    const again = await it.serve();
    expect(await stopped(again)).toBe(0);
    expect(again.log()).not.toContain('lts_');
  });
});

describe.concurrent('one server for one folder', () => {
  test('a second one waits for the first to let go, then takes over: no lead is lost on the way', async () => {
    const it = program();
    const first = await it.serve();
    const key = await newKey(it);
    expect((await submit(first, key, 'before')).status).toBe(201);
    const second = it.serve();
    // The second one is not up while the first is.
    expect(await Promise.race([second.then(() => 'up'), submit(first, key, 'meanwhile').then(() => 'down')])).toBe(
      'down',
    );
    expect(await stopped(first)).toBe(0);
    const heir = await second;
    expect((await submit(heir, key, 'after')).status).toBe(201);
    const { data } = await it.json(['lead', 'list', '--oldest']);
    expect(data.map((lead: any) => lead.fields.Name)).toEqual(['before', 'meanwhile', 'after']);
    expect(await stopped(heir)).toBe(0);
  });

  test('after 20 s the second one gives up: refused, naming process and folder', async () => {
    const it = program();
    mkdirSync(it.dataDir);
    const path = join(it.dataDir, 'server.lock');
    const lock = await acquireServerLock({ path, pid: 4711, waitMs: 0, clock: systemClock });
    const said: string[] = [];
    let waitedMs = 0;
    const clock = {
      ...systemClock,
      monotonic: () => waitedMs,
      after: (ms: number, task: () => void) => {
        waitedMs += ms;
        queueMicrotask(task);
        return () => {};
      },
    };
    const context = {
      say: (line: string) => void said.push(line),
      loadConfig: () =>
        loadConfig({
          env: { LTS_DATA_DIR: it.dataDir },
          readFile: () => ({ ok: false, missing: true, reason: '' }),
          terminal: false,
        }),
      clock,
      ids: randomIds(),
    } as unknown as Context;
    const refusal = await serveCommand.run(context).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AppError);
    expect((refusal as AppError).code).toBe('conflict');
    expect((refusal as AppError).message).toBe(
      `Another server (process 4711) still works on the data folder ${it.dataDir}. Stop it, or set LTS_DATA_DIR.`,
    );
    expect(waitedMs).toBe(20_000);
    expect(said).toEqual([`Waiting for another server (process 4711) to let go of ${it.dataDir} …`]);
    if (lock.ok) lock.lock.release();
  });

  test('kill -9 leaves nothing locked, and every lead that was answered', async () => {
    const it = program();
    const first = await it.serve();
    const key = await newKey(it);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => submit(first, key, `n${i}`)));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    first.kill('SIGKILL');
    await first.exited;
    const second = await it.serve();
    // The first one may have written some of them before it died.
    let synced = 0;
    for (let tries = 0; tries < 200 && synced < 20; tries++) synced = (await it.json(['sheet', 'show'])).counts.synced;
    expect((await it.json(['lead', 'list'])).pagination.total).toBe(20);
    expect(await it.json(['sheet', 'verify'])).toMatchObject({ ok: true, tabs: [{ in_sheet: 20 }] });
    expect(await stopped(second)).toBe(0);
  });
});

describe.concurrent('signals', () => {
  /** A request whose head has arrived and whose body is still on its way. */
  async function halfSent(server: Server, key: string) {
    const body = '{"fields":{"Name":"slow"}}';
    let answer = '';
    let closed = () => {};
    const end = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: server.port,
      socket: {
        data(_, bytes) {
          answer += new TextDecoder().decode(bytes);
        },
        close: () => closed(),
        error: () => closed(),
      },
    });
    socket.write(
      `POST /api/v1/submissions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    socket.flush();
    // One whole exchange on another connection: by then the server has read the head of ours.
    await fetch(`${server.url}/healthz`);
    return { finish: () => socket.write(body.slice(5)), end, answer: () => answer };
  }

  test('SIGTERM finishes what was taken, refuses what comes after, and ends with 0', async () => {
    const it = program();
    const server = await it.serve();
    const request = await halfSent(server, await newKey(it));
    server.kill('SIGTERM');
    await server.logged('"server.stopping"');
    request.finish();
    expect(await server.exited).toBe(0);
    await request.end;
    expect(request.answer()).toStartWith('HTTP/1.1 201');
    expect(server.log()).toContain('"server.stopped"');
    expect((await it.json(['lead', 'list'])).data[0].fields).toEqual({ Name: 'slow' });
  });

  test('with --json a clean stop prints one value', async () => {
    const it = program();
    const ran = await runCli(['serve', '--json'], {
      say: () => {},
      show: () => Promise.reject(new Error('stdout holds one value')),
      readStdin: () => Promise.resolve(''),
      terminal: { out: false, err: false },
      invocation: 'leadtosheet',
      loadConfig: () =>
        loadConfig({
          env: { LTS_DATA_DIR: it.dataDir, LTS_PORT: '0' },
          readFile: () => ({ ok: false, missing: true, reason: '' }),
          terminal: false,
        }),
      clock: systemClock,
      ids: randomIds(),
      stopSignal: () => Promise.resolve('SIGTERM'),
    });
    expect(ran).toMatchObject({ exit: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({ status: 'stopped', signal: 'SIGTERM' });
  });

  test('a second signal ends it at once, whatever is under way', async () => {
    const it = program();
    const server = await it.serve();
    await halfSent(server, await newKey(it));
    server.kill('SIGTERM');
    await server.logged('"server.stopping"');
    server.kill('SIGINT');
    expect(await server.exited).toBe(130);
    expect(server.log()).not.toContain('"server.stopped"');
  });
});

describe.concurrent('a start that fails ends in one sentence', () => {
  /** A folder that has had a server. */
  async function used(): Promise<Program> {
    const it = program();
    await it.json(['site', 'create', '--name', 'x']);
    return it;
  }

  test('a port that is taken, by name of the setting', async () => {
    const it = program();
    const other = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
    const ran = await it.run(['serve'], { env: { LTS_PORT: String(other.port) } });
    other.stop(true);
    expect(ran).toEqual({
      exit: 1,
      stdout: '',
      stderr: `Port ${other.port} is taken by another program: set LTS_PORT, or stop it.\n`,
    });
  });

  test('a wrong setting', async () => {
    const ran = await program().run([], { env: { LTS_DURABILITY: 'maybe' } });
    expect(ran).toEqual({
      exit: 1,
      stdout: '',
      stderr: 'LTS_DURABILITY must be one of full, normal; it is "maybe".\n',
    });
  });

  test('a file in the place of the folder', async () => {
    const it = program();
    writeFileSync(it.dataDir, '');
    const ran = await it.run(['serve']);
    expect(ran.stderr).toBe(
      `The data folder ${it.dataDir} can't be made: a file is in its place. Move the file, or set LTS_DATA_DIR.\n`,
    );
    expect(ran.exit).toBe(1);
  });

  test('another secret than the database was made under', async () => {
    const it = await used();
    const ran = await it.run(['serve'], { env: { LTS_SECRET: 'another-secret-another-secret-another' } });
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toStartWith('LTS_SECRET is not the one this database was made under');
    expect(ran.stderr).not.toContain('another-secret');
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a lost secret', async () => {
    const it = await used();
    rmSync(join(it.dataDir, 'secret'));
    const ran = await it.run(['serve']);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toStartWith(`The secret ${join(it.dataDir, 'secret')} is missing`);
  });

  test('a lost database; doctor says it too, with exit code 5', async () => {
    const it = await used();
    const [site] = (await it.json(['site', 'list'])).data;
    mkdirSync(join(it.dataDir, 'sheets', site.id), { recursive: true });
    const database = join(it.dataDir, 'leadtosheet.db');
    for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true });
    for (const state of ['missing', 'empty']) {
      if (state === 'empty') writeFileSync(database, '');
      for (const words of [['serve'], ['site', 'list']]) {
        const ran = await it.run(words);
        expect(ran.exit).toBe(1);
        expect(ran.stderr).toStartWith(`The database ${database} is ${state}, though`);
        expect(ran.stderr.trim().split('\n')).toHaveLength(1);
      }
      const report = await it.json(['doctor'], 5);
      expect(report.checks.find((check: any) => check.status === 'failed').message).toContain(`is ${state}, though`);
    }
  });

  test('a database of a newer version', async () => {
    const it = await used();
    const db = new Database(join(it.dataDir, 'leadtosheet.db'));
    db.run('PRAGMA user_version = 999');
    db.close();
    const ran = await it.run(['serve']);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('was written by a newer version of LeadToSheet (schema 999');
  });

  test('a damaged database; doctor says it too, with exit code 5', async () => {
    const it = await used();
    for (const suffix of ['-wal', '-shm']) rmSync(join(it.dataDir, `leadtosheet.db${suffix}`), { force: true });
    writeFileSync(join(it.dataDir, 'leadtosheet.db'), 'this was a database once '.repeat(1000));
    const ran = await it.run(['serve']);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('is damaged');
    const report = await it.json(['doctor'], 5);
    expect(report.checks.find((check: any) => check.status === 'failed').name).toBe('database');
    expect(existsSync(join(it.dataDir, 'leadtosheet.db'))).toBe(true);
  });
});
