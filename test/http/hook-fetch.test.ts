import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { settle, TestClock } from '../support/clock.ts';
import { until } from '../support/server.ts';
import { fixture, hmac, makeHook } from './hook-world.ts';

const SECRET = 'the secret of the app';
const TOKEN = 'the access token';
const META = { verify_token: 'ours', app_secret: SECRET, access_token: TOKEN };
const LINKEDIN = { client_secret: SECRET, access_token: TOKEN };
const SUBMITTED = Date.UTC(2026, 10, 18, 18, 17, 2);

interface Asked {
  path: string;
  query: URLSearchParams;
  headers: Headers;
}

/** Stands in for Meta and LinkedIn: says what it is told to, by the path, and keeps what it was asked. */
function standIn() {
  const asked: Asked[] = [];
  const answers = new Map<string, () => Response | Promise<Response>>();
  const server = Bun.serve({
    port: 0,
    fetch(request) {
      const url = new URL(request.url);
      asked.push({ path: url.pathname, query: url.searchParams, headers: request.headers });
      return answers.get(url.pathname)?.() ?? Response.json({ error: { message: 'no such thing' } }, { status: 404 });
    },
  });
  return { asked, answers, url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

const services = standIn();
afterAll(() => services.stop());
const apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  services.answers.clear();
  services.asked.length = 0;
});

async function world() {
  const clock = new TestClock();
  const api = await testApp({ clock, hookUrls: { meta: services.url, linkedin: services.url } });
  apps.push(api);
  api.app.start();
  return { api, clock, ...helpers(api, clock) };
}

function helpers(api: TestApp, clock: TestClock) {
  const send = (token: string, body: string, headers: Record<string, string>) =>
    api.app.fetch(new Request(`http://localhost/hooks/${token}`, { method: 'POST', headers, body }));
  /** Lets the server work until it is so; time goes on meanwhile. */
  const goOn = (what: string, holds: () => boolean) =>
    until(what, async () => {
      await clock.advanceAndSettle(1_000);
      return holds();
    });
  const leads = (): Lead[] =>
    api.store.leads.list(api.site.id, { filter: { spam: 'include' }, newestFirst: false, limit: 50, offset: 0 });
  return { send, goOn, leads };
}

const signedMeta = (body: string) => ({ 'x-hub-signature-256': `sha256=${hmac(SECRET, body)}` });
const GRAPH = '/v23.0/444444444444';
const metaLead = {
  id: '444444444444',
  created_time: '2026-11-18T18:17:02+0000',
  form_id: '555555555555',
  campaign_name: 'Autumn',
  ad_name: 'Blue',
  platform: 'ig',
  is_organic: false,
  field_data: [
    { name: 'full_name', values: ['Alice'] },
    { name: 'email', values: ['alice@example.com'] },
    { name: 'topics', values: ['a', 'b'] },
  ],
};

function metaAnswers() {
  services.answers.set(GRAPH, () => Response.json(metaLead));
  services.answers.set('/v23.0/555555555555', () => Response.json({ id: '555555555555', name: 'Ask for a quote' }));
}

