import { expect, setDefaultTimeout, test } from 'bun:test';
import { hookRoutes } from '../../src/http/admin/pages/hooks.tsx';
import { sourceRoutes } from '../../src/http/admin/pages/sources.tsx';
import type { createHookDesk } from '../../src/intake/hooks/desk.ts';
import { openSecrets } from '../../src/intake/hooks/secrets.ts';
import { fixture, hmac } from '../http/hook-world.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld([...sourceRoutes, ...hookRoutes]);
const { services, site } = world;
const owner = await world.person('owner');
const base = `/admin/s/${site.id}/sources`;
const { hooks } = services.store;
const desk = services.hookDesk as ReturnType<typeof createHookDesk>;
const audited = () => services.store.audit.list({ limit: 1 })[0];

async function made(kind = 'webhook', name = 'Shop') {
  const { location } = await owner.post(`${base}/hooks`, { kind, name });
  const path = (location ?? '').replace(/\?.*/, '');
  const hook = () => {
    const found = hooks.get(site.id, path.split('/').at(-1) ?? '');
    if (!found) throw new Error('no hook');
    return found;
  };
  return { path, hook };
}

async function called(hook: ReturnType<Awaited<ReturnType<typeof made>>['hook']>, body: string) {
  const headers = new Headers({ 'content-type': 'application/json' });
  const result = await desk
    .take(hook, { method: 'POST', headers, raw: Buffer.from(body) })
    .catch((error: Error) => error);
  return { result, call: hooks.calls(hook.id)[0] };
}

test('one is made, its address shown again and again, and nothing secret is told to the audit log', async () => {
  const { path, hook } = await made('webhook', '<b>Shop</b>');
  const page = await owner.get(path);
  const url = /http:\/\/localhost\/hooks\/([0-9a-z]{32})/.exec(page.html);
  expect(page.status).toBe(200);
  expect(desk.find(url?.[1] ?? '')?.id).toBe(hook().id);
  expect(page.html).not.toContain('<b>Shop');
  expect(audited()).toMatchObject({ action: 'hook.created', objectId: hook().id, after: { kind: 'webhook' } });
  expect(JSON.stringify(services.store.audit.list({ limit: 50 }))).not.toContain(url?.[1] ?? 'x');
  const list = await owner.get(base);
  expect(list.html).toContain(`href="${path}"`);
  const member = await world.person('member');
  const seen = await member.get(base);
  expect([seen.html.includes('&lt;b>Shop'), seen.html.includes(path)]).toEqual([true, false]);
  expect((await member.get(path)).status).toBe(403);
});

test('a wrong kind or name is said beside it, and nothing is made', async () => {
  const before = hooks.list(site.id).length;
  for (const [form, text] of [
    [{ kind: 'nonsense', name: 'x' }, 'Choose one of these.'],
    [{ kind: 'webhook', name: '\u200b' }, 'This must have 1 to 200 visible characters.'],
  ] as const) {
    const { status, html } = await owner.post(`${base}/hooks`, form);
    expect([status, html.includes(text)]).toEqual([422, true]);
  }
  expect(hooks.list(site.id).length).toBe(before);
});

test('checks are kept, wrong ones refused beside their fields with what was typed; a secret is never shown', async () => {
  const { path, hook } = await made();
  const form = {
    ...{ type: 'hmac', header: 'X-Sig', algorithm: 'sha512', encoding: 'base64', prefix: 'v1=', signed: '{body}' },
    ...{ timestamp_header: '', timestamp_part: '', signature_part: '', tolerance_seconds: '' },
    ...{ event_header: 'X-Event', event_path: '', secret: '' },
  };
  const without = await owner.post(`${path}/check`, form);
  expect([without.status, without.html.includes('is needed to check calls')]).toEqual([422, true]);
  expect(without.html).toContain('value="X-Sig"');
  const saved = await owner.post(`${path}/check`, { ...form, secret: 'top secret' });
  expect(saved.status).toBe(303);
  expect(hook().settings).toEqual({
    check: { type: 'hmac', header: 'X-Sig', algorithm: 'sha512', encoding: 'base64', prefix: 'v1=', signed: '{body}' },
    eventHeader: 'X-Event',
    eventPath: null,
  });
  expect(openSecrets(services.vault, hook())).toEqual({ secret: 'top secret' });
  expect((await owner.get(path)).html).not.toContain('top secret');
  expect(JSON.stringify(hooks.list(site.id))).not.toContain('top secret');
  for (const [wrong, words] of [
    [{ signed: '{body}{body}' }, 'This must hold {body} once.'],
    [{ timestamp_header: 'X-Time' }, 'must hold {timestamp}'],
    [{ signed: '{timestamp}.{body}' }, 'say where the {timestamp} is'],
    [{ header: 'a b' }, 'This has not the form it must have.'],
    [{ tolerance_seconds: 'soon' }, 'This must be'],
    [{ event_path: 'a.' }, 'The path ends with a dot'],
    [{ secret: 'Ü' }, 'letters without accents'],
    [{ type: 'nonsense' }, 'This must be one of'],
  ] as const) {
    const { status, html } = await owner.post(`${path}/check`, { ...form, ...wrong });
    expect([wrong, status, html.includes(words)]).toEqual([wrong, 422, true]);
  }
  expect(openSecrets(services.vault, hook())).toEqual({ secret: 'top secret' });
});

