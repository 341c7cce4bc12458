import { expect, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { authenticator, type Passkey } from '../support/authenticator.ts';
import { TestClock } from '../support/clock.ts';
import { type Person, type SiteWorld, siteWorld } from './site-world.ts';

const ORIGIN = 'http://localhost';
const PASSWORD = 'correct horse battery staple';
const NEW = '/admin/account/passkeys/new';
const device = () => authenticator({ origin: ORIGIN });

/** Somebody who has not signed in: what their browser keeps and sends. */
function visitor(world: SiteWorld, headers: Readonly<Record<string, string>> = {}) {
  const jar = new Map<string, string>();
  async function ask(path: string, form?: Readonly<Record<string, string>>) {
    const body = form === undefined ? undefined : new URLSearchParams({ csrf: '', ...form }).toString();
    const response = await world.fetch(
      new Request(`${ORIGIN}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...headers,
          cookie: [...jar].map((pair) => pair.join('=')).join('; '),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }),
        },
        ...(body === undefined ? {} : { body }),
      }),
    );
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jar.set(name, value);
    }
    return { status: response.status, text: await response.text(), location: response.headers.get('location') };
  }
  return {
    jar,
    get: (path: string) => ask(path),
    post: (path: string, form: Readonly<Record<string, string>> = {}) => ask(path, form),
    options: async (path: string) => JSON.parse((await ask(path, {})).text).get as { challenge: string; rpId: string },
  };
}

async function add(person: Person, name = 'Laptop'): Promise<{ passkey: Passkey; location: string | null }> {
  const { html } = await person.post('/admin/account/passkeys/options', { name });
  const { answer, passkey } = device().create(JSON.parse(html).create);
  const { location } = await person.post('/admin/account/passkeys', { name, passkey: answer });
  return { passkey, location };
}

const emailOf = (world: SiteWorld, passkey: Passkey) =>
  world.services.accounts.user(world.services.store.accounts.passkeyByCredential(passkey.id)?.userId ?? '')?.email ??
  '';

test('a passkey is added under a name, with recovery codes for the first, and is listed and removed', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  expect((await owner.get(NEW)).html).toContain('your password alone is not enough');
  const first = await add(owner, '<b>Laptop</b>');
  expect(first.location).toBe('/admin/account/recovery-codes');
  expect((await owner.get('/admin/account/recovery-codes')).html).toMatch(/id="codes">\s*[0-9a-z]{5}-/);
  expect((await owner.get(NEW)).html).not.toContain('your password alone is not enough');
  const second = await add(owner, 'Phone');
  expect(second.location).toBe('/admin/account?notice=passkey_added');
  const account = (await owner.get('/admin/account')).html;
  expect(account).toContain('&lt;b>Laptop&lt;/b>');
  expect(account).toContain('signing in takes a passkey');
  expect(account).toContain('10 recovery codes are left');
  const [passkey] = world.services.store.accounts.passkeys(
    world.services.store.accounts.passkeyByCredential(first.passkey.id)?.userId ?? '',
  );
  const other = await world.person('owner');
  await other.post(`/admin/account/passkeys/${passkey?.id}/remove`);
  expect(world.services.store.accounts.passkeyByCredential(first.passkey.id)).not.toBeNull();
  const removed = await owner.post(`/admin/account/passkeys/${passkey?.id}/remove`);
  expect(removed.location).toBe('/admin/account?notice=passkey_removed');
  expect(world.services.store.accounts.passkeyByCredential(first.passkey.id)).toBeNull();
  const log = (await owner.get('/admin/audit')).html;
  for (const words of ['Passkey added', 'Passkey removed']) expect(log).toContain(words);
});

test('what is wrong is said, and the name is kept', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  expect(JSON.parse((await owner.post('/admin/account/passkeys/options', { name: ' ' })).html)).toEqual({
    message: 'Give a name of 1 to 100 characters.',
  });
  const refused = await owner.post('/admin/account/passkeys', { name: 'My "laptop"', passkey: '{}' });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain('value="My &quot;laptop&quot;"');
  expect(refused.html).toContain('could not be read');
});

test('without a password: by the passkey alone, to the page one wanted', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const { passkey } = await add(await world.person('owner'));
  const guest = visitor(world);
  const page = await guest.get('/admin/sign-in?next=/admin/system');
  expect(page.text).toContain('Sign in with a passkey');
  const options = await guest.options('/admin/sign-in/passkey/options');
  expect(options.rpId).toBe('localhost');
  const answer = passkey.get(options);
  // Another browser has not asked.
  const thief = visitor(world);
  await thief.options('/admin/sign-in/passkey/options');
  expect((await thief.post('/admin/sign-in/passkey', { passkey: answer })).status).toBe(422);
  const entered = await guest.post('/admin/sign-in/passkey', { passkey: answer, next: '/admin/system' });
  expect(entered.location).toBe('/admin/system');
  expect((await guest.get('/admin/system')).status).toBe(200);
  const again = await visitor(world).post('/admin/sign-in/passkey', { passkey: answer, next: '/admin/system' });
  expect(again.status).toBe(422);
  expect(again.text).toContain('sent twice');
  expect(again.text).toContain('name="next" value="/admin/system"');
  const elsewhere = visitor(world, { 'sec-fetch-site': 'cross-site' });
  expect((await elsewhere.post('/admin/sign-in/passkey', { passkey: answer })).status).toBe(403);
});

test('after the password: the page offers the passkey, and a recovery code is the way out', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const { passkey } = await add(owner);
  const shown = (await owner.get('/admin/account/recovery-codes')).html;
  const code = /id="codes">\s*([0-9a-z]{5}-[0-9a-z]{5})/.exec(shown)?.[1] ?? '';
  const email = emailOf(world, passkey);
  const start = async () => {
    const guest = visitor(world);
    const answer = await guest.post('/admin/sign-in', { email, password: PASSWORD, next: '/admin/account' });
    expect(answer.location).toBe('/admin/second-factor?next=%2Fadmin%2Faccount');
    return guest;
  };
  const guest = await start();
  const page = (await guest.get('/admin/second-factor?next=/admin/account')).text;
  for (const words of ['Use a passkey', 'Recovery code']) expect(page).toContain(words);
  expect(page).not.toContain('Six digits');
  const options = await guest.options('/admin/second-factor/passkey/options');
  const forged = await guest.post('/admin/second-factor/passkey', { passkey: passkey.get(options, { forged: true }) });
  expect(forged.status).toBe(422);
  expect(forged.text).toContain('could not be verified');
  const fresh = passkey.get(await guest.options('/admin/second-factor/passkey/options'));
  const entered = await guest.post('/admin/second-factor/passkey', { passkey: fresh, next: '/admin/account' });
  expect(entered.location).toBe('/admin/account');
  expect((await guest.get('/admin/account')).status).toBe(200);
  const lost = await start();
  const out = await lost.post('/admin/second-factor', { code, next: '/admin' });
  expect(out.location).toBe('/admin');
  // Nobody waits for anything: sign in first.
  expect((await visitor(world).get('/admin/second-factor')).location).toContain('/admin/sign-in');
});

test('an owner lets somebody in again who has lost everything; an admin does not', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const [owner, admin, member] = [
    await world.person('owner'),
    await world.person('admin'),
    await world.person('member'),
  ];
  const { passkey } = await add(member);
  const { accounts } = world.services.store;
  const page = `/admin/team/${accounts.passkeyByCredential(passkey.id)?.userId}`;
  expect((await admin.get(page)).html).not.toContain('name="drop"');
  expect((await admin.post(`${page}/reset`, { drop: 'yes' })).status).toBe(422);
  expect((await owner.get(page)).html).toContain('name="drop"');
  const { location } = await owner.post(`${page}/reset`, { drop: 'yes' });
  const token = /\/admin\/reset\/([\w-]+)/.exec((await owner.get(location ?? '')).html)?.[1];
  await visitor(world).post(`/admin/reset/${token}`, { password: 'another four words here' });
  expect(accounts.passkeyByCredential(passkey.id)).toBeNull();
  expect((await owner.get(page)).html).not.toContain('name="drop"');
});

test('where a password is wanted again a passkey does, and what was sent is done', async () => {
  const clock = new TestClock();
  const world = await siteWorld(ADMIN_ROUTES, { clock });
  const owner = await world.person('owner');
  const { passkey } = await add(owner);
  clock.advance(16 * 60_000);
  const stored = () => world.services.store.accounts.passkeyByCredential(passkey.id);
  const remove = `/admin/account/passkeys/${stored()?.id}/remove`;
  const asked = await owner.post(remove, { note: 'kept' });
  expect(asked.html).toContain('Use a passkey');
  expect(asked.html.match(/name="note" value="kept"/g)).toHaveLength(2);
  const answer = async (forged = false) => {
    const { get } = JSON.parse((await owner.post('/admin/confirm/passkey/options')).html);
    return { confirm_passkey: passkey.get(get, { forged }) };
  };
  const wrong = await owner.post(remove, await answer(true));
  expect(wrong.status).toBe(422);
  expect(wrong.html).toContain('could not be verified');
  expect(stored()).not.toBeNull();
  const page = await owner.get(NEW);
  expect(page.html).toContain(`name="next" value="${NEW}"`);
  expect((await owner.post('/admin/confirm', { ...(await answer()), next: NEW })).location).toBe(NEW);
  expect((await owner.get(NEW)).html).toContain('Add the passkey');
  clock.advance(16 * 60_000);
  expect((await owner.post(remove, await answer())).location).toBe('/admin/account?notice=passkey_removed');
  expect(stored()).toBeNull();
  // Who has no passkey is offered none.
  clock.advance(16 * 60_000);
  const plain = (await owner.get(NEW)).html;
  expect(plain).toContain('name="confirm_password"');
  expect(plain).not.toContain('Use a passkey');
});

test.each(['http://192.0.2.1:3000', 'http://leads.example.com', 'https://[2001:db8::1]'])(
  'at %s pages say what is missing, and no request begins anything',
  async (url) => {
    const world = await siteWorld(ADMIN_ROUTES);
    world.services.publicUrl = () => url;
    const guest = visitor(world);
    expect((await guest.get('/admin/sign-in')).text).not.toContain('passkey"');
    expect((await guest.post('/admin/sign-in/passkey/options')).status).toBe(400);
    world.services.publicUrl = () => ORIGIN;
    const owner = await world.person('owner');
    const { passkey } = await add(owner);
    world.services.publicUrl = () => url.replace('https:', 'http:');
    for (const path of ['/admin/account', NEW]) {
      const { html } = await owner.get(path);
      expect(html).toContain('Passkeys need HTTPS and a name, or localhost.');
      expect(html).not.toContain('data-passkey=');
    }
    await guest.post('/admin/sign-in', { email: emailOf(world, passkey), password: PASSWORD });
    const waiting = (await guest.get('/admin/second-factor')).text;
    expect(waiting).toContain('Passkeys need HTTPS');
    expect(waiting).toContain('Recovery code');
  },
);

test('the buttons are hidden until the script shows them, and the script is on the pages that have them', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  await add(owner);
  for (const html of [
    (await visitor(world).get('/admin/sign-in')).text,
    (await owner.get('/admin/account')).html,
    (await owner.get(NEW)).html,
  ]) {
    const tags = html.match(/<[^>]*data-passkey="[^>]*>/g) ?? [];
    expect(tags.length).toBeGreaterThan(0);
    for (const tag of tags) expect(tag).toMatch(/ hidden[ >]/);
    expect(html).toMatch(/src="\/assets\/passkey-\w+\.js"/);
  }
  expect((await owner.get('/admin/system')).html).not.toContain('/assets/passkey-');
});

test('setting an app up shows a QR code of its key', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const { html } = await owner.post('/admin/account/totp');
  const svg = /<svg class="qr".*?<\/svg>/s.exec(html)?.[0] ?? '';
  expect(svg).toContain('role="img" aria-label="QR code of the key below"');
  expect(html).toMatch(/<code>([A-Z2-7]{4} ){7}[A-Z2-7]{4}<\/code>/);
  const secret = /name="secret" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const uri = (/name="uri" value="([^"]+)"/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&');
  // A wrong code shows the same once more; a made-up key of any length no fault.
  const again = await owner.post('/admin/account/totp/confirm', { code: 'x', secret, uri });
  expect(again.status).toBe(422);
  expect(again.html).toContain(svg);
  const long = await owner.post('/admin/account/totp/confirm', { code: 'x', uri: `otpauth://${'x'.repeat(9_000)}` });
  expect(long.status).toBe(422);
  expect(long.html).not.toContain('<svg class="qr"');
});
