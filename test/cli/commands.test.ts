import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { TSchema } from '@sinclair/typebox';
import { invocationOf } from '../../src/cli/invocation.ts';
import { runCli, type World } from '../../src/cli/run.ts';
import { ErrorBody } from '../../src/contract/error.ts';
import { Form } from '../../src/contract/form.ts';
import { Key } from '../../src/contract/key.ts';
import { Page } from '../../src/contract/page.ts';
import { Site } from '../../src/contract/site.ts';
import { Submission } from '../../src/contract/submission.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { newApiKey } from '../../src/lib/api-key.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

/** What a contract finds wrong with a value. */
const faults = (schema: TSchema, value: unknown) => compileContract(schema as typeof Site).details(value);

/** A world in which nothing can be reached: wrong use is told before anything is looked at. */
const nowhere: World = {
  say: () => {},
  show: () => Promise.reject(new Error('something was shown')),
  readStdin: () => Promise.reject(new Error('stdin was read')),
  terminal: { out: false, err: false },
  invocation: 'leadtosheet',
  loadConfig: () => ({ ok: false, problems: ['settings were read'], warnings: [] }),
  clock: systemClock,
  ids: randomIds(),
  stopSignal: () => Promise.reject(new Error('signals were asked for')),
};

describe('without any data', () => {
  const { run, json } = program();

  test('help lists every command, and each explains itself', async () => {
    const help = await run(['help']);
    expect(help).toMatchObject({ exit: 0, stderr: '' });
    for (const name of ['serve', 'site create', 'key rotate', 'sheet verify', 'form update', 'lead show', 'doctor']) {
      expect(help.stdout).toContain(`  ${name} `);
    }
    const one = await run(['key', 'create', '--help']);
    expect(one.exit).toBe(0);
    expect(one.stdout).toContain('--scopes A,B');
    expect((await run(['help', 'key', 'create'])).stdout).toBe(one.stdout);
  });

  test('version, in words and as JSON', async () => {
    const { version } = await Bun.file(new URL('../../package.json', import.meta.url)).json();
    expect(await run(['version'])).toEqual({ exit: 0, stdout: `leadtosheet ${version}\n`, stderr: '' });
    expect(await json(['--version'])).toMatchObject({ version });
  });

  test('--json and --help may stand before the command too', async () => {
    expect(await json(['--version'])).toEqual(JSON.parse((await runCli(['--json', 'version'], nowhere)).stdout));
    const help = await runCli(['key', 'create', '--help'], nowhere);
    for (const words of [
      ['--help', 'key', 'create'],
      ['-h', 'key', 'create'],
    ]) {
      expect(await runCli(words, nowhere)).toEqual(help);
    }
    const asJson = await runCli(['--json', '--help', 'key', 'create'], nowhere);
    expect(JSON.parse(asJson.stdout)).toEqual({ help: help.stdout.trimEnd() });
    expect((await runCli(['--json', '--help'], nowhere)).stdout).toContain('Usage');
    const failed = await runCli(['--json', 'key', 'crate'], nowhere);
    expect(JSON.parse(failed.stdout).error.message).toContain('There is no command `key crate`');
    // What follows `--` is no flag, also when flags stood in front.
    const lead = await runCli(['--json', 'serve', '--', '--json'], nowhere);
    expect(JSON.parse(lead.stdout).error.message).toContain('it was given "--json"');
  });

  test('--json with a value is wrong use, told as JSON', async () => {
    const ran = await runCli(['version', '--json=1'], nowhere);
    expect(ran.exit).toBe(2);
    expect(JSON.parse(ran.stdout).error).toMatchObject({ code: 'bad_request' });
    expect(ran.stderr).toStartWith('--json takes no value.');
  });

  test('a key that was typed in the wrong place is repeated nowhere', async () => {
    const key = newApiKey();
    for (const words of [
      [key],
      ['key', key],
      ['key', 'list', key],
      ['key', 'revoke', 'key_x', key],
      ['serve', `x=${key}`],
      [`--${key}`],
      ['site', 'list', `--${key}=1`],
      ['key', 'create', '--name', 'x', '--scopes', key],
      ['site', 'create', '--name', 'x', '--timezone', key],
      ['help', key],
    ]) {
      for (const all of [words, ['--json', ...words]]) {
        const ran = await runCli(all, nowhere);
        expect([all.length, ran.exit]).toEqual([all.length, 2]);
        expect((ran.stdout + ran.stderr).toLowerCase()).not.toContain(key.slice(0, 12).toLowerCase());
      }
    }
  });

  const wrongUse: [words: string[], sentence: string][] = [
    [['sites'], 'There is no command `sites`. Did you mean site?'],
    [['key', 'crate'], 'There is no command `key crate`. Did you mean key create?'],
    [['key'], '`key` needs a second word: key create, key list, key rotate, key revoke.'],
    [['site', 'create'], '--name is missing: --name NAME'],
    [['site', 'create', '--nam', 'x'], 'There is no flag --nam. Did you mean --name?'],
    [['site', 'create', '--name', 'x', '--timezone', 'Europe/Pari'], 'Did you mean Europe/Paris?'],
    [['key', 'create', '--name', 'x', '--scopes', 'forms:reed'], 'Did you mean forms:read?'],
    [['key', 'create', '--name', 'x', '--scopes', 'forms:read', '--expires', '2001-01-01'], '--expires must lie ahead'],
    [['key', 'rotate', 'key_x', '--overlap', '25h'], '--overlap must be a time from 0 to 24h'],
    [['key', 'revoke'], 'ID is missing: the key'],
    [['form', 'update', 'frm_x'], 'Say what to change: --name, --sheet-tab or --ignored.'],
    [['sheet', 'connect'], 'Give either --spreadsheet ID|URL or --local.'],
    [['lead', 'list', '--page', '401'], "Go on with --cursor and the last page's next_cursor."],
    [['lead', 'list', '--cursor', 'abc'], '--cursor must be the next_cursor of a page before'],
    [['serve', 'now'], 'This command takes no further word'],
  ];
  test.each(wrongUse)('%p is wrong use: exit code 2 and a sentence', async (words, sentence) => {
    const ran = await runCli(words, nowhere);
    expect(ran.stderr).toContain(sentence);
    expect(ran).toMatchObject({ exit: 2, stdout: '' });
  });

  test('an error as JSON has the shape of the API, alone on stdout; the sentence is on stderr too', async () => {
    const ran = await run(['key', 'crate', '--json']);
    const error = JSON.parse(ran.stdout);
    expect(faults(ErrorBody, error)).toEqual([]);
    expect(error.error.code).toBe('bad_request');
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain('There is no command');
  });

  test('config shows values, origins and meanings, and hides secrets; a wrong value is named', async () => {
    const env = { LTS_SECRET: 'never-shown-never-shown-never-shown', LTS_PORT: '4321', LTS_PROT: '1' };
    const ran = await run(['config', '--json'], { env });
    const { data } = JSON.parse(ran.stdout);
    const byName = new Map<string, any>(data.map((entry: { name: string }) => [entry.name, entry]));
    expect(byName.get('LTS_PORT')).toMatchObject({ value: '4321', origin: 'environment', default: '3000' });
    expect(byName.get('LTS_SECRET')).toMatchObject({ value: '(hidden)', origin: 'environment' });
    expect(ran.stdout + ran.stderr).not.toContain('never-shown');
    expect(ran.stderr).toContain('LTS_PROT is no setting of this version. Did you mean LTS_PORT?');
    const text = await run(['config'], { env });
    expect(text.stdout).toContain('LTS_PORT  4321   [environment]');
    expect(text.stdout).not.toContain('never-shown');
    const wrong = await run(['config'], { env: { LTS_PORT: 'x', LTS_HOST: '!' } });
    expect(wrong.exit).toBe(1);
    expect(wrong.stderr).toContain('LTS_PORT must be a port');
    expect(wrong.stderr).toContain('LTS_HOST must be an address');
  });

  test('config knows single sign-on, hides its secret, and takes it whole or not at all', async () => {
    const env = { LTS_OIDC_ISSUER: 'https://id.example.com', LTS_OIDC_CLIENT_ID: 'client-7' };
    const whole = await run(['config'], { env: { ...env, LTS_OIDC_CLIENT_SECRET: 'never-shown' } });
    expect(whole.exit).toBe(0);
    expect(whole.stdout).toMatch(/LTS_OIDC_ISSUER +https:\/\/id\.example\.com +\[environment]/);
    expect(whole.stdout).toMatch(/LTS_OIDC_CLIENT_SECRET +\(hidden\) +\[environment]/);
    expect(whole.stdout + whole.stderr).not.toContain('never-shown');
    const part = await run(['config'], { env });
    expect(part.exit).toBe(1);
    expect(part.stderr).toContain('are set without LTS_OIDC_CLIENT_SECRET: single sign-on needs all three.');
  });

  test('healthcheck fails while nothing runs', async () => {
    // Port 1 needs rights and is not served; nothing listens there.
    const ran = await run(['healthcheck'], { env: { LTS_PORT: '1' } });
    expect(ran).toMatchObject({ exit: 1, stdout: '' });
    expect(ran.stderr).toContain('Nothing answers at http://127.0.0.1:1/healthz');
  });

  test('doctor before a first start finds nothing wrong and makes nothing', async () => {
    const fresh = program({ LTS_PORT: '0' });
    const report = await fresh.json(['doctor']);
    expect(report.ok).toBe(true);
    expect(await Bun.file(`${fresh.dataDir}/secret`).exists()).toBe(false);
  });
});

