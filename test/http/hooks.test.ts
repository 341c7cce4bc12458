import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { type HookAnswer, type HookOptions, hmac, type MadeHook, makeHook } from './hook-world.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const make = (options: HookOptions = {}, on = api) => makeHook(on, options);

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  on?: TestApp;
}
function send(
  { token }: Pick<MadeHook, 'token'>,
  body: BodyInit,
  { method = 'POST', headers = {}, on = api }: Sent = {},
) {
  const type = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
  return on.app.fetch(
    new Request(`http://localhost/hooks/${token}`, { method, headers: { ...type, ...headers }, body }),
  );
}

const answerOf = async (response: Response) => [response.status, (await response.json()) as HookAnswer] as const;

function leadOf(id: string | undefined): Lead {
  const lead = api.store.leads.get(api.site.id, id ?? '');
  if (!lead) throw new Error('no lead');
  return lead;
}
const counted = () => api.store.leads.count(api.site.id, { spam: 'include' }, 10_000);

describe('a custom webhook', () => {
  test.each(['POST', 'PUT'])('takes what comes by %s, flattened, under its own name', async (method) => {
    const made = await make();
    const [status, { ok, ids }] = await answerOf(
      await send(made, '{"a":{"b":1},"Email":"alice@example.com"}', { method }),
    );
    expect([status, ok, ids.length]).toEqual([202, true, 1]);
    expect(leadOf(ids[0])).toMatchObject({
      source: 'webhook',
      formName: 'Shop orders',
      body: { fields: { 'a.b': 1, Email: 'alice@example.com' } },
    });
    await api.store.hooks.update(api.site.id, made.hook.id, { name: 'Renamed' });
    const [, again] = await answerOf(await send(made, '{"a":2}'));
    expect(leadOf(again.ids[0]).formId).toBe(leadOf(ids[0]).formId);
  });

  test('forms too, and JSON whatever its type says', async () => {
    const made = await make();
    const ofForm = await answerOf(
      await send(made, 'Name=Alice+B&Topic=a&Topic=b', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    );
    expect(leadOf(ofForm[1].ids[0]).body.fields).toEqual({ Name: 'Alice B', Topic: ['a', 'b'] });
    const form = new FormData();
    form.append('Name', 'Jürgen');
    form.append('cv', new File(['x'], 'cv.pdf'));
    const ofParts = await answerOf(await send(made, form));
    expect(leadOf(ofParts[1].ids[0]).body.fields).toEqual({ Name: 'Jürgen' });
    const asText = await answerOf(await send(made, '{"Name":"Ö"}', { headers: { 'content-type': 'text/plain' } }));
    expect(leadOf(asText[1].ids[0]).body.fields).toEqual({ Name: 'Ö' });
    const asForm = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const byCurl = await answerOf(await send(made, '{"Name":"&=%"}', asForm));
    expect(leadOf(byCurl[1].ids[0]).body.fields).toEqual({ Name: '&=%' });
    const bracketed = await answerOf(await send(made, '[a]=1', asForm));
    expect(leadOf(bracketed[1].ids[0]).body.fields).toEqual({ '[a]': '1' });
  });

  test('maps, and takes the rest where it is asked to', async () => {
    const rows = [
      { field: 'Email', path: 'data.contact.email' },
      { field: 'Answers', path: 'answers[*].text' },
    ];
    const body = JSON.stringify({
      data: { contact: { email: 'alice@example.com', phone: '1' } },
      answers: [{ text: 'a' }, { text: 'b' }],
    });
    const mapped = await make({ mapping: { rows, rest: false } });
    const [, { ids }] = await answerOf(await send(mapped, body));
    const fields = { Email: 'alice@example.com', Answers: ['a', 'b'] };
    expect(leadOf(ids[0]).body.fields).toEqual(fields);
    const withRest = await make({ mapping: { rows, rest: true } });
    const [, more] = await answerOf(await send(withRest, body));
    expect(leadOf(more.ids[0]).body.fields).toMatchObject({ ...fields, 'data.contact.phone': '1' });
  });

  test('a list makes one lead each, in order; what is no lead is told', async () => {
    const made = await make();
    const [status, { ids, refused }] = await answerOf(await send(made, '[{"n":1},{},{"n":3}]'));
    expect([status, ids.map((id) => leadOf(id).body.fields.n)]).toEqual([202, [1, 3]]);
    expect(refused).toEqual([{ index: 1, message: expect.stringContaining('has no field') }]);
    const before = counted();
    const long = await answerOf(await send(made, JSON.stringify(Array.from({ length: 1_001 }, (_, n) => ({ n })))));
    expect([long[0], counted()]).toEqual([422, before]);
    expect((await send(made, JSON.stringify(Array.from({ length: 1_000 }, (_, n) => ({ n }))))).status).toBe(202);
  });

  test('what is too much is cut, not refused', async () => {
    const made = await make();
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, 'x']));
    const [status, { ids }] = await answerOf(await send(made, JSON.stringify({ ...many, long: 'y'.repeat(20_000) })));
    expect([status, Object.keys(leadOf(ids[0]).body.fields).length]).toEqual([202, 200]);
    expect(leadOf(ids[0]).body.warnings.map(({ code }) => code)).toContain('too_many_fields');
  });

  test.each([
    ['broken JSON', '{"a":', {}, 400],
    ['nothing', '', {}, 400],
    ['no field', '{}', {}, 422],
    ['an empty list', '[]', {}, 422],
    ['nothing at all', 'null', {}, 422],
    ['a list of nothing', '[null, null]', {}, 422],
    ['over 1 MiB', `{"a":"${'x'.repeat(1_048_576)}"}`, {}, 413],
    ['packed', '{"a":1}', { 'content-encoding': 'gzip' }, 415],
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, {}, null],
    ['deep objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, {}, null],
  ])('%s is never a fault of ours', async (_, body, headers, expected) => {
    const { status } = await send(await make(), body, { headers: headers as Record<string, string> });
    if (expected === null) expect(status).toBeLessThan(500);
    else expect(status).toBe(expected);
  });

  test('an address that is not there, was switched off or deleted, tells nothing', async () => {
    const made = await make();
    await api.store.hooks.update(api.site.id, made.hook.id, { active: false });
    const gone = await make();
    await api.store.hooks.remove(api.site.id, gone.hook.id);
    for (const token of [made.token, gone.token, 'nothing', `${made.token}x`, '%3Cscript%3E', 'a'.repeat(5_000)]) {
      const [status, { error }] = await answerOf(await send({ token }, '{"a":1}'));
      expect([status, error?.code]).toEqual([404, 'not_found']);
    }
    expect(api.store.hooks.calls(made.hook.id)).toEqual([]);
  });

  test('GET is for those who make sure of an address: others are told what it is for', async () => {
    const made = await make();
    const answer = await api.app.fetch(new Request(`http://localhost/hooks/${made.token}`));
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, PUT']);
  });

  test('at most so many calls a minute, each hook for itself', async () => {
    const strict = await testApp({ rateLimitEndpoint: 2 });
    const [a, b] = [await make({}, strict), await make({}, strict)];
    const statuses: number[] = [];
    for (const made of [a, a, a, b]) statuses.push((await send(made, '{"a":1}', { on: strict })).status);
    expect(statuses).toEqual([202, 202, 429, 202]);
    await strict.close();
  });
});

