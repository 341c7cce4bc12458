import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { TSchema } from '@sinclair/typebox';
import { createAccounts } from '../../src/accounts/create.ts';
import { User } from '../../src/contract/user.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createVault } from '../../src/lib/crypto.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { type Program, program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

const SECRET = 'the secret of this test, long enough for it';
const PASSWORD = 'four words by chance';
const OWNER = ['user', 'create', '--email', 'alice@example.com', '--role', 'owner', '--password-stdin'];
const here = { address: null, browser: null, os: null };
const faults = (schema: TSchema, value: unknown) => compileContract(schema as typeof User).details(value);

/** What a server would see. */
async function inside<T>(it: Program, work: (all: ReturnType<typeof open>) => Promise<T>): Promise<T> {
  const all = open(it);
  try {
    return await work(all);
  } finally {
    await all.store.close();
  }
}
function open(it: Program) {
  const vault = createVault(SECRET);
  const path = `${it.dataDir}/leadtosheet.db`;
  const secretCheck = vault.checkValue();
  const store = openStore({ path, durability: 'normal', clock: systemClock, ids: randomIds(), secretCheck });
  return { store, accounts: createAccounts({ store, vault, clock: systemClock }) };
}
const tokenIn = (text: string) => /\/admin\/(?:setup|reset)\/([\w-]{43})\b/.exec(text)?.[1] ?? '';

describe.concurrent('user', () => {
  test('create, list, disable, enable: as JSON in the shape of the contract, and told to the audit log as cli', async () => {
    const it = program({ LTS_SECRET: SECRET });
    expect((await it.run(['user', 'list'])).stdout).toBe('There is no user yet.\n');
    const created = await it.run([...OWNER, '--json'], { stdin: `${PASSWORD}\n` });
    expect(created).toMatchObject({ exit: 0, stderr: '' });
    const owner = JSON.parse(created.stdout);
    expect(faults(User, owner)).toEqual([]);
    expect(owner).toMatchObject({ email: 'alice@example.com', name: 'alice', role: 'owner', site_ids: null });
    const site = await it.json(['site', 'create', '--name', 'Shop']);
    const words = [
      'user',
      'create',
      '--email',
      'Bob@example.com',
      '--role',
      'viewer',
      '--sites',
      site.id,
      '--name',
      'B',
    ];
    const viewer = await it.run([...words, '--password-stdin'], { stdin: PASSWORD });
    expect(viewer.stdout).toMatch(new RegExp(`sites +${site.id}`));
    expect((await it.json(['user', 'list'])).data).toHaveLength(2);
    const off = await it.json(['user', 'disable', '--email', 'bob@EXAMPLE.com']);
    expect(off).toMatchObject({ disabled: true, site_ids: [site.id] });
    expect((await it.run(['user', 'list'])).stdout).toMatch(/Bob@example.com +viewer +1 +disabled/);
    expect(await it.json(['user', 'enable', '--email', 'bob@example.com'])).toMatchObject({ disabled: false });
    await inside(it, async ({ store, accounts }) => {
      const input = { email: 'alice@example.com', password: PASSWORD };
      expect(await accounts.signIn(input, here)).toMatchObject({ ok: true, state: 'open' });
      const told = store.audit.list({ limit: 9, objectId: off.id });
      expect(told.map(({ action, actor }) => [action, actor.kind])).toEqual([
        ['user.enabled', 'cli'],
        ['user.disabled', 'cli'],
        ['user.created', 'cli'],
      ]);
      expect(JSON.stringify(store.audit.list({ limit: 99 }))).not.toContain('argon2');
    });
  });

  test('what is refused has its exit code and a sentence; the password is never repeated', async () => {
    const it = program({ LTS_SECRET: SECRET });
    await it.run(OWNER, { stdin: PASSWORD });
    const cases: [words: string[], stdin: string, exit: number, sentence: string][] = [
      [OWNER, PASSWORD, 4, 'There is a user with this e-mail address already.'],
      [['user', 'disable', '--email', 'alice@example.com'], '', 4, 'This is the only owner.'],
      [['user', 'disable', '--email', 'bob@example.com'], '', 3, 'There is no such user.'],
      [OWNER.with(3, 'bob@example.com'), 'short one\n', 2, 'The password must have at least 12 characters.'],
      [OWNER.with(3, 'nothing'), PASSWORD, 2, 'Give an e-mail address'],
      [OWNER.with(5, 'onwer'), PASSWORD, 2, 'Did you mean owner?'],
      [OWNER.slice(0, 6), PASSWORD, 2, '--password-stdin is missing'],
      [
        [...OWNER.with(3, 'b@example.com').with(5, 'viewer'), '--sites', 'site_x'],
        PASSWORD,
        3,
        'There is no such site.',
      ],
    ];
    for (const [words, stdin, exit, sentence] of cases) {
      const ran = await it.run(words, { stdin });
      expect([words, ran.exit, ran.stdout]).toEqual([words, exit, '']);
      expect(ran.stderr).toContain(sentence);
      expect(ran.stderr).not.toContain(stdin.trim() || 'nothing at all');
    }
    expect((await it.json(['user', 'list'])).data).toHaveLength(1);
  });
});

describe.concurrent('the set-up link', () => {
  test('is printed at each start while there is no user, a new one each time; the last one works, once', async () => {
    const it = program({ LTS_SECRET: SECRET });
    const links: string[] = [];
    for (let i = 0; i < 2; i++) {
      const server = await it.serve();
      server.kill('SIGTERM');
      await server.exited;
      expect(server.log()).not.toContain('/admin/setup');
      links.push(await server.stdout);
      expect(await server.stdout).toContain(`${server.url.replace('127.0.0.1', 'localhost')}/admin/setup/`);
    }
    const [former, last] = links.map(tokenIn);
    const profile = { email: 'alice@example.com', name: 'Alice', password: PASSWORD };
    await inside(it, async ({ accounts }) => {
      expect(await accounts.setUp(former ?? '', profile, here)).toMatchObject({ ok: false, refused: 'void' });
      expect(await accounts.setUp(last ?? '', profile, here)).toMatchObject({ ok: true, user: { role: 'owner' } });
    });
    const server = await it.serve();
    server.kill('SIGTERM');
    await server.exited;
    expect(await server.stdout).toBe('');
  });

  test('by command: for the first user; then to reset the password of the owner, or of somebody', async () => {
    const it = program({ LTS_SECRET: SECRET, LTS_PUBLIC_URL: 'https://leads.example.com' });
    const first = await it.json(['setup-link']);
    expect(first).toMatchObject({ kind: 'setup', email: null });
    expect(first.url).toStartWith('https://leads.example.com/admin/setup/');
    expect(Date.parse(first.expires_at) - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect((await it.run(['setup-link', '--email', 'x@example.com'])).exit).toBe(4);
    await it.run(OWNER, { stdin: PASSWORD });
    const reset = await it.run(['setup-link']);
    expect(reset.stdout).toContain('A new password for alice@example.com:');
    const other = 'quite another passphrase';
    await inside(it, async ({ accounts }) => {
      const profile = { email: 'eve@example.com', name: 'Eve', password: PASSWORD };
      expect(await accounts.setUp(tokenIn(first.url), profile, here)).toMatchObject({ refused: 'void' });
      expect(await accounts.resetPassword(tokenIn(reset.stdout), other, here)).toMatchObject({ ok: true });
      expect(await accounts.resetPassword(tokenIn(reset.stdout), other, here)).toMatchObject({ refused: 'void' });
      const signedIn = await accounts.signIn({ email: 'alice@example.com', password: other }, here);
      expect(signedIn.ok).toBe(true);
    });
    expect((await it.run(['setup-link', '--email', 'bob@example.com'])).exit).toBe(3);
    const named = await it.json(['setup-link', '--email', 'ALICE@example.com', '--drop-second-factor']);
    expect(named).toMatchObject({ kind: 'reset', email: 'alice@example.com' });
  });
});