describe('how a printed command begins', () => {
  const started = (execPath: string, main: string, cwd: string) => invocationOf({ execPath, main, cwd });

  test('the binary itself, by the shortest path that works from here', () => {
    expect(started('/opt/lts/leadtosheet', '/$bunfs/root/leadtosheet', '/opt/lts')).toBe('./leadtosheet');
    expect(started('/opt/my apps/leadtosheet', '/$bunfs/root/leadtosheet', '/srv')).toBe("'/opt/my apps/leadtosheet'");
  });

  test('from source with the Bun that is there', () => {
    expect(started('/usr/bin/bun', '/src/lts/src/main.ts', '/src/lts')).toBe('bun src/main.ts');
    expect(started('/src/lts/node_modules/bun/bin/bun.exe', '/src/lts/src/main.ts', '/src/lts')).toBe(
      'npx bun src/main.ts',
    );
  });
});

describe('sites and keys', () => {
  const { run, json, dataDir } = program();
  let siteId = '';

  test('without a site, what needs one says so: exit code 3', async () => {
    const ran = await run(['key', 'list']);
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain('There is no site yet.');
  });

  test('site create prints a Site, site show and list the same', async () => {
    const site = await json(['site', 'create', '--name', 'Acme', '--client', 'Acme Ltd', '--timezone', 'europe/paris']);
    expect(faults(Site, site)).toEqual([]);
    expect(site).toMatchObject({ name: 'Acme', client: 'Acme Ltd', timezone: 'Europe/Paris' });
    siteId = site.id;
    expect(await json(['site', 'show'])).toEqual(site);
    expect(await json(['site', 'show', siteId])).toEqual(site);
    expect(await json(['site', 'list'])).toEqual({ data: [site] });
  });

  test('an unknown site is not found: exit code 3, and the same as JSON', async () => {
    const ran = await run(['site', 'show', '--site', 'site_nope', '--json']);
    expect(ran.exit).toBe(3);
    expect(JSON.parse(ran.stdout).error).toMatchObject({ code: 'not_found', message: 'There is no such site.' });
  });

  test('key create shows the key once, with its expiry; nothing else ever does, nor is it on disk', async () => {
    const words = ['key', 'create', '--name', 'Shop', '--scopes', 'forms:read,submissions:write', '--expires', '90d'];
    const made = await json(words);
    expect(Object.keys(made)).toEqual(['id', 'name', 'prefix', 'scopes', 'expires_at', 'key']);
    expect(made).toMatchObject({ name: 'Shop', scopes: ['submissions:write', 'forms:read'] });
    expect(made.key).toMatch(/^lts_[0-9A-Za-z]{38}$/);
    expect(made.prefix).toBe(made.key.slice(0, 8));
    const days = (Date.parse(made.expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);

    const { data } = await json(['key', 'list', '--site', siteId]);
    expect(faults(Key, data[0])).toEqual([]);
    expect(JSON.stringify(data)).not.toContain(made.key);
    for (const name of new Bun.Glob('**/*').scanSync({ cwd: dataDir, dot: true })) {
      expect(Buffer.from(await Bun.file(`${dataDir}/${name}`).bytes()).includes(made.key)).toBe(false);
    }
  });

  test('in words, key create ends with a curl line that sends a lead', async () => {
    const ran = await run(['key', 'create', '--name', 'x', '--scopes', 'submissions:write']);
    expect(ran.stdout).toContain('curl http://localhost:3000/api/v1/submissions');
    expect(ran.stdout).toMatch(/Authorization: Bearer lts_[0-9A-Za-z]{38}'/);
    expect(ran.stdout).toContain('expires  never');
  });

  test('rotate gives a new secret to the same key; revoke ends it; a revoked one is not rotated: exit code 4', async () => {
    const made = await json(['key', 'create', '--name', 'R', '--scopes', 'submissions:read']);
    const rotated = await json(['key', 'rotate', made.id, '--overlap', '0']);
    expect(rotated).toMatchObject({ id: made.id, name: 'R', scopes: ['submissions:read'] });
    expect(rotated.key).not.toBe(made.key);
    const revoked = await json(['key', 'revoke', made.id]);
    expect(faults(Key, revoked)).toEqual([]);
    expect(revoked.revoked_at).toBeString();
    const refused = await json(['key', 'rotate', made.id], 4);
    expect(refused.error.code).toBe('conflict');
    expect((await json(['key', 'revoke', 'key_nope'], 3)).error.code).toBe('not_found');
  });

  test('a second rotation does not cut short what the first promised; one without an overlap ends all: exit codes', async () => {
    const made = await json(['key', 'create', '--name', 'R2', '--scopes', 'submissions:read']);
    const first = await json(['key', 'rotate', made.id]);
    const refused = await json(['key', 'rotate', made.id, '--overlap', '24h'], 4);
    expect(refused.error.code).toBe('conflict');
    expect(refused.error.message).toContain(`works until ${first.old_key_valid_until}`);
    expect(refused.error.message).toContain('--overlap 0');
    expect((await run(['key', 'rotate', made.id, '--overlap', '0'])).stdout).toContain('No former key works any more.');
    expect((await json(['key', 'rotate', made.id])).id).toBe(made.id);
  });

  test('names lose what can not be seen; a name of nothing else is refused', async () => {
    const given = ' A\u200bc\u200dm\u0007e\u202e \n';
    const site = await json(['site', 'create', '--name', given, '--client', `${given}Cafe\u0301`]);
    expect([site.name, site.client]).toEqual(['Acme', 'Acme Café']);
    // Joiners that mean something stay: a family is one character, and Persian has words with a zero-width break.
    const family = await json(['site', 'create', '--name', '👩‍👧 می‌خواهم']);
    expect(family.name).toBe('👩‍👧 می‌خواهم');
    const nothing = await json(['site', 'create', '--name', '\u200b\u2060'], 2);
    expect(nothing.error.message).toContain('--name must be a text of 1 to 200 visible characters.');
    expect((await run(['site', 'create', '--name', 'x'.repeat(201)])).exit).toBe(2);
  });

  test('with two sites, commands ask which one is meant and name them', async () => {
    await json(['site', 'create', '--name', 'Second']);
    const ran = await run(['key', 'list']);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain('There is more than one site: say which with --site ID.');
    expect(ran.stderr).toContain(`${siteId}  Acme`);
  });
});

describe('while the server runs', () => {
  test('commands and server share one database: keys, leads, forms, sheet', async () => {
    const { run, json, serve, dataDir } = program();
    const server = await serve();
    const { id: siteId } = (await json(['site', 'list'])).data[0];
    const { key, id: keyId } = await json(['key', 'create', '--name', 'k', '--scopes', 'submissions:write']);
    const send = (fields: object) =>
      fetch(`${server.url}/api/v1/submissions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ fields }),
      });

    for (const name of ['Ada', 'Bob', 'Cy']) expect((await send({ Name: name })).status).toBe(201);
    await server.wrote(3);

    const page = await json(['lead', 'list', '--per-page', '2']);
    expect(faults(Page(Submission), page)).toEqual([]);
    expect(page.data.map((lead: any) => lead.fields.Name)).toEqual(['Cy', 'Bob']);
    expect(page.pagination).toMatchObject({ page: 1, total: 3, total_capped: false, total_pages: 2, has_more: true });
    const next = await json(['lead', 'list', '--per-page', '2', '--cursor', page.pagination.next_cursor]);
    expect(next.data.map((lead: any) => lead.fields.Name)).toEqual(['Ada']);
    expect(next.pagination).toMatchObject({ page: null, has_more: false, next_cursor: null });
    expect((await json(['lead', 'list', '--status', 'failed'])).data).toEqual([]);
    expect(await json(['lead', 'show', next.data[0].id])).toEqual(next.data[0]);
    expect((await run(['lead', 'show', next.data[0].id])).stdout).toContain('field "Name"');

    const [form] = (await json(['form', 'list'])).data;
    expect(faults(Form, form)).toEqual([]);
    expect(form).toMatchObject({ name: 'API', submission_count: 3, ignored: false });
    const renamed = await json(['form', 'update', form.id, '--name', ' Conta\u0007ct\u202e', '--ignored', 'true']);
    expect(renamed).toMatchObject({ id: form.id, name: 'Contact', ignored: true });
    expect((await json(['form', 'update', 'frm_nope', '--name', 'x'], 3)).error.code).toBe('not_found');

    const shown = await json(['sheet', 'show']);
    expect(shown).toMatchObject({
      ...{ site_id: siteId, target: 'local', status: 'ok', spreadsheet_url: null, last_error: null },
      ...{ counts: { pending: 0, synced: 3, failed: 0, skipped: 0 }, folder: `${dataDir}/sheets/${siteId}` },
    });
    expect((await json(['sheet', 'check'])).ok).toBe(true);
    expect((await json(['sheet', 'selftest'], 4)).error.code).toBe('conflict');
    const verified = await json(['sheet', 'verify']);
    expect(verified).toMatchObject({ ok: true, tabs: [{ in_database: 3, in_sheet: 3, missing: [], doubled: [] }] });
    expect(await json(['sheet', 'backfill'])).toEqual({ queued: 0 });

    const doctor = await json(['doctor']);
    expect(doctor.checks.find((check: any) => check.name === 'server').message).toBe(
      `running as process ${server.pid}`,
    );
    expect(doctor.ok).toBe(true);
    expect((await run(['healthcheck'], { env: { LTS_PORT: String(server.port) } })).exit).toBe(0);

    // "At once" for a running server means within a second: it looks at the database that often. Spec 7.
    await json(['key', 'revoke', keyId]);
    let status = 0;
    for (let tries = 0; tries < 200 && status !== 401; tries++) status = (await send({ Name: 'late' })).status;
    expect(status).toBe(401);

    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    expect(server.log()).not.toContain(key);
    expect(server.log()).not.toContain('Ada');
  });
});
