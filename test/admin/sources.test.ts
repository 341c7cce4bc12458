import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { HookCheck, HookKind } from '../../src/contract/hook.ts';
import { HOSTED_KINDS } from '../../src/contract/hosted-form.ts';
import { sourceRoutes } from '../../src/http/admin/pages/sources.tsx';
import { createHook, updateHook } from '../../src/intake/hooks/manage.ts';
import { hookPath } from '../../src/intake/hooks/secrets.ts';
import { sources } from '../../src/intake/sources/list.ts';
import { endpointWay, hookWay, hostedWay } from '../../src/intake/ways.ts';
import type { Lead } from '../../src/store/store.ts';
import { HOSTED_FORM, hostedField } from '../support/hosted-form.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(sourceRoutes);
const { services, site } = world;
const { store } = services;
const page = `/admin/s/${site.id}/sources`;
const owner = await world.person('owner');
const managing = { hooks: store.hooks, vault: services.vault };

const publish = (published: boolean, fields = HOSTED_FORM.fields) =>
  store.hostedForms.change(site.id, site.endpointId, () => ({ published, form: { ...HOSTED_FORM, fields } }));

/** Sends a test lead by this way, and follows to the page that says so. */
async function tried(way: string): Promise<{ lead: Lead; html: string }> {
  const sent = await owner.post(`${page}/test`, { way });
  if (sent.status !== 303) throw new Error(/role="alert">([^<]*)/.exec(sent.html)?.[1] ?? String(sent.status));
  const id = /test=(sub_\w+)/.exec(sent.location ?? '')?.[1] ?? '';
  const lead = store.leads.get(site.id, id);
  if (lead === null) throw new Error('no lead');
  return { lead, html: (await owner.get(sent.location ?? '')).html };
}

async function refusal(way: string): Promise<string> {
  const before = newest();
  const { status, html } = await owner.post(`${page}/test`, { way });
  expect(status).toBe(422);
  expect(newest()).toBe(before);
  return /role="alert">([^<]*)/.exec(html)?.[1] ?? '';
}

const newest = () =>
  store.leads.list(site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 })[0]?.id;

const EMAIL = expect.stringMatching(/^owner-\w+@example\.com$/);
const TEST = { Name: 'Test lead', Email: EMAIL, Message: expect.stringContaining('This is a test lead') };

