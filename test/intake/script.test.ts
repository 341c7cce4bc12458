import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { SubmissionCreate } from '../../src/contract/submission.ts';
import { readScript, type ScriptFacts } from '../../src/intake/forms/script.ts';
import { compileContract } from '../../src/intake/validate.ts';

const AT = Date.UTC(2026, 10, 22, 14, 5);
const SAID = {
  v: 1,
  form: 'Contact',
  key: 'abcd1234ef',
  ms: 5400.4,
  url: 'https://example.com/pricing?utm_source=old',
  title: 'Pricing',
  ref: 'https://www.google.com/',
  screen: '1440x900',
  lang: 'de-DE',
  tz: 'Europe/Berlin',
  touch: 5,
  first: { at: AT, url: 'https://example.com/?token=abc&a=1', ref: 'https://news.example.com/', utm_source: 'news' },
  last: { at: AT, url: 'https://example.com/pricing', utm_source: 'google', gclid: 'Cj0KCQiA' },
};
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15';
const read = (value: unknown) => readScript(JSON.stringify(value), MAC);

test('what our script says', () => {
  expect(read(SAID)).toEqual({
    formName: null,
    form: { fingerprint: 'abcd1234ef', name: 'Contact' },
    elapsedMs: 5400,
    context: {
      page_url: SAID.url,
      page_title: 'Pricing',
      referrer: 'https://www.google.com/',
      screen_size: '1440x900',
      language: 'de-DE',
      timezone: 'Europe/Berlin',
      os: 'iPadOS',
      device_type: 'tablet',
      utm_source: 'google',
      gclid: 'Cj0KCQiA',
      metadata: {
        first_touch: {
          at: '2026-11-22T14:05:00.000Z',
          page_url: 'https://example.com/?a=1',
          referrer: 'https://news.example.com/',
          utm_source: 'news',
        },
        last_touch: {
          at: '2026-11-22T14:05:00.000Z',
          page_url: 'https://example.com/pricing',
          utm_source: 'google',
          gclid: 'Cj0KCQiA',
        },
      },
    },
  });
});

test('a name without a fingerprint is one that somebody gave', () => {
  const { key: _, ...named } = SAID;
  expect(read(named)).toMatchObject({ formName: 'Contact', form: null });
  expect(read({ v: 1 })).toMatchObject({ formName: null, form: null, elapsedMs: null, context: {} });
});

test.each<[string, unknown, (facts: ScriptFacts) => unknown]>([
  ['key', '<script>', ({ form }) => form],
  ['ms', -1, ({ elapsedMs }) => elapsedMs],
  ['ms', '5', ({ elapsedMs }) => elapsedMs],
  ['form', '\u0000 \u202e', ({ form }) => form?.name || null],
  ['url', 'javascript:alert(1)', ({ context }) => context.page_url],
  ['ref', 'file:///etc/passwd', ({ context }) => context.referrer],
  ['title', 'x'.repeat(513), ({ context }) => context.page_title],
  ['screen', '1440x900<b>', ({ context }) => context.screen_size],
  ['lang', 7, ({ context }) => context.language],
  ['touch', '5', ({ context }) => context.os],
  ['touch', 0, ({ context }) => context.device_type],
  ['first', { at: 9e15, url: 'https://example.com/' }, ({ context }) => context.metadata?.first_touch],
  ['last', { at: AT, url: 5, utm_source: 'x' }, ({ context }) => context.utm_source],
  ['last', { ...SAID.last, gclid: ['x'] }, ({ context }) => context.gclid],
])('a wrong %s (%p) is left out, the others stay', (name, value, part) => {
  const right = read(SAID);
  const facts = read({ ...SAID, [name]: value });
  if (right === null || facts === null) throw new Error('nothing was read');
  expect(part(right)).toBeTruthy();
  expect(part(facts) ?? null).toBeNull();
  expect(facts.context.timezone).toBe('Europe/Berlin');
});

test('what our script did not write counts as nothing', () => {
  const none = [null, '', 'x', '[]', 'null', '{}', '{"v":2}', '[object Object]', '{"v":1', '['.repeat(30_000)];
  expect(none.map((each) => readScript(each, null))).toEqual(none.map(() => null));
  expect(read({ ...SAID, more: 'x'.repeat(40_000) })).toBeNull();
});

test('whatever stands there, it never throws and is never against the contract', () => {
  const { check } = compileContract(SubmissionCreate);
  const members = Object.fromEntries(Object.keys(SAID).map((name) => [name, fc.anything()]));
  fc.assert(
    fc.property(fc.record(members, { requiredKeys: [] }), (said) => {
      const json = JSON.stringify({ ...said, v: 1 }, (_, value) => (typeof value === 'bigint' ? 1 : value));
      const facts = readScript(json, MAC);
      return facts !== null && check({ fields: { a: 1 }, ...facts.context });
    }),
  );
});
