import { expect, test } from 'bun:test';
import type { Role } from '../../src/contract/user.ts';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { siteWorld } from './site-world.ts';

const HOSTILE = '<script>alert(1)</script>';

/** What each role is answered: 200, or 403 where the permissions say no. */
const OPENS: readonly [path: string, ...statuses: [owner: number, admin: number, member: number, viewer: number]][] = [
  ['/admin/sites', 200, 200, 200, 200],
  ['/admin/sites/new', 200, 200, 403, 403],
  ['/admin/s/:site/sources', 200, 200, 200, 403],
  ['/admin/s/:site/sources/keys/new', 200, 200, 403, 403],
  ['/admin/s/:site/settings', 200, 200, 200, 200],
  ['/admin/system', 200, 200, 403, 403],
  ['/admin/audit', 200, 200, 403, 403],
];

test('each page opens for whom the permissions name, and another site is not there', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const other = await world.services.store.sites.create({ name: 'Other' });
  for (const [index, role] of (['owner', 'admin', 'member', 'viewer'] as Role[]).entries()) {
    const person = await world.person(role);
    for (const [path, ...statuses] of OPENS) {
      const { status } = await person.get(path.replace(':site', world.site.id));
      expect(`${role} ${path} ${status}`).toBe(`${role} ${path} ${statuses[index]}`);
    }
    const foreign = await person.get(`/admin/s/${other.id}/settings`);
    expect(foreign.status).toBe(role === 'owner' || role === 'admin' ? 200 : 404);
  }
});

test('/admin leads to the only site, else to the last one, else to all', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  expect((await owner.get('/admin')).location).toBe(`/admin/s/${world.site.id}`);
  await world.services.store.sites.create({ name: 'Second' });
  expect((await owner.get('/admin')).location).toBe('/admin/sites');
  const seen = await owner.get(`/admin/s/${world.site.id}/settings`);
  const remembered = seen.headers.get('set-cookie')?.split(';')[0];
  const cookie = `${owner.cookie}; ${remembered}`;
  const again = await world.fetch(new Request('http://localhost/admin', { headers: { cookie } }));
  expect(again.headers.get('location')).toBe(`/admin/s/${world.site.id}`);
});

test('a site is made by the rules of the command; what is wrong is said and kept', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const wrong = await owner.post('/admin/sites', { name: '\u200b', client: HOSTILE, timezone: 'Europe/Pariss' });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toContain('Give it a name');
  expect(wrong.html).toContain('Did you mean Europe/Paris?');
  expect(wrong.html).toContain('value="Europe/Pariss"');
  expect(wrong.html).not.toContain(HOSTILE);
  expect(world.services.store.sites.list()).toHaveLength(1);

  const made = await owner.post('/admin/sites', { name: ' Second ', client: '', timezone: 'europe/paris' });
  const site = world.services.store.sites.list()[1]!;
  expect(made.location).toBe(`/admin/s/${site.id}?notice=created`);
  expect(site).toMatchObject({ name: 'Second', client: null, timezone: 'Europe/Paris' });
  const viewer = await world.person('viewer');
  expect((await viewer.post('/admin/sites', { name: 'X', timezone: 'UTC' })).status).toBe(403);
});

test('a disk that is nearly full is told of, and not called working', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const withFree = async (free: number) => {
    world.services.system.disk = async () => ({ parts: [], free });
    return (await owner.get('/admin/system')).html;
  };
  expect(await withFree(500_000_001)).not.toContain('Nearly full');
  const low = await withFree(499_999_999);
  expect(low).toContain('Little disk space left');
  expect(low).toContain('Nearly full');
});

test('a key is shown once, works, is rotated and revoked, and the audit log knows but not the key', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const { store, vault } = world.services;
  const owner = await world.person('owner');
  const base = `/admin/s/${world.site.id}/sources`;
  const wrong = await owner.post(`${base}/keys`, { name: '', scopes: 'all', expires: '1' });
  expect(wrong.status).toBe(422);
  expect(store.keys.list(world.site.id)).toHaveLength(0);

  const sent = await owner.post(`${base}/keys`, { name: HOSTILE, scopes: 'submissions:write', expires: '30d' });
  const made = await owner.get(sent.location ?? '');
  const secret = /<code id="key">(lts_\w+)<\/code>/.exec(made.html)?.[1] ?? '';
  const [key] = store.keys.list(world.site.id);
  expect(store.keys.findByHash(vault.hashKey(secret))?.key.id).toBe(key!.id);
  expect(key!.expiresAt! - key!.createdAt).toBeCloseTo(30 * 86_400_000, -5);
  expect(made.html).toContain('/api/v1/submissions');
  expect(made.html).not.toContain(HOSTILE);
  expect((await owner.get(base)).html).not.toContain(secret);

  const path = `${base}/keys/${key!.id}`;
  expect((await owner.post(`${path}/rotate`, { hours: '25' })).status).toBe(422);
  const rotated = await owner.post(`${path}/rotate`, { hours: '24' });
  expect(rotated.location).toBe(`${path}/secret`);
  expect((await owner.get(`${path}/secret`)).html).toContain('former key works until');
  const refused = await owner.post(`${path}/rotate`, { hours: '1' });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain('as the last rotation promised');
  await owner.post(`${path}/rotate`, { hours: '0' });
  expect(store.keys.findByHash(vault.hashKey(secret))?.validUntil ?? 0).toBeLessThanOrEqual(Date.now());

  expect((await owner.post(`${path}/revoke`)).location).toBe(`${base}?notice=key_revoked`);
  expect(store.keys.get(key!.id)?.revokedAt).not.toBeNull();
  const log = await owner.get('/admin/audit');
  for (const words of ['Key created', 'Key rotated', 'Key revoked']) expect(log.html).toContain(words);
  expect(log.html).not.toContain(secret);
  expect(log.html).not.toContain(HOSTILE);
});