describe('a test lead', () => {
  test.each([
    ['rest_api', 'rest_api'],
    ['mcp', 'mcp'],
    ['sdk', 'sdk'],
    [endpointWay(site.endpointId), 'form_endpoint'],
  ] as const)('comes in by %s as others do, and the page leads to it', async (way, source) => {
    const { lead, html } = await tried(way);
    expect(lead).toMatchObject({ source, spam: false, formName: 'Test' });
    expect(lead.body.fields).toEqual(TEST);
    expect(lead.body.warnings).toEqual([]);
    expect(html).toContain('The test lead is stored.');
    expect(html).toContain(`href="/admin/s/${site.id}/leads/${lead.id}"`);
    expect(store.audit.list({ limit: 1 })[0]).toMatchObject({
      action: 'lead.test_sent',
      objectId: lead.id,
      after: { way },
    });
  });

  test('of a hosted form has a value for each of its fields', async () => {
    const fields = HOSTED_KINDS.filter((kind) => kind !== 'file').map((kind, at) =>
      hostedField({ id: `${at}`, kind, label: `A ${kind}`, required: true, choices: kind === 'choice' ? ['One'] : [] }),
    );
    await publish(true, [
      ...fields,
      hostedField({ id: 'n', kind: 'number', label: 'Seats', required: true, min: 5, max: 7 }),
    ]);
    const { lead } = await tried(hostedWay(site.endpointId));
    expect(lead).toMatchObject({ source: 'hosted_form', spam: false, formName: HOSTED_FORM.title });
    expect(lead.body.fields).toMatchObject({ 'A text': 'Test lead', 'A email': EMAIL, Seats: 5, 'A choice': 'One' });
    await publish(true, [hostedField({ id: 'f', kind: 'file', label: 'CV', required: true })]);
    expect(await refusal(hostedWay(site.endpointId))).toContain('wants a file');
    await publish(false);
    expect(await refusal(hostedWay(site.endpointId))).toContain('Publish the form first.');
  });

  test.each([
    { type: 'none' },
    { type: 'hmac', header: 'X-Mac', prefix: 'sha256=' },
    { type: 'hmac', timestamp_header: 'X-Time', signed: '{timestamp}.{body}' },
    { type: 'standard_webhooks' },
    { type: 'secret_header', header: 'X-Token' },
    { type: 'basic', username: 'shop' },
  ] satisfies HookCheck[])('to a webhook passes its check %j', async (check) => {
    const rows = [{ field: 'E-mail', path: 'data.contact.email' }];
    const mapping = { rows, rest: false };
    const hook = await createHook(managing, site.id, {
      ...{ kind: 'webhook', name: 'Shop', check, mapping, event_path: 'data.id' },
      ...(check.type === 'none' ? {} : { secrets: { secret: 'whsec_c2VjcmV0' } }),
    });
    const { lead } = await tried(hookWay(hook.id));
    expect(lead).toMatchObject({ source: 'webhook', formName: 'Shop' });
    expect(lead.body.fields).toEqual({ 'E-mail': EMAIL });
    expect(store.hooks.calls(hook.id)[0]).toMatchObject({ outcome: 'taken', verified: true, leadIds: [lead.id] });
    // Another one is another lead.
    expect((await tried(hookWay(hook.id))).lead.id).not.toBe(lead.id);
  });

  test.each([{}, { mapping: { rows: [{ field: 'E-mail', path: 'a.b' }], rest: false } }])(
    'to a webhook that signs without a time-stamp may be sent again: %j',
    async (more) => {
      const check = { type: 'hmac' };
      const hook = await createHook(managing, site.id, {
        ...{ kind: 'webhook', name: 'Shop', check, secrets: { secret: 's' }, ...more },
      });
      const [one, other] = [await tried(hookWay(hook.id)), await tried(hookWay(hook.id))];
      expect(other.lead.id).not.toBe(one.lead.id);
      expect(Object.keys(other.lead.body.fields)).toEqual('mapping' in more ? ['E-mail'] : Object.keys(TEST));
    },
  );

  test.each(sources.flatMap(({ id, hook }) => (hook ? [[id as HookKind, hook] as const] : [])))(
    'of %s is in its own shape, or the page says how the service sends one',
    async (kind, sender) => {
      const secrets = Object.fromEntries(sender.secrets.map(({ name }) => [name, 'its secret']));
      const hook = await createHook(managing, site.id, { kind, name: `Ours of ${kind}`, secrets });
      if (typeof sender.sample === 'string') {
        expect(await refusal(hookWay(hook.id))).toContain(sender.sample);
        expect((await owner.get(page)).html).not.toContain(`name="way" value="${hookWay(hook.id)}"`);
        return;
      }
      const { lead } = await tried(hookWay(hook.id));
      expect(lead).toMatchObject({ source: kind, formName: 'Test' });
      expect(lead.body.fields).toMatchObject(TEST);
      await updateHook(managing, site.id, hook.id, { active: false });
      expect(await refusal(hookWay(hook.id))).toContain('Switch it on');
    },
  );

  test('that is refused is told in the way’s own words, beside its tile', async () => {
    const hook = await createHook(managing, site.id, { kind: 'tally', name: 'No secret' });
    expect(await refusal(hookWay(hook.id))).toBe(
      'No test lead was stored. The hook has no secret yet to check calls with.',
    );
    await store.sites.update(site.id, { spam: { level: 'normal', words: ['test lead'], domains: [] } });
    const { lead, html } = await tried(endpointWay(site.endpointId));
    expect(lead.spam).toBe(true);
    expect(html).toContain('was taken for spam');
    await store.sites.update(site.id, { spam: { level: 'normal', words: [], domains: [] } });
    await store.captchas.set(site.id, { kind: 'turnstile', siteKey: '1', secretSealed: 'x' });
    expect(await refusal(endpointWay(site.endpointId))).toContain('captcha');
    await store.captchas.set(site.id, null);
  });

  test('goes to no way of another site, nor to what is none', async () => {
    const other = await store.sites.create({ name: 'Other' });
    const hook = await createHook(managing, other.id, { kind: 'webhook', name: 'Theirs' });
    for (const way of [
      endpointWay(other.endpointId),
      hostedWay(other.endpointId),
      hookWay(hook.id),
      'import',
      '',
      'x',
    ]) {
      expect((await owner.post(`${page}/test`, { way })).status).toBe(404);
    }
    expect(store.leads.list(other.id, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 })).toEqual(
      [],
    );
  });
});

describe('the page', () => {
  test('has a tile for each way, with the time of its last lead', async () => {
    await publish(true);
    const hook = await createHook(managing, site.id, { kind: 'webhook', name: '<b>Shop' });
    const at = Date.UTC(2024, 1, 3, 4, 5, 6);
    const ways = ['rest_api', 'mcp', 'sdk', endpointWay(site.endpointId), hostedWay(site.endpointId), hookWay(hook.id)];
    ways.forEach((way, i) => {
      store.arrivals.note(site.id, way, at + i * 1000);
    });
    const { html } = await owner.get(page);
    for (const [i, way] of ways.entries()) {
      const tile = html.slice(html.indexOf(`id="way-${way.replace(':', '-')}"`));
      expect(/dateTime="([^"]*)"/i.exec(tile)?.[1]).toBe(new Date(at + i * 1000).toISOString());
      expect(tile).toContain(`name="way" value="${way}"`);
    }
    for (const title of [
      'Meta Lead Ads',
      'LinkedIn',
      'Formaloo',
      'Typeform',
      'Tally',
      'Calendly',
      'Custom webhook',
      'Import',
    ]) {
      expect([title, html.includes(`<h2>${title}</h2>`)]).toEqual([title, true]);
    }
    for (const address of [
      '/api/v1/submissions',
      '/api/mcp',
      '/sdk.js',
      `/f/${site.endpointId}`,
      `/h/${site.endpointId}`,
    ]) {
      expect(html.includes(`http://localhost${address}`)).toBe(true);
    }
    expect(html.includes(`http://localhost${hookPath(services.vault, hook)}`)).toBe(true);
    expect(html.includes('<b>Shop')).toBe(false);
  });

  test('shows who may not change them no address of a webhook; they may send test leads', async () => {
    const member = await world.person('member');
    const { html } = await member.get(page);
    expect(html).not.toContain('/hooks/');
    expect(html).toContain('Send a test lead');
    expect((await member.post(`${page}/test`, { way: 'rest_api' })).status).toBe(303);
    const viewer = await world.person('viewer');
    expect((await viewer.post(`${page}/test`, { way: 'rest_api' })).status).toBe(403);
  });
});