test('a service’s hook takes no call until its secret is saved', async () => {
  const { path, hook } = await made('typeform', 'Forms');
  expect((await owner.get(path)).html).toContain('It takes no calls yet');
  await owner.post(`${path}/secrets`, { secret: 'abc' });
  expect((await owner.get(path)).html).not.toContain('It takes no calls yet');
  await owner.post(`${path}/secrets`, { secret: '' });
  expect(openSecrets(services.vault, hook())).toEqual({ secret: 'abc' });
});

test('answers of a service are renamed by clicking: all others stay as they are, until that is unticked', async () => {
  const { path, hook } = await made('typeform', 'Forms');
  await owner.post(`${path}/secrets`, { secret: 'abc' });
  const body = await fixture('typeform');
  const signed = new Headers({ 'typeform-signature': `sha256=${hmac('abc', body, 'base64')}` });
  const send = async (token: string) => {
    const raw = Buffer.from(body.replace('a3a12ec67a1365927098a606107fac15', token));
    const headers = new Headers({ 'typeform-signature': `sha256=${hmac('abc', raw.toString(), 'base64')}` });
    const { ids } = await desk.take(hook(), { method: 'POST', headers, raw });
    return services.store.leads.get(site.id, ids[0] ?? '')?.body.fields ?? {};
  };
  const { ids } = await desk.take(hook(), { method: 'POST', headers: signed, raw: Buffer.from(body) });
  const before = services.store.leads.get(site.id, ids[0] ?? '')?.body.fields ?? {};
  const call = hooks.calls(hook().id)[0]?.id ?? '';
  const shown = await owner.get(`${path}/calls/${call}`);
  expect(shown.html).toContain('<code>What is your name?</code>');
  expect(shown.html).toContain('<code>form_response.landed_at</code>');
  const add = (field: string, from: string) => owner.post(`${path}/mapping/add`, { field, path: from, call });
  await add('Name', 'What is your name?');
  expect((await add('Landed', 'form_response.landed_at')).location).toBe(`${path}/calls/${call}?notice=row_added`);
  expect(hook().mapping.rest).toBe(true);
  expect(audited()).toMatchObject({ action: 'hook.changed', before: { rows: 1 }, after: { rows: 2 } });
  const { 'What is your name?': name = null, ...others } = before;
  expect(await send('b')).toEqual({ Name: name, Landed: '2026-11-18T18:07:02Z', ...others });
  await owner.post(`${path}/mapping`, { field: ['Name', 'Email'], path: ['What is your name?', 'E-mail'] });
  expect(await send('c')).toEqual({ Name: 'Alice', Email: 'alice@example.com' });
  const wrong = await owner.post(`${path}/mapping`, { field: ['a'], path: ['b['] });
  expect([wrong.status, wrong.html.includes('value="b["')]).toEqual([422, true]);
  expect((await owner.post(`${path}/check`, { type: 'none', event_header: '' })).status).toBe(422);
});

test('a lead that was fetched is mapped by clicking too: by its own answers, without those that have a name already', async () => {
  const { path, hook } = await made('meta', 'Ads');
  const { id: hookId } = hook();
  const mapping = { rows: [{ field: 'Name', path: 'full_name' }], rest: true };
  await hooks.update(site.id, hookId, { mapping });
  const lead = await world.lead({ Name: 'Alice', email: 'alice@example.com' });
  const call = {
    ...{ id: 'call_000000000000000000001', hookId, at: 1, method: 'FETCH', headers: [], body: null, bytes: 0 },
    ...{ verified: true, outcome: 'taken' as const, message: 'One lead.', leadIds: [lead] },
  };
  await hooks.note(call, []);
  const { html } = await owner.get(`${path}/calls/${call.id}`);
  expect([html.includes('<code>email</code>'), html.includes('<code>Name</code>')]).toEqual([true, false]);
  await owner.post(`${path}/mapping/add`, { field: 'Email', path: 'email', call: call.id });
  expect(hook().mapping).toEqual({ rows: [...mapping.rows, { field: 'Email', path: 'email' }], rest: true });
});

