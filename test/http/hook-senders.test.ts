import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { HookKind } from '../../src/contract/hook.ts';
import { sources } from '../../src/intake/sources/list.ts';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { fixture, type HookAnswer, hmac, makeHook } from './hook-world.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const SECRET = 'the secret of the sender';

/** How each sender signs, as it publishes it. */
const SIGNED: Readonly<Partial<Record<HookKind, (body: string) => Record<string, string>>>> = {
  typeform: (body) => ({ 'typeform-signature': `sha256=${hmac(SECRET, body, 'base64')}` }),
  tally: (body) => ({ 'tally-signature': hmac(SECRET, body, 'base64') }),
  calendly: (body) => {
    const time = Math.floor(Date.now() / 1000);
    return { 'calendly-webhook-signature': `t=${time},v1=${hmac(SECRET, `${time}.${body}`)}` };
  },
  formaloo: () => ({ 'x-formaloo-token': SECRET }),
};

async function sentTo(kind: HookKind) {
  const { hook, token } = await makeHook(api, { kind, name: `Ours of ${kind}`, secrets: { secret: SECRET } });
  const send = (body: string, headers = SIGNED[kind]?.(body) ?? {}) =>
    api.app.fetch(
      new Request(`http://localhost/hooks/${token}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }),
    );
  return { hook, send };
}

function only(hookId: string): Lead {
  const [call] = api.store.hooks.calls(hookId);
  const [id, ...others] = call?.leadIds ?? [];
  expect(others).toEqual([]);
  const lead = api.store.leads.get(api.site.id, id ?? '');
  if (!lead) throw new Error(call?.message ?? 'no call');
  return lead;
}

const QUOTE = { formName: 'Ask for a quote', submittedAt: Date.UTC(2026, 10, 18, 18, 17, 2) };
const LEADS: Readonly<Record<string, Partial<Omit<Lead, 'body'>> & { body: Partial<Lead['body']> }>> = {
  typeform: {
    ...QUOTE,
    body: {
      fields: {
        'What is your name?': 'Alice',
        'E-mail': 'alice@example.com',
        'How many seats?': 20,
        'May we call?': false,
        Plan: 'Team',
        Topics: ['Import', 'API', 'SSO'],
        Start: '2026-12-01',
        user_id: 'abc123456',
        Score: 9,
      },
      utm_source: 'newsletter',
    },
  },
  tally: {
    ...QUOTE,
    body: {
      fields: {
        Name: 'Alice',
        'E-mail': 'alice@example.com',
        Seats: 20,
        Plan: 'Team',
        Topics: ['Import', 'API'],
        Brief: 'https://example.com/brief.pdf',
        'When.Monday': ['Evening'],
      },
    },
  },
  calendly: {
    formName: 'First call',
    submittedAt: Date.UTC(2026, 10, 18, 18, 17, 1),
    body: {
      fields: {
        Name: 'Alice',
        Email: 'alice@example.com',
        'What is it about?': '20 seats',
        Event: 'First call',
        'Starts at': '2026-11-20T10:00:00.000000Z',
        'Ends at': '2026-11-20T10:30:00.000000Z',
        Location: 'https://example.com/join',
      },
      utm_source: 'newsletter',
      utm_campaign: 'autumn',
      timezone: 'Europe/Paris',
    },
  },
  formaloo: { ...QUOTE, body: { fields: { Name: 'Alice', 'E-mail': 'alice@example.com', Plan: 'Team' } } },
};

describe('rows on top of what a service says', () => {
  const rename = (hookId: string, rows: [field: string, path: string][], rest = true) =>
    api.store.hooks.update(api.site.id, hookId, {
      mapping: { rows: rows.map(([field, path]) => ({ field, path })), rest },
    });

  test('rename, add and override; what else the lead knows stays', async () => {
    const { hook, send } = await sentTo('calendly');
    await rename(hook.id, [
      ['Question', '["What is it about?"]'],
      ['Event', 'payload.scheduled_event.name'],
      ['Email', 'no.where'],
    ]);
    expect((await send(await fixture('calendly'))).status).toBe(202);
    const { 'What is it about?': about, ...others } = LEADS.calendly?.body.fields ?? {};
    const { utm_source, timezone, fields } = only(hook.id).body;
    expect(fields).toEqual({ ...others, Question: about ?? '' });
    expect([only(hook.id).formName, utm_source, timezone]).toEqual(['First call', 'newsletter', 'Europe/Paris']);
  });

  test('choose fields; a form that the rows were not made for is taken as it is', async () => {
    const { hook, send } = await sentTo('tally');
    await rename(hook.id, [['Mail', 'E-mail']], false);
    const body = await fixture('tally');
    await send(body);
    expect(only(hook.id).body.fields).toEqual({ Mail: 'alice@example.com' });
    await rename(hook.id, [['Mail', 'Another question']], false);
    await send(body.replace(/"responseId": *"[^"]+"/, '"responseId":"another"'));
    expect(only(hook.id).body.fields).toEqual(LEADS.tally?.body.fields ?? {});
  });

  test('never let in what is not the sender’s', async () => {
    const { hook, send } = await sentTo('tally');
    await rename(hook.id, [['Mail', 'E-mail']]);
    expect((await send(await fixture('tally'), {})).status).toBe(401);
    expect(api.store.hooks.calls(hook.id)[0]).toMatchObject({ verified: false, leadIds: [] });
  });
});

describe.each(Object.keys(LEADS) as HookKind[])('%s', (kind) => {
  test('what it sends becomes the lead that its form asked for, once', async () => {
    const { hook, send } = await sentTo(kind);
    const body = await fixture(kind);
    const first = await send(body);
    expect(first.status).toBe(kind === 'formaloo' ? 200 : 202);
    const lead = only(hook.id);
    expect(lead).toMatchObject({ ...LEADS[kind], source: kind });
    expect(lead.body.fields).toEqual(LEADS[kind]?.body.fields ?? {});
    expect(lead.body.warnings).toEqual([]);
    if (kind === 'formaloo') expect(await first.text()).toBe('');
    else expect(((await first.json()) as HookAnswer).ids).toEqual([lead.id]);
    const again = await send(body);
    expect(again.status).toBe(first.status);
    expect(only(hook.id).id).toBe(lead.id);
    expect(api.store.hooks.calls(hook.id)[0]?.outcome).toBe('repeated');
  });

  test('nobody else is taken for it', async () => {
    const { hook, send } = await sentTo(kind);
    const body = await fixture(kind);
    const good = SIGNED[kind]?.(body) ?? {};
    const forged = Object.fromEntries(
      Object.entries(good).map(([name, value]) => [name, value.replace(/.{4}$/, 'AAAA')]),
    );
    expect((await send(body, forged)).status).toBe(401);
    expect((await send(body, {})).status).toBe(401);
    if (kind !== 'formaloo') expect((await send(body.replace('Alice', 'Mallory'), good)).status).toBe(401);
    expect(api.store.hooks.calls(hook.id).every(({ verified }) => !verified)).toBe(true);
  });

  test('what is no lead is answered kindly and makes none', async () => {
    const { hook, send } = await sentTo(kind);
    for (const body of ['{}', '[]', '{"event":"invitee.canceled","payload":{}}', '{"eventType":"PING"}', '7']) {
      expect((await send(body)).status).toBeLessThan(300);
      expect(api.store.hooks.calls(hook.id)[0]).toMatchObject({ outcome: 'ignored', leadIds: [] });
    }
  });
});

describe('the reading of every sender', () => {
  const readers = sources.flatMap(({ id, hook }) => (hook ? [[id, hook] as const] : []));

  test.each(readers)('%s never throws, whatever it gets, and stays as it is documented', async (kind, sender) => {
    fc.assert(fc.property(fc.json(), (json) => void sender.read(JSON.parse(json))));
    const good = await fixture(kind);
    // The right shape with wrong values in it.
    const junk = fc.constantFrom(null, 7, '', [], {}, [null], { a: [] }, 'x'.repeat(50), true);
    fc.assert(
      fc.property(fc.nat(200), junk, (nth, value) => {
        let seen = 0;
        const mangled: unknown = JSON.parse(good, (_, each: unknown) => (seen++ === nth ? value : each));
        sender.read(mangled);
      }),
    );
    expect(sender.secrets.map(({ name }) => name)).toContain(sender.checkedWith);
    for (const { type } of sender.checks) expect(type).not.toBe('none');
    expect(sender.checks.length).toBeGreaterThan(0);
  });
});
