import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import type { Fields } from '../../../src/contract/submission.ts';
import { createSpamCheck, type SpamCheck, type SpamContext } from '../../../src/intake/spam/check.ts';
import { marksOf, textsOf } from '../../../src/intake/spam/values.ts';
import type { SpamSettings } from '../../../src/store/spam.ts';
import type { Lead } from '../../../src/store/store.ts';
import { type TestApp, testApp } from '../../support/app.ts';
import { TestClock } from '../../support/clock.ts';
import { newLead } from '../../support/leads.ts';

let api: TestApp;
let clock: TestClock;
let check: SpamCheck;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());
beforeEach(async () => {
  clock = new TestClock();
  check = createSpamCheck({ store: api.store, vault: api.vault, clock });
  await settings({});
});

const settings = (change: Partial<SpamSettings>) =>
  api.store.sites.update(api.site.id, { spam: { level: 'normal', words: [], domains: [], ...change } });
const reason = (fields: Fields, context: Partial<SpamContext> = {}) =>
  check.reasonFor(newLead(fields), { siteId: api.site.id, fill: null, sourceReason: null, ...context });

/** Sends a form as anybody may, and reads what became of it. */
async function sent(fields: Record<string, string>): Promise<Lead> {
  const answer = await api.app.fetch(
    new Request(`http://localhost/f/${api.site.endpointId}`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(fields),
    }),
  );
  const { id } = (await answer.json()) as { id: string };
  const lead = api.store.leads.get(api.site.id, id);
  if (lead === null) throw new Error('no lead');
  return lead;
}

async function say(fields: Fields, spam: boolean): Promise<void> {
  const outcome = await api.store.leads.accept({
    siteId: api.site.id,
    items: [{ lead: newLead(fields) }],
    idempotency: null,
  });
  const [result] = outcome.kind === 'accepted' ? outcome.results : [];
  if (result?.status !== 'created') throw new Error('not taken');
  const hashes = marksOf(api.vault, api.site.id, textsOf(fields)).map(({ hash }) => hash);
  await api.store.leads.setSpam(api.site.id, result.lead.id, spam, hashes);
}

const LINKS = '[url=https://spam.example]x[/url]';

test('a form that anybody sent is looked at; its sender gets the ordinary answer', async () => {
  expect(await sent({ message: LINKS })).toMatchObject({
    spam: true,
    spamReason: 'Its links are written for forums ([url=…]). Its message is a link and hardly anything else.',
    syncStatus: 'skipped',
  });
  expect(await sent({ message: 'Call me.' })).toMatchObject({ spam: false, spamReason: null, syncStatus: 'pending' });
});

test('the time that the page’s script says counts', async () => {
  const said = (ms: number) => JSON.stringify({ v: 1, url: 'https://example.com/', title: 'x', ref: '', ms });
  expect(await sent({ message: 'Call me.', _lts: said(300) })).toMatchObject({ source: 'sdk', spam: true });
  expect(await sent({ message: 'Call me.', _lts: said(30_000) })).toMatchObject({ source: 'sdk', spam: false });
});

test('what comes by a key is never looked at', async () => {
  const answer = await api.call('POST', '/api/v1/submissions', { json: { fields: { message: LINKS } } });
  expect(answer.status).toBe(201);
  expect(((await answer.json()) as { data: { spam: boolean } }).data.spam).toBe(false);
});

test('each level: off, normal, strict', async () => {
  const clearOnly = { message: 'https://example.com/offer' };
  expect([reason({ message: LINKS }) !== null, reason(clearOnly) !== null]).toEqual([true, false]);
  await settings({ level: 'strict' });
  expect([reason({ message: LINKS }) !== null, reason(clearOnly) !== null]).toEqual([true, true]);
  await settings({ level: 'off' });
  expect([reason({ message: LINKS }) !== null, reason(clearOnly) !== null]).toEqual([false, false]);
  expect(reason({ message: 'x' }, { sourceReason: 'A trap.' })).toBe('A trap.');
});

test('own words make it spam at any level, own domains let everything through', async () => {
  await settings({ level: 'off', words: ['Guest post'], domains: ['example.com'] });
  expect(reason({ message: 'guest-post?' })).toContain('guest post');
  expect(reason({ message: 'guest-post?', email: 'Alice@Example.com' })).toBeNull();
  expect(reason({ message: 'guest-post?', email: 'alice@sub.example.com' })).not.toBeNull();
  expect(reason({ message: 'x', email: 'alice@example.com' }, { sourceReason: 'A trap.' })).toBeNull();
});

test('what a person said of an e-mail or a message holds from then on; a good word beats all else', async () => {
  const message = `Have a look at this offer of ours, it is the best there is. ${LINKS}`;
  await say({ email: 'one@example.com', message }, true);
  expect(reason({ email: 'ONE@example.com', message: 'hello' })).toContain('same e-mail address');
  expect(
    reason({ message: `Have a look at this offer of ours,  it is the best there is. ${LINKS.toUpperCase()}` }),
  ).toContain('same message');
  await say({ email: 'one@example.com' }, false);
  expect(reason({ email: 'one@example.com', message }, { fill: { ms: 1 }, sourceReason: 'A trap.' })).toBeNull();
  expect(reason({ email: 'two@example.com', message })).not.toBeNull();
  const other = await api.store.sites.create({ name: 'Other' });
  expect(reason({ email: 'two@example.com', message: 'hello' }, { siteId: other.id })).toBeNull();
});

test('the same message by ever others is spam from the fifth on; the same sender may repeat himself', () => {
  const message = 'We bring your web site to the top of every search engine there is.';
  for (let i = 0; i < 10; i++) expect(reason({ email: 'a0@example.com', message })).toBeNull();
  const said = [1, 2, 3, 4, 5].map((i) => reason({ email: `a${i}@example.com`, message }));
  expect(said.map((each) => each !== null)).toEqual([false, false, false, true, true]);
  expect(said[3]).toBe('The same message came from 4 others within the hour.');
  clock.advance(3_600_000);
  expect(reason({ name: 'B', message })).toBeNull();
});

test('another alphabet is strange once the form’s leads have shown none', async () => {
  await settings({ level: 'strict' });
  const message = 'Yоur Paypаl аccount wаs lоcked';
  expect(reason({ message })).toBeNull();
  check = createSpamCheck({ store: api.store, vault: api.vault, clock });
  for (let i = 0; i < 20; i++) reason({ message: `Call me, ${i}` });
  expect(reason({ message })).toBe('Its words mix letters of two alphabets.');
});