test("another site's key is not there", async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const other = await world.services.store.sites.create({ name: 'Other' });
  await owner.post(`/admin/s/${other.id}/sources/keys`, { name: 'K', scopes: 'forms:read', expires: 'never' });
  const [key] = world.services.store.keys.list(other.id);
  const path = `/admin/s/${world.site.id}/sources/keys/${key!.id}`;
  expect((await owner.get(path)).status).toBe(404);
  expect((await owner.post(`${path}/revoke`)).status).toBe(404);
  expect(world.services.store.keys.get(key!.id)?.revokedAt).toBeNull();
});

test('settings are saved with their former values in the log; a member only reads them', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const path = `/admin/s/${world.site.id}/settings`;
  const saved = await owner.post(path, { name: 'Store', client: 'Example Ltd', timezone: 'UTC' });
  expect(saved.location).toBe(`${path}?notice=saved`);
  expect(world.services.store.sites.get(world.site.id)).toMatchObject({ name: 'Store', syncEnabled: false });
  const [entry] = world.services.store.audit.list({ limit: 1 });
  expect(entry).toMatchObject({ action: 'site.changed', before: { name: 'Shop', sync: true }, after: { sync: false } });

  const member = await world.person('member');
  expect((await member.get(path)).html).not.toContain('name="timezone"');
  expect((await member.post(path, { name: 'X', timezone: 'UTC' })).status).toBe(403);
});

test('the system page hides secrets and tells of a proxy that is not trusted', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  await world.services.store.setNotice('untrusted_proxy', '127.0.0.9');
  const { html } = await owner.get('/admin/system');
  expect(html).toContain('127.0.0.9');
  expect(html).toContain('LTS_METRICS_TOKEN');
  expect(html).toContain('(hidden)');
  expect(html).not.toContain('a token that nobody may see');
  expect(html).toContain('3100');
});

test('the audit log is paged, and each entry stands on one page', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const doer = { actor: { kind: 'cli' }, addressHash: null } as const;
  for (let i = 0; i < 60; i++) {
    const after = { number: `entry-${i}-` };
    await world.services.store.audit.record(doer, {
      action: 'test.made',
      objectId: null,
      siteId: null,
      before: null,
      after,
    });
  }
  const seen: string[] = [];
  let path: string | undefined = '/admin/audit';
  for (let pages = 0; path !== undefined && pages < 5; pages++) {
    const { html } = await owner.get(path);
    seen.push(...[...html.matchAll(/entry-\d+-/g)].map(([text]) => text));
    path = /href="(\/admin\/audit\?before=[^"]+)">Older/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(seen).toHaveLength(60);
  expect(new Set(seen).size).toBe(60);
});

test('the log level holds at once, for owners, by one of the words, and is in the audit log', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const { logLevel } = world.services.system;
  const [owner, admin] = [await world.person('owner'), await world.person('admin')];
  expect((await admin.get('/admin/system')).html).not.toContain('Change the level');
  expect((await admin.post('/admin/system/log-level', { level: 'debug' })).status).toBe(403);
  expect((await owner.post('/admin/system/log-level', { level: 'loud' })).status).toBe(422);
  expect(logLevel.get()).toBe('info');
  expect((await owner.post('/admin/system/log-level', { level: 'debug' })).location).toContain('notice=saved');
  expect(logLevel.get()).toBe('debug');
  expect((await owner.get('/admin/system')).html).toMatch(/<option selected value="debug">|value="debug" selected/);
  const [entry] = world.services.store.audit.list({ limit: 1 });
  expect(entry).toMatchObject({
    action: 'system.log_level_changed',
    before: { level: 'info' },
    after: { level: 'debug' },
  });
});

test('the audit log says moments as people do, and leaves texts that only begin like one', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const owner = await world.person('owner');
  const after = { expires_at: '2099-01-31T00:00:00.000Z', name: '2099-01-31T00:00:00.000Z and so on' };
  const doer = { actor: { kind: 'cli' }, addressHash: null } as const;
  const entry = { action: 'key.created', objectId: null, siteId: null, before: null, after } as const;
  await world.services.store.audit.record(doer, entry);
  const { html } = await owner.get('/admin/audit');
  expect(html).toContain('31 Jan 2099, 00:00</time>');
  expect(html).toContain('2099-01-31T00:00:00.000Z and so on');
});