describe('who may send', () => {
  const SECRET = 'It’s a Secret to Everybody';
  const check = { type: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' } as const;

  test('whoever signs: tampered, unsigned and repeated calls are refused, and kept apart', async () => {
    const made = await make({ check, secrets: { secret: SECRET } });
    const body = '{"n":"signed"}';
    const headers = { 'x-hub-signature-256': `sha256=${hmac(SECRET, body)}` };
    const before = counted();
    for (const [sent, with_] of [
      [body, {}],
      [body, { 'x-hub-signature-256': hmac(SECRET, body) }],
      [body, { 'x-hub-signature-256': `sha256=${hmac('other', body)}` }],
      ['{"n":"signed "}', headers],
    ] as const) {
      const response = await send(made, sent, { headers: with_ });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        'Signature realm="LeadToSheet"',
      ]);
    }
    expect(counted()).toBe(before);
    const [status, { ids }] = await answerOf(await send(made, body, { headers }));
    expect([status, counted()]).toEqual([202, before + 1]);
    const upper = { 'x-hub-signature-256': `sha256=${hmac(SECRET, body).toUpperCase()}` };
    for (const again of [headers, upper]) {
      const [code, { error }] = await answerOf(await send(made, body, { headers: again }));
      expect([code, error?.code, counted()]).toEqual([409, 'conflict', before + 1]);
    }
    const calls = api.store.hooks
      .calls(made.hook.id)
      .map((call) => [call.outcome, call.verified, call.body, call.leadIds]);
    expect(calls.slice(0, 3)).toEqual([
      ['repeated', true, body, ids],
      ['repeated', true, body, ids],
      ['taken', true, body, ids],
    ]);
    expect(calls.slice(3)).toEqual(Array.from({ length: 4 }, () => ['refused', false, null, []]));
  });

  test('the same signed call many times at once is one lead; the others are told that it came before', async () => {
    const made = await make({ check, secrets: { secret: SECRET } });
    const body = '{"n":"at once"}';
    const headers = { 'x-hub-signature-256': `sha256=${hmac(SECRET, body)}` };
    const before = counted();
    const statuses = await Promise.all(
      Array.from({ length: 6 }, async () => (await send(made, body, { headers })).status),
    );
    expect(statuses.sort()).toEqual([202, 409, 409, 409, 409, 409]);
    expect(counted()).toBe(before + 1);
  });

  test('a stale call is refused, and one from the future', async () => {
    const made = await make({
      check: { type: 'hmac', timestamp_header: 'X-Time', signed: '{timestamp}.{body}', tolerance_seconds: 60 },
      secrets: { secret: SECRET },
    });
    const at = (ms: number, body: string) => {
      const time = String(Math.floor((Date.now() + ms) / 1000));
      return send(made, body, { headers: { 'x-time': time, 'x-signature': hmac(SECRET, `${time}.${body}`) } });
    };
    expect([(await at(-90_000, '{"a":1}')).status, (await at(90_000, '{"a":2}')).status]).toEqual([401, 401]);
    expect((await at(-20_000, '{"a":3}')).status).toBe(202);
  });

  test('Standard Webhooks: its id makes repeats one lead', async () => {
    const key = Buffer.from('0123456789abcdef01234567');
    const made = await make({
      check: { type: 'standard_webhooks' },
      secrets: { secret: `whsec_${key.toString('base64')}` },
    });
    const signed = (id: string, body: string) => {
      const time = String(Math.floor(Date.now() / 1000));
      const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
      const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1a,x v1,${signature}` };
      return send(made, body, { headers });
    };
    const [, first] = await answerOf(await signed('msg_1', '{"a":1}'));
    const [status, again] = await answerOf(await signed('msg_1', '{"a":1}'));
    expect([status, again.ids]).toEqual([202, first.ids]);
    const [, other] = await answerOf(await signed('msg_2', '{"a":1}'));
    expect(other.ids).not.toEqual(first.ids);
  });

  test('a shared secret and basic auth; neither is kept', async () => {
    const value = 'plain secret';
    const made = await make({ check: { type: 'secret_header', header: 'X-Pass' }, secrets: { secret: value } });
    expect((await send(made, '{"a":1}')).status).toBe(401);
    expect((await send(made, '{"a":1}', { headers: { 'x-pass': 'plain secre' } })).status).toBe(401);
    expect((await send(made, '{"a":1}', { headers: { 'x-pass': value, cookie: 'c=1' } })).status).toBe(202);
    const basic = await make({ check: { type: 'basic', username: 'shop' }, secrets: { secret: value } });
    const wrong = await send(basic, '{"a":1}', { headers: { authorization: `Basic ${btoa('shop:x')}` } });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="LeadToSheet"']);
    const right = await send(basic, '{"a":1}', { headers: { authorization: `Basic ${btoa(`shop:${value}`)}` } });
    expect(right.status).toBe(202);
    const kept = JSON.stringify([api.store.hooks.calls(made.hook.id), api.store.hooks.calls(basic.hook.id)]);
    for (const secret of [value, btoa(`shop:${value}`), 'c=1']) expect(kept).not.toContain(secret);
  });

  test('a hook that should check and has no secret takes nothing', async () => {
    const made = await make({ check });
    const headers = { 'x-hub-signature-256': `sha256=${hmac('', '{"a":1}')}` };
    expect((await send(made, '{"a":1}', { headers })).status).toBe(401);
  });
});

describe('the sender’s event', () => {
  test('in a header or in the body: what comes again is the same lead, even all at once', async () => {
    const inHeader = await make({ settings: { check: { type: 'none' }, eventHeader: 'X-Event', eventPath: null } });
    const sends = Array.from({ length: 8 }, () => send(inHeader, '{"a":1}', { headers: { 'x-event': 'e-1' } }));
    const answers = await Promise.all(sends.map(async (each) => answerOf(await each)));
    expect(new Set(answers.flatMap(([, { ids }]) => ids)).size).toBe(1);
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([202]));
    const changed = await answerOf(await send(inHeader, '{"a":2,"attempt":2}', { headers: { 'x-event': 'e-1' } }));
    expect(changed[1].ids).toEqual(answers[0]?.[1].ids ?? []);

    const inBody = await make({ settings: { check: { type: 'none' }, eventHeader: null, eventPath: 'event.id' } });
    const list = '[{"event":{"id":"x"},"n":1},{"event":{"id":"y"},"n":2},{"event":{"id":"x"},"n":1}]';
    const [, first] = await answerOf(await send(inBody, list));
    expect(first.ids).toHaveLength(2);
    const [, again] = await answerOf(await send(inBody, '[{"event":{"id":"y"},"n":2},{"event":{"id":"z"},"n":3}]'));
    expect([again.ids.length, again.ids[0]]).toEqual([2, first.ids[1] ?? '']);
  });

  test.each(['application/json', 'application/x-www-form-urlencoded'])(
    'whole numbers longer than JavaScript’s stay as they are, sent as %s: two events are two',
    async (type) => {
      const made = await make({ settings: { check: { type: 'none' }, eventHeader: null, eventPath: 'id' } });
      const call = (id: string) =>
        send(made, `{"id":${id},"__proto__":{"n":${id}},"total":12.5,"say":"\\"${id}\\""}`, {
          headers: { 'content-type': type },
        });
      const ids: string[] = [];
      for (const id of ['12345678901234567890', '12345678901234567891', '-9007199254740993']) {
        const [, { ids: made }] = await answerOf(await call(id));
        ids.push(...made);
        expect(api.store.leads.get(api.site.id, made[0] ?? '')?.body).toMatchObject({
          fields: { id, '__proto__.n': id, total: 12.5, say: `"${id}"` },
          warnings: [],
        });
      }
      expect(new Set(ids).size).toBe(3);
      const deep = `{"id":12345678901234567892,"x":${'['.repeat(300_000)}${']'.repeat(300_000)}}`;
      expect((await send(made, deep, { headers: { 'content-type': type } })).status).toBe(202);
    },
  );

  test('the same event at two hooks is two leads', async () => {
    const settings = { check: { type: 'none' } as const, eventHeader: 'X-Event', eventPath: null };
    const ids = await Promise.all(
      [await make({ settings }), await make({ settings })].map(
        async (made) => (await answerOf(await send(made, '{"a":1}', { headers: { 'x-event': 'e' } })))[1].ids[0],
      ),
    );
    expect(new Set(ids).size).toBe(2);
  });
});

test('a call is kept without what must not be: passwords, cards, and what is too large', async () => {
  const made = await make();
  await send(made, '{"user":"alice","password":"hunter2","card":"4242 4242 4242 4242"}');
  const [call] = api.store.hooks.calls(made.hook.id);
  expect(call).toMatchObject({ method: 'POST', verified: true, outcome: 'taken', message: 'One lead.' });
  expect(call?.body).toContain('alice');
  expect(call?.body).not.toContain('hunter2');
  expect(call?.body).not.toContain('4242 4242 4242');
  await send(
    made,
    JSON.stringify(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 'x'.repeat(9_000)]))),
  );
  expect(api.store.hooks.calls(made.hook.id)[0]).toMatchObject({ body: null, outcome: 'taken' });
});
