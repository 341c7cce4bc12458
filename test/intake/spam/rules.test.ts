import { describe, expect, test } from 'bun:test';
import { fieldKind } from '../../../src/intake/spam/field-kind.ts';
import { fillTime } from '../../../src/intake/spam/fill-time.ts';
import { looksRandom } from '../../../src/intake/spam/gibberish.ts';
import { createSpamMemory } from '../../../src/intake/spam/memory.ts';
import { checkRenderToken, makeRenderToken } from '../../../src/intake/spam/render-token.ts';
import type { SpamLead } from '../../../src/intake/spam/rule.ts';
import { emailsOf, marksOf, messagesOf, textsOf } from '../../../src/intake/spam/values.ts';
import { verdict } from '../../../src/intake/spam/verdict.ts';
import { foldWords } from '../../../src/intake/spam/words.ts';
import { createVault } from '../../../src/lib/crypto.ts';
import { TestClock } from '../../support/clock.ts';

const vault = createVault('a secret for tests, 32 characters');
const DAY_MS = 86_400_000;

const plain: SpamLead = {
  ...{ texts: textsOf({ name: 'Alice', message: 'Call me.' }), fill: null, known: null, otherSenders: 0 },
  ...{ formIsLatin: false, blockedWords: [] },
};

describe('a lead', () => {
  test('that was marked before is spam at every level, by its e-mail or its message', () => {
    for (const level of ['off', 'normal', 'strict'] as const) {
      expect(verdict({ ...plain, known: 'spam_email' }, level)).toContain('same e-mail address');
      expect(verdict({ ...plain, known: 'spam_text' }, level)).toContain('same message');
      expect(verdict(plain, level)).toBeNull();
    }
  });

  test('with a blocked word is spam at every level; words count whole, phrases too, in any script', () => {
    const with_ = (message: string, word: string) =>
      verdict({ ...plain, texts: textsOf({ message }), blockedWords: [foldWords(word)] }, 'off');
    expect(with_('Best CASINO, today', 'casino')).toBe('It holds “casino”, which this site blocks.');
    expect(with_('We have casinos', 'casino')).toBeNull();
    expect(with_('Guest-Post for you', 'guest post')).not.toBeNull();
    expect(with_('我们提供贷款服务', '贷款')).not.toBeNull();
    expect(with_('ＣＡＳＩＮＯ', 'casino')).not.toBeNull();
  });

  test('that was sent too fast is spam, one from an old tab is not', () => {
    expect(fillTime({ ...plain, fill: { ms: 1_999 } })?.reason).toContain('2.0 s');
    expect(fillTime({ ...plain, fill: { ms: 2_000 } })).toBeNull();
    expect(verdict({ ...plain, fill: { ms: 800 } }, 'normal')).toBe(
      'It was sent 0.8 s after the form was shown: nobody types that fast.',
    );
    expect(verdict({ ...plain, fill: { ms: 800 } }, 'off')).toBeNull();
    expect(verdict({ ...plain, fill: 'stale' }, 'strict')).toBeNull();
    expect(verdict({ ...plain, fill: 'forged' }, 'normal')).toBeNull();
    expect(verdict({ ...plain, fill: 'forged' }, 'strict')).not.toBeNull();
  });

  test('whose message others sent too is spam once they are many', () => {
    const at = (otherSenders: number, level: 'normal' | 'strict') =>
      verdict({ ...plain, otherSenders }, level) !== null;
    expect([0, 1, 2, 3, 4].map((n) => at(n, 'normal'))).toEqual([false, false, false, false, true]);
    expect([0, 1, 2, 3, 4].map((n) => at(n, 'strict'))).toEqual([false, false, true, true, true]);
  });

  test('in two alphabets at once is suspicious only where the other leads have one', () => {
    const texts = textsOf({ message: 'Yоur Paypаl аccount wаs lоcked' });
    expect(verdict({ ...plain, texts, formIsLatin: true }, 'strict')).toBe('Its words mix letters of two alphabets.');
    expect(verdict({ ...plain, texts, formIsLatin: false }, 'strict')).toBeNull();
  });

  test('says the weightiest reason first', () => {
    const texts = textsOf({ message: 'https://bit.ly/abc [url=x]y[/url]' });
    expect(verdict({ ...plain, texts }, 'normal')).toMatch(/^Its links are written for forums .* hides where it leads/);
  });
});

test('words of letters by chance are told from words', () => {
  for (const word of ['hUqkzJdWfTQoPnB', 'sdfghjkl', 'asdfasdf', 'qwertyuiop', 'wrtpsdfg', 'mKjHgFdSaPoIuYtR'])
    expect(looksRandom(word), word).toBe(true);
  for (const word of [
    'MacDonald',
    'JavaScript',
    'Rechtsschutz',
    'Angstschweiss',
    'Brzeczyszczykiewicz',
    'GMBHKGRLT',
    'Nguyen',
  ])
    expect(looksRandom(word), word).toBe(false);
});

