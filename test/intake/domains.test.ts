import { expect, test } from 'bun:test';
import { allowsHost, pageOrigin, readDomains } from '../../src/intake/domains.ts';

test.each([
  ['example.com', ['example.com']],
  [
    'https://Example.com/contact?x=1, *.example.com\nshop.example.com:8080',
    ['example.com', '*.example.com', 'shop.example.com'],
  ],
  ['example.com example.com', ['example.com']],
  ['bücher.example', ['xn--bcher-kva.example']],
  ['localhost;127.0.0.1', ['localhost', '127.0.0.1']],
  ['  \n ', []],
])('%j names domains', (text, domains) => {
  expect(readDomains(text)).toEqual({ ok: true, domains });
});

test.each([
  'exa mple_.com',
  'a..b',
  '*.com',
  '*',
  'x.*.example.com',
  '-a.example.com',
  '" onload=',
  "'self'",
  'a;b\tc d_',
])('%j names one that is none', (text) => {
  expect(readDomains(text)).toMatchObject({ ok: false });
});

test.each([
  [['example.com'], 'example.com', true],
  [['example.com'], 'EXAMPLE.com', true],
  [['example.com'], 'www.example.com', false],
  [['example.com'], 'notexample.com', false],
  [['example.com'], 'example.com.evil.example', false],
  [['*.example.com'], 'www.example.com', true],
  [['*.example.com'], 'a.b.example.com', true],
  [['*.example.com'], 'example.com', false],
  [['*.example.com'], 'badexample.com', false],
  [[], 'example.com', false],
])('%j and %s: %p', (allowed, host, expected) => {
  expect(allowsHost(allowed, host)).toBe(expected);
});

test('a page says where it is by Origin, else by Referer', () => {
  const of = (headers: Record<string, string>) => pageOrigin(new Headers(headers))?.href ?? null;
  expect(of({ origin: 'https://a.example', referer: 'https://b.example/x' })).toBe('https://a.example/');
  expect(of({ origin: 'null', referer: 'https://b.example/x' })).toBe('https://b.example/x');
  expect(of({ origin: 'file://', referer: 'about:blank' })).toBeNull();
  expect(of({})).toBeNull();
});
