import { expect, setDefaultTimeout, test } from 'bun:test';
import { leadRoutes } from '../../src/http/admin/pages/leads.tsx';
import { spamRoutes } from '../../src/http/admin/pages/spam.tsx';
import { createSpamCheck } from '../../src/intake/spam/check.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { newLead } from '../support/leads.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld([...leadRoutes, ...spamRoutes]);
const { services, site } = world;
const base = `/admin/s/${site.id}`;
const owner = await world.person('owner');
const fresh = (fields: Record<string, string>) =>
  createSpamCheck({ store: services.store, vault: services.vault, clock: systemClock }).reasonFor(newLead(fields), {
    ...{ siteId: site.id, fill: null, sourceReason: null },
  });

test('level, words and domains are saved, told to the audit log, and shown', async () => {
  const form = { level: 'strict', words: ' Casino \n\ncasino\r\nguest post', domains: 'Example.com' };
  expect(await owner.post(`${base}/settings/spam`, form)).toMatchObject({
    status: 303,
    location: `${base}/settings/spam?notice=saved`,
  });
  const spam = { level: 'strict', words: ['Casino', 'guest post'], domains: ['example.com'] };
  expect(services.store.sites.get(site.id)?.spam).toMatchObject(spam);
  expect(services.store.audit.list({ limit: 1 })[0]).toMatchObject({
    action: 'site.changed',
    before: { spam: 'normal', blocked_words: [], always_allowed_domains: [] },
    after: { spam: 'strict', blocked_words: ['Casino', 'guest post'], always_allowed_domains: ['example.com'] },
  });
  const { html } = await owner.get(`${base}/settings/spam`);
  expect(html).toContain('Casino\nguest post</textarea>');
  expect(html).toMatch(/<option[^>]*value="strict"[^>]*selected|<option[^>]*selected[^>]*value="strict"/);
  const viewer = await world.person('viewer', [site.id]);
  const seen = await viewer.get(`${base}/settings/spam`);
  expect(seen.html).toContain('Casino, guest post');
  expect(seen.html).not.toContain('<textarea');
});

test('what can not be is said beside its field, and what was typed is kept', async () => {
  const before = services.store.sites.get(site.id)?.spam;
  const wrong = await owner.post(`${base}/settings/spam`, {
    level: 'mad',
    words: '<b>\n!!!',
    domains: '*.example.com',
  });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toContain('id="f-level-error">Choose one of the three.');
  expect(wrong.html).toContain('id="f-words-error">“!!!” can not be blocked.');
  expect(wrong.html).toContain('id="f-domains-error">“*.example.com” is no domain');
  expect(wrong.html).toContain('&lt;b>\n!!!</textarea>');
  const many = Array.from({ length: 201 }, (_, i) => `w${i}`).join('\n');
  expect((await owner.post(`${base}/settings/spam`, { level: 'off', words: many, domains: '' })).html).toContain(
    'These are 201.',
  );
  expect(services.store.sites.get(site.id)?.spam).toEqual(before);
});

test('a lead marked as spam is remembered, and so is its way back, by whoever does it first', async () => {
  await owner.post(`${base}/settings/spam`, { level: 'normal', words: '', domains: '' });
  const fields = { Email: 'eve@example.com', Message: 'We can bring your site to the top of every search.' };
  const id = await world.lead(fields);
  await owner.post(`${base}/leads/bulk`, { act: 'spam', ids: [id] });
  expect(fresh({ email: 'EVE@example.com' })).toContain('same e-mail address');
  expect(fresh({ message: fields.Message })).toContain('same message');
  const others = [owner, await world.person('admin')];
  const { pending } = services.store.sheets.counts(site.id);
  const answers = await Promise.all(
    [...others, ...others].map((each) => each.post(`${base}/leads/bulk`, { act: 'ham', ids: [id] })),
  );
  for (const { location } of answers) expect(location).toContain('notice=spam_cleared');
  expect(services.store.leads.get(site.id, id)?.spam).toBe(false);
  // It may have been written meanwhile: it was queued once.
  const counts = services.store.sheets.counts(site.id);
  expect(counts.pending + counts.synced).toBeGreaterThanOrEqual(pending + 1);
  expect(fresh({ email: 'eve@example.com', message: fields.Message })).toBeNull();
});

test('“not spam” for all that match remembers each', async () => {
  const ids = await Promise.all([1, 2, 3].map((n) => world.lead({ Email: `m${n}@example.com` }, 'Many')));
  const formId = services.store.leads.get(site.id, ids[0] ?? '')?.formId ?? '';
  await owner.post(`${base}/leads/bulk`, { act: 'spam', ids });
  expect([1, 2, 3].map((n) => fresh({ email: `m${n}@example.com` }) === null)).toEqual([false, false, false]);
  await owner.post(`${base}/leads/all`, { act: 'ham', sure: 'yes', list: `spam=only&form_id=${formId}` });
  while (ids.some((id) => services.store.leads.get(site.id, id)?.spam !== false)) await Bun.sleep(5);
  expect([1, 2, 3].map((n) => fresh({ email: `m${n}@example.com` }))).toEqual([null, null, null]);
});