describe('Meta', () => {
  test('makes sure of the address by the verify token alone', async () => {
    const { api } = await world();
    const { token } = await makeHook(api, { kind: 'meta', secrets: META });
    const ask = (query: string) => api.app.fetch(new Request(`http://localhost/hooks/${token}?${query}`));
    const good = await ask('hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=ours');
    expect([good.status, good.headers.get('content-type'), await good.text()]).toEqual([
      200,
      'text/plain',
      '1158201444',
    ]);
    expect((await ask('hub.mode=subscribe&hub.challenge=1&hub.verify_token=theirs')).status).toBe(403);
    expect((await ask('hub.mode=subscribe&hub.challenge=1')).status).toBe(403);
    expect((await ask('hub.mode=other')).status).toBe(405);
    const bare = await makeHook(api, { kind: 'meta' });
    const open = `http://localhost/hooks/${bare.token}?hub.mode=subscribe&hub.challenge=1&hub.verify_token=`;
    expect((await api.app.fetch(new Request(open))).status).toBe(403);
  });

  test('a lead it tells of is fetched with the token, once, under the form’s name', async () => {
    const { api, send, goOn, leads } = await world();
    const { hook, token } = await makeHook(api, { kind: 'meta', secrets: META });
    metaAnswers();
    const body = await fixture('meta');
    expect((await send(token, body, {})).status).toBe(401);
    for (let times = 0; times < 2; times++) expect((await send(token, body, signedMeta(body))).status).toBe(200);
    await goOn('the lead is there', () => leads().length === 1);
    expect(leads()[0]).toMatchObject({
      source: 'meta',
      formName: 'Ask for a quote',
      submittedAt: SUBMITTED,
      body: {
        paid_source: 'meta',
        fields: {
          full_name: 'Alice',
          email: 'alice@example.com',
          topics: ['a', 'b'],
          Campaign: 'Autumn',
          Ad: 'Blue',
          Platform: 'ig',
        },
      },
    });
    const [first] = services.asked;
    expect(first?.headers.get('authorization')).toBe(`Bearer ${TOKEN}`);
    expect(first?.query.get('appsecret_proof')).toBe(hmac(SECRET, TOKEN));
    await goOn('it is noted', () => api.store.hooks.waiting(hook.id).count === 0);
    expect((await send(token, body, signedMeta(body))).status).toBe(200);
    expect(api.store.hooks.calls(hook.id)[0]).toMatchObject({ outcome: 'repeated' });
    expect([leads().length, api.store.hooks.waiting(hook.id).count]).toEqual([1, 0]);
    expect(JSON.stringify(api.store.hooks.calls(hook.id))).not.toContain(TOKEN);
  });

  test('its answers are named as the rows of the hook say', async () => {
    const { api, send, goOn, leads } = await world();
    const rows = [
      { field: 'Name', path: 'full_name' },
      { field: 'Form', path: 'form_id' },
    ];
    const { token } = await makeHook(api, { kind: 'meta', secrets: META, mapping: { rows, rest: false } });
    metaAnswers();
    const body = await fixture('meta');
    await send(token, body, signedMeta(body));
    await goOn('the lead is there', () => leads().length === 1);
    expect(leads()[0]?.body.fields).toEqual({ Name: 'Alice', Form: '555555555555' });
  });

  test('what fails is tried again until it is there: a fault, no JSON, an answer without end, a refused token', async () => {
    const { api, send, goOn, leads } = await world();
    const { hook, token } = await makeHook(api, { kind: 'meta', secrets: META });
    const faults: [() => Response, string][] = [
      [() => new Response('oops', { status: 500 }), 'answered with 500'],
      [() => new Response('<html>', { status: 200 }), 'answered with 200'],
      [() => new Response('x'.repeat(2_000_000)), 'No answer'],
      [() => Response.redirect('http://127.0.0.1:1/', 302), 'answered with 302'],
      [() => Response.json({ error: { code: 190 } }, { status: 400 }), 'save a new one'],
    ];
    const body = await fixture('meta');
    await send(token, body, signedMeta(body));
    for (const [fault, words] of faults) {
      services.answers.set(GRAPH, fault);
      await goOn(words, () => api.store.hooks.waiting(hook.id).problem?.includes(words) === true);
    }
    expect(leads()).toEqual([]);
    metaAnswers();
    await goOn('the lead is there', () => leads().length === 1);
  });

  test('a lead that is gone for good is told as failed, and asked for no more', async () => {
    const { api, send, goOn, leads } = await world();
    const { hook, token } = await makeHook(api, { kind: 'meta', secrets: META });
    const body = await fixture('meta');
    await send(token, body, signedMeta(body));
    await goOn('it is told', () => api.store.hooks.calls(hook.id)[0]?.outcome === 'failed');
    expect([leads(), api.store.hooks.waiting(hook.id).count]).toEqual([[], 0]);
  });

  test('what waits survives the server: another one on the same data fetches it', async () => {
    const clock = new TestClock();
    const api = await testApp({ clock, hookUrls: { meta: services.url, linkedin: services.url } });
    apps.push(api);
    const { send } = helpers(api, clock);
    const { hook, token } = await makeHook(api, { kind: 'meta', secrets: META });
    metaAnswers();
    const body = await fixture('meta');
    // This server has no clock running: it answers, and is gone.
    expect((await send(token, body, signedMeta(body))).status).toBe(200);
    await settle();
    expect(services.asked).toEqual([]);
    expect(api.store.hooks.dueEvents(clock.now() + 1_000, 10)).toMatchObject([{ hookId: hook.id, id: '444444444444' }]);
    api.app.start();
    const { goOn, leads } = helpers(api, clock);
    await goOn('the lead is there', () => leads().length === 1);
  });
});