test('a call is shown as it is kept, and mapped by clicking', async () => {
  const { path, hook } = await made();
  const body = JSON.stringify({ data: { '<i>': 'x<script>', mail: 'alice@example.com' }, list: [{ a: 1 }] });
  const { call } = await called(hook(), body);
  const shown = await owner.get(`${path}/calls/${call?.id}`);
  expect(shown.status).toBe(200);
  expect(shown.html).not.toContain('<script>');
  expect(shown.html).not.toContain('<i>');
  expect(shown.html).toContain('<code>data.mail</code>');
  expect(shown.html).toContain('<code>list[0].a</code>');
  const added = await owner.post(`${path}/mapping/add`, { field: 'Email', path: 'data.mail', call: call?.id ?? '' });
  expect(added.location).toBe(`${path}/calls/${call?.id}?notice=row_added`);
  expect(hook().mapping).toEqual({ rows: [{ field: 'Email', path: 'data.mail' }], rest: false });
  expect((await owner.get(added.location ?? '')).html).toContain('in the mapping');
  const { result } = await called(hook(), body);
  const [id = ''] = 'ids' in result ? result.ids : [];
  expect(services.store.leads.get(site.id, id)?.body.fields).toEqual({ Email: 'alice@example.com' });
});

test('the mapping is saved as a whole; a row that can’t be read is told, with all that was typed', async () => {
  const { path, hook } = await made();
  const rows = { field: ['A', 'B', '', ''], path: ['a', 'b[*].c', '', ''], rest: 'yes' };
  await owner.post(`${path}/mapping`, rows);
  expect(hook().mapping).toEqual({
    rows: [
      { field: 'A', path: 'a' },
      { field: 'B', path: 'b[*].c' },
    ],
    rest: true,
  });
  const wrong = await owner.post(`${path}/mapping`, { field: ['A', 'B'], path: ['a', 'b['] });
  expect([wrong.status, wrong.html.includes('Row 2, path:'), wrong.html.includes('value="b["')]).toEqual([
    422,
    true,
    true,
  ]);
  expect((await owner.post(`${path}/mapping`, { field: ['A'], path: [''] })).status).toBe(422);
  expect(hook().mapping.rows).toHaveLength(2);
});

test('a call that made no lead is taken again after its mapping was mended, and never doubles one', async () => {
  const { path, hook } = await made();
  await owner.post(`${path}/mapping`, { field: ['Email'], path: ['wrong'] });
  const { call } = await called(hook(), '{"mail":"alice@example.com"}');
  expect(call).toMatchObject({ outcome: 'refused', leadIds: [] });
  const replay = `${path}/calls/${call?.id}/replay`;
  expect((await owner.post(replay)).status).toBe(422);
  await owner.post(`${path}/mapping`, { field: ['Email'], path: ['mail'] });
  const count = () => services.store.leads.count(site.id, { spam: 'include' }, 1_000);
  const before = count();
  const again = await owner.post(replay);
  expect([again.status, again.html.includes('One lead.'), count()]).toEqual([200, true, before + 1]);
  expect(audited()).toMatchObject({ action: 'hook.call_replayed', after: { outcome: 'taken', leads: 1 } });
  const twice = await owner.post(replay);
  expect([twice.status, twice.html.includes('It made its leads before'), count()]).toEqual([200, true, before + 1]);
});

test('a call that was not the sender’s can’t be made one from here', async () => {
  const { path, hook } = await made('tally', 'Forms');
  await owner.post(`${path}/secrets`, { secret: 'abc' });
  const { call } = await called(hook(), '{"eventType":"FORM_RESPONSE","data":{"fields":[]}}');
  expect(call).toMatchObject({ verified: false, body: null });
  const { status, html } = await owner.post(`${path}/calls/${call?.id}/replay`);
  expect([status, html.includes('Let the sender send it again')]).toEqual([409, true]);
});

test('switched off, on, renamed and deleted; each is told to the audit log', async () => {
  const { path, hook } = await made();
  const { id } = hook();
  expect((await owner.post(`${path}/switch`, { active: 'no' })).location).toBe(`${path}?notice=hook_off`);
  expect([hook().active, audited()?.after]).toMatchObject([false, { active: false }]);
  await owner.post(`${path}/switch`, { active: 'yes' });
  await owner.post(path, { name: ' Orders ' });
  expect(hook()).toMatchObject({ active: true, name: 'Orders' });
  expect((await owner.post(path, { name: '' })).status).toBe(422);
  expect((await owner.post(`${path}/delete`)).location).toBe(`${base}?notice=deleted`);
  expect([hooks.get(site.id, id), audited()?.action]).toEqual([null, 'hook.deleted']);
  expect((await owner.get(path)).status).toBe(404);
});
