import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createAccounts } from '../../src/accounts/create.ts';
import { createHook } from '../../src/intake/hooks/manage.ts';
import { endpointWay, hookWay } from '../../src/intake/ways.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { HERE, PASSWORD } from './site-world.ts';

setDefaultTimeout(60_000);

let api: TestApp;
let cookie: string;
let csrf: string;
let page: string;
beforeAll(async () => {
  api = await testApp({ publicUrl: 'https://leads.example.com', rateLimitForms: 1, rateLimitEndpoint: 2 });
  const accounts = createAccounts({ store: api.store, vault: api.vault, clock: systemClock });
  const email = 'alice@example.com';
  await accounts.createUser('cli', { email, name: 'Alice', password: PASSWORD, role: 'owner', siteIds: [] });
  const signedIn = await accounts.signIn({ email, password: PASSWORD }, HERE);
  if (!signedIn.ok) throw new Error(signedIn.message);
  cookie = `__Host-lts_session=${signedIn.token}`;
  csrf = accounts.csrfToken(signedIn.token);
  page = `/admin/s/${api.site.id}/sources`;
});
afterAll(() => api.close());

async function send(way: string): Promise<Response> {
  const body = new URLSearchParams({ csrf, way }).toString();
  const headers = {
    cookie,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
  };
  return api.app.fetch(new Request(`http://localhost${page}/test`, { method: 'POST', headers, body }));
}

test('on the whole program a test lead passes the allowed domains, and counts for the limits and the last lead', async () => {
  await api.store.sites.update(api.site.id, { allowedDomains: ['shop.example.com'] });
  const way = endpointWay(api.site.endpointId);
  const before = Date.now();
  expect((await send(way)).status).toBe(303);
  expect(api.store.arrivals.of(api.site.id).get(way)).toBeGreaterThanOrEqual(before);
  expect((await send(way)).status).toBe(303);
  const refused = await send(way);
  expect(refused.status).toBe(422);
  expect(await refused.text()).toContain('Too many forms were sent.');

  const managing = { hooks: api.store.hooks, vault: api.vault };
  const check = { type: 'hmac', header: 'X-Mac' };
  const hook = await createHook(managing, api.site.id, {
    kind: 'webhook',
    name: 'Shop',
    check,
    secrets: { secret: 's' },
  });
  const sent = await send(hookWay(hook.id));
  expect(sent.headers.get('location')).toMatch(/\/sources\?way=hook%3Ahook_\w+&test=sub_\w+$/);
  for (const each of ['rest_api', 'mcp', 'sdk'])
    expect([each, (await send(each)).status]).toEqual([each, each === 'sdk' ? 422 : 303]);
  expect([...api.store.arrivals.of(api.site.id).keys()].sort()).toEqual([way, hookWay(hook.id), 'mcp', 'rest_api']);
});

test('replays and refused leads are no last lead', async () => {
  const { arrivals } = api.store;
  const site = await api.store.sites.create({ name: 'Other' });
  const { key } = await api.key({ siteId: site.id });
  await api.call('POST', '/api/v1/submissions', { key, json: {} });
  await api.call('POST', '/api/v1/submissions/batch', { key, json: { submissions: [{}] } });
  expect(arrivals.of(site.id)).toEqual(new Map());
  const headers = { 'idempotency-key': 'one' };
  const lead = { key, headers, json: { fields: { Name: 'Alice' } } };
  expect((await api.call('POST', '/api/v1/submissions', lead)).status).toBe(201);
  const at = arrivals.of(site.id).get('rest_api');
  await Bun.sleep(2);
  expect((await api.call('POST', '/api/v1/submissions', lead)).headers.get('idempotent-replayed')).toBe('true');
  expect(arrivals.of(site.id).get('rest_api')).toBe(at as number);
});
