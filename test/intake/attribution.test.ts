import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { attribute } from '../../src/intake/attribution.ts';
import { cleanUrl, queryOf } from '../../src/intake/urls.ts';

describe('attribute', () => {
  test('the address fills in what the sender left out, and only that', () => {
    const page_url =
      'https://x.example/a?utm_source=url&utm_medium=cpc&utm_campaign=a+b%20c&utm_term=%C3%A9&utm_content=';
    expect(attribute({ page_url, utm_source: 'sent', utm_medium: null })).toEqual({
      utm_source: 'sent',
      utm_medium: 'cpc',
      utm_campaign: 'a b c',
      utm_term: 'é',
      utm_content: null,
      click_id: null,
      paid_source: null,
    });
  });

  test.each([
    ['gclid', 'google'],
    ['gbraid', 'google'],
    ['wbraid', 'google'],
    ['fbclid', 'meta'],
    ['msclkid', 'microsoft'],
    ['ttclid', 'tiktok'],
    ['li_fat_id', 'linkedin'],
  ] as const)('%s means %s, sent or in the address', (name, paid_source) => {
    expect(attribute({ [name]: 'X1' })).toMatchObject({ click_id: 'X1', paid_source });
    expect(attribute({ page_url: `/p?a=b&${name}=X1#top` })).toMatchObject({ click_id: 'X1', paid_source });
  });

  test('click_id comes before raw ids, raw ids before the address, an explicit paid_source before all', () => {
    const page_url = 'https://x.example/?gclid=fromurl';
    expect(attribute({ page_url, fbclid: 'raw' })).toMatchObject({ click_id: 'raw', paid_source: 'meta' });
    expect(attribute({ page_url, fbclid: 'raw', click_id: 'own' })).toMatchObject({
      click_id: 'own',
      paid_source: 'meta',
    });
    expect(attribute({ page_url, fbclid: 'raw', click_id: 'fromurl' })).toMatchObject({ paid_source: 'google' });
    expect(attribute({ page_url, paid_source: 'tiktok' })).toMatchObject({
      click_id: 'fromurl',
      paid_source: 'tiktok',
    });
    expect(attribute({ ttclid: 't', gclid: 'g' })).toMatchObject({ click_id: 'g', paid_source: 'google' });
    expect(attribute({ click_id: 'own' })).toMatchObject({ click_id: 'own', paid_source: null });
  });

  test.each([
    ['/pricing?utm_source=a', 'a'],
    ['?utm_source=a', 'a'],
    ['https://x.example/?UTM_Source=a', 'a'],
    ['https://x.example/?utm_source=a&utm_source=b', 'a'],
    ['http://[broken?utm_source=a', 'a'],
    ['https://x.example/?utm_source=50%', '50%'],
    ['https://x.example/#/pricing?utm_source=a', 'a'],
    ['https://x.example/#utm_source=a', null],
    ['https://x.example/', null],
    ['not an address', null],
    ['', null],
  ])('%j gives utm_source %j', (page_url, utm_source) => {
    expect(attribute({ page_url }).utm_source).toBe(utm_source);
  });

  test('names of the query are data', () => {
    expect(attribute({ page_url: '/?__proto__=x&constructor=y' }).utm_source).toBeNull();
    expect(queryOf('/?__proto__=x', new Set(['__proto__'])).get('__proto__')).toBe('x');
  });
});

describe('cleanUrl', () => {
  test.each([
    ['https://x.example/a?b=c&token=hunter2&d', 'https://x.example/a?b=c&d'],
    ['https://x.example/a?token=hunter2', 'https://x.example/a'],
    ['https://x.example/a?user%5Fpassword=hunter2&b=1#top', 'https://x.example/a?b=1#top'],
    ['https://x.example/#access_token=hunter2&state=1', 'https://x.example/#state=1'],
    ['https://ann:hunter2@x.example/a', 'https://x.example/a'],
    ['/relative?pin=hunter2&x=1', '/relative?x=1'],
  ])('%j becomes %j', (text, url) => expect(cleanUrl(text)).toEqual({ url, dropped: true, masked: false }));

  test.each([
    ['/a?q=4111111111111111', '/a?q=************1111'],
    ['/a?q=4111+1111%201111+1111', '/a?q=****%20****%20****%201111'],
    ['/cards/4111111111111111', '/cards/************1111'],
  ])('%j becomes %j', (text, url) => expect(cleanUrl(text)).toEqual({ url, dropped: false, masked: true }));

  test.each([
    'https://x.example/a?b=c&&d=%zz&e#f',
    'https://x.example/@ann/?mail=a@b.example',
    '/a?phone=4111111111111111',
    '?',
    '#',
    '://',
    '',
  ])('%j stays as it was written', (url) => expect(cleanUrl(url)).toEqual({ url, dropped: false, masked: false }));

  test('never throws, and cleaning twice is cleaning once', () => {
    const part = fc.constantFrom(
      '?',
      '#',
      '&',
      '=',
      '://',
      '@',
      'token',
      'q',
      '%',
      '%20',
      '+',
      '4111111111111111',
      '/',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 5 })), { maxLength: 15 }), (parts) => {
        const { url } = cleanUrl(parts.join(''));
        expect(cleanUrl(url).url).toBe(url);
      }),
      { numRuns: 2_000 },
    );
  });
});