test('fields are known by their names', () => {
  const kinds = [
    'your-message',
    'Nachricht',
    'お問い合わせ内容',
    'first_name',
    'Vorname',
    'promoCode',
    'formId',
    'Lieferadresse',
    'x',
  ];
  expect(kinds.map(fieldKind)).toEqual([
    'message',
    'message',
    'message',
    'name',
    'name',
    'opaque',
    'opaque',
    'address',
    'other',
  ]);
});

describe('values', () => {
  const message = 'We  can bring your site to the\ntop of all search engines.';

  test('are e-mails and long messages, compared whatever their case and blanks', () => {
    const texts = textsOf({ Email: ' Alice@Example.com ', note: 'short', message, consent: `${message} ${message}` });
    expect(emailsOf(texts)).toEqual(['alice@example.com']);
    expect(messagesOf(texts)).toEqual(['we can bring your site to the top of all search engines.']);
  });

  test('are remembered as hashes of one site, that say nothing of them', () => {
    const texts = textsOf({ email: 'alice@example.com', message });
    const marks = marksOf(vault, 'site_1', texts);
    expect(marks.map(({ kind }) => kind)).toEqual(['email', 'text']);
    for (const { hash } of marks) expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(marksOf(vault, 'site_1', texts)).toEqual(marks);
    const others = [
      ...marksOf(vault, 'site_2', texts),
      ...marksOf(createVault('another secret of 32 characters.'), 'site_1', texts),
    ];
    expect(others.some(({ hash }) => marks.some((mark) => mark.hash === hash))).toBe(false);
  });

  test('of a huge lead are looked at in part', () => {
    const fields = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, 'x'.repeat(10_000)]));
    expect(textsOf(fields).reduce((sum, { text }) => sum + text.length, 0)).toBe(32_000);
  });
});

describe('the render token', () => {
  const NOW = Date.UTC(2026, 10, 22, 14, 5);
  const token = makeRenderToken(vault, 'abcdefghij', NOW);
  const check = (ms: number, given: string | null = token, endpoint = 'abcdefghij') =>
    checkRenderToken(vault, endpoint, given, NOW + ms);

  test('says for a day how long ago the form was shown', () => {
    expect(check(0)).toEqual({ ms: 0 });
    expect(check(2_500)).toEqual({ ms: 2_500 });
    expect(check(DAY_MS)).toEqual({ ms: DAY_MS });
    expect(check(DAY_MS + 1)).toBe('stale');
    expect(check(-1)).toBe('stale');
  });

  test('of another endpoint, another server, changed or none is forged', () => {
    const [at, signed] = token.split('.');
    expect(check(5_000, token, 'abcdefghik')).toBe('forged');
    expect(check(5_000, makeRenderToken(createVault('another secret of 32 characters.'), 'abcdefghij', NOW))).toBe(
      'forged',
    );
    for (const given of [
      null,
      '',
      '.',
      `${at}`,
      `${at}.`,
      `.${signed}`,
      `${token}.x`,
      `${at}x.${signed}`,
      `9${token}`,
      token.toUpperCase(),
    ])
      expect(check(5_000, given), String(given)).toBe('forged');
  });
});

describe('memory', () => {
  test('counts others who sent a message within the hour; the same one does not count', () => {
    const clock = new TestClock();
    const memory = createSpamMemory(clock);
    expect(memory.othersWhoSent('m', 'a')).toBe(0);
    expect(memory.othersWhoSent('m', 'a')).toBe(0);
    expect(memory.othersWhoSent('m', 'b')).toBe(1);
    expect(memory.othersWhoSent('other', 'c')).toBe(0);
    expect(memory.othersWhoSent('m', 'c')).toBe(2);
    clock.advance(3_600_000);
    expect(memory.othersWhoSent('m', 'd')).toBe(0);
  });

  test('is bounded: the oldest message is forgotten, senders are counted up to a number', () => {
    const memory = createSpamMemory(new TestClock());
    memory.othersWhoSent('first', 'a');
    for (let i = 0; i < 20_000; i++) memory.othersWhoSent(`m${i}`, 'a');
    expect(memory.othersWhoSent('first', 'b')).toBe(0);
    expect(memory.othersWhoSent('m19999', 'b')).toBe(1);
    let others = 0;
    for (let i = 0; i < 100; i++) others = memory.othersWhoSent('many', `s${i}`);
    expect(others).toBe(16);
  });

  test('knows a form’s alphabet after enough leads', () => {
    const memory = createSpamMemory(new TestClock());
    for (let i = 0; i < 19; i++) memory.noteLead('f', false);
    expect(memory.isLatin('f')).toBe(false);
    memory.noteLead('f', false);
    expect(memory.isLatin('f')).toBe(true);
    memory.noteLead('f', true);
    expect(memory.isLatin('f')).toBe(false);
  });
});