const signedLinkedIn: readonly [string, (body: string) => string][] = [
  ['the prefix signed along', (body) => hmac(SECRET, `hmacsha256=${body}`)],
  ['the prefix before the signature', (body) => `hmacsha256=${hmac(SECRET, body)}`],
  ['the body alone', (body) => hmac(SECRET, body)],
];

const linkedinForm = {
  id: 3162,
  name: 'Ask for a quote',
  content: {
    questions: [
      { questionId: 1, name: 'Email', predefinedField: 'EMAIL', question: { localized: { en_US: 'Email address' } } },
      {
        questionId: 2,
        question: { localized: { en_US: 'Which plan?' } },
        questionDetails: {
          multipleChoiceQuestionDetails: {
            options: [
              { id: 1, text: { localized: { en_US: 'Single' } } },
              { id: 2, text: { localized: { en_US: 'Team' } } },
            ],
          },
        },
      },
    ],
  },
};

describe('LinkedIn', () => {
  const response = {
    id: '1a2b3c4d-5e6f-7a8b',
    submittedAt: SUBMITTED,
    leadType: 'SPONSORED',
    versionedLeadGenFormUrn: 'urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162,1)',
    formResponse: {
      answers: [
        { questionId: 1, answerDetails: { textQuestionAnswer: { answer: 'alice@example.com' } } },
        { questionId: 2, answerDetails: { multipleChoiceAnswer: { options: [2] } } },
      ],
    },
  };
  const RESPONSE = '/rest/leadFormResponses/1a2b3c4d-5e6f-7a8b';

  test('makes sure of the address', async () => {
    const { api } = await world();
    const { token } = await makeHook(api, { kind: 'linkedin', secrets: LINKEDIN });
    const challengeCode = '890e4665-4dfe-4ab1-b689-ed553bceeed0';
    const ask = (to: string) =>
      api.app.fetch(new Request(`http://localhost/hooks/${to}?challengeCode=${challengeCode}`));
    const answer = await ask(token);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await answer.json()).toEqual({ challengeCode, challengeResponse: hmac(SECRET, challengeCode) });
    expect((await ask((await makeHook(api, { kind: 'linkedin' })).token)).status).toBe(403);
  });

  test.each(signedLinkedIn)(
    'a lead it tells of is fetched, its questions by their names; signed with %s',
    async (_, sign) => {
      const { api, send, goOn, leads } = await world();
      const { token } = await makeHook(api, { kind: 'linkedin', secrets: LINKEDIN });
      services.answers.set(RESPONSE, () => Response.json(response));
      let forms = 0;
      services.answers.set('/rest/leadForms/3162', () =>
        forms++ === 0 ? new Response('busy', { status: 503 }) : Response.json(linkedinForm),
      );
      const body = await fixture('linkedin');
      expect((await send(token, body, { 'x-li-signature': hmac('other', body) })).status).toBe(401);
      expect((await send(token, body, { 'x-li-signature': sign(body) })).status).toBe(200);
      await goOn('the lead is there', () => leads().length === 1);
      expect(leads()[0]).toMatchObject({
        source: 'linkedin',
        formName: 'Ask for a quote',
        submittedAt: SUBMITTED,
        body: { paid_source: 'linkedin', fields: { Email: 'alice@example.com', 'Which plan?': 'Team' } },
      });
      const [first] = services.asked;
      expect(first?.headers.get('authorization')).toBe(`Bearer ${TOKEN}`);
      expect(first?.headers.get('linkedin-version')).toMatch(/^20\d{4}$/);
    },
  );

  test('a deleted lead is none, and a strange id is asked nobody for', async () => {
    const { api, send } = await world();
    const { hook, token } = await makeHook(api, { kind: 'linkedin', secrets: LINKEDIN });
    const body = await fixture('linkedin');
    for (const other of [body.replace('CREATED', 'DELETED'), body.replace('1a2b3c4d-5e6f-7a8b', '../../me')]) {
      expect((await send(token, other, { 'x-li-signature': hmac(SECRET, other) })).status).toBe(200);
      expect(api.store.hooks.calls(hook.id)[0]).toMatchObject({ outcome: 'ignored' });
    }
    expect(api.store.hooks.waiting(hook.id).count).toBe(0);
  });
});
