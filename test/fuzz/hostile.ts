import * as fc from 'fast-check';

/** Texts that have broken something somewhere. */
const TEXTS: readonly string[] = [
  ...['', ' ', '\0', '\t', '\n', '\r\n', '\u00a0', '\u200b', '\ufeff', '\u2028', '\ufffe', '\uffff', '\u0085'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then'],
  ...['\ud800', 'a\udc00b', '\udc00\ud800', '😀', '👩‍👩‍👧', 'e\u0301', 'é', 'ﬀ', 'İ', 'ß', '\u202egnp.exe', '\u2066x'],
  ...["' OR 1=1 --", '"; DROP TABLE lead; --', '%', '_', '\\', '/', '~1', '~0', '../../etc/passwd', '%00', '%2e%2e%2f'],
  ...[
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '<script>alert(1)</script>',
    '$(id)',
    '`id`',
    '{{7*7}}',
    '#{7*7}',
    'javascript:1',
  ],
  ...['null', 'true', 'undefined', 'NaN', 'Infinity', '-0', '1e999', '0x10', '１２', '1,000', '00', '9'.repeat(40)],
  ...[
    '4111111111111111',
    '4111 1111 1111 1111',
    'password',
    'cvc',
    'alice@example.com',
    '+1 555 0100',
    'x'.repeat(300),
  ],
  ...['x'.repeat(10_001), '\u0301'.repeat(500), '\u200d'.repeat(300), ' '.repeat(20_000), 'a.b.c', '.', '..', 'a..b'],
  ...['2026-11-22T14:05:00Z', '2026-11-22', '0000-00-00T00:00:00Z', '9999-12-31T23:59:60Z', '2016-12-31T23:59:60Z'],
  ...['2026-02-30T00:00:00Z', '2026-11-22T14:05:00+23:59', '-2026-11-22T14:05:00Z', '2026-11-22t14:05:00.123456789z'],
  ...[
    'https://example.com/?utm_source=%',
    'https://example.com/?gclid=1&gclid=2#?utm_source=x',
    '//x',
    'http://[',
    'data:,',
  ],
  ...['Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0', 'desktop', 'google', 'hot', 'API', 'api'],
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 12 }) },
);

/** Names come from a pool: made-up ones would make ever more forms and fields, which are kept for good. */
export const hostileName: fc.Arbitrary<string> = fc.constantFrom(...TEXTS);

const RAW = /"@raw:([^"]*)@"/g;
/** Numbers as JSON writes them and no number of ours does. */
const raw = fc
  .constantFrom('1e999', '-1e999', '1e-999', '-0', '0.1e1', '9007199254740993', '1'.repeat(400), '1E+2', '5e-324')
  .map((text) => `@raw:${text}@`);

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  raw,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2 ** 53, 1e21, Number.MAX_VALUE),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any JSON at all, some of it deep or wide. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 5, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 5 }) },
    { weight: 2, arbitrary: fc.array(fc.tuple(hostileName, tie('value')), { maxLength: 5 }).map(Object.fromEntries) },
  ),
})).value;

/** As `JSON.stringify`, with numbers that it would not write. */
export function toJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(RAW, '$1');
}

/** So deep that a parser that recurses may run out of stack. */
export const deepText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(33, 100, 1_000, 20_000, 250_000),
    fc.constantFrom<[string, string]>(['[', ']'], ['{"a":', '}'], ['[{"a":[', ']}]']),
    fc.boolean(),
  )
  .map(([depth, [open, close], closed]) => {
    const times = Math.floor(Math.min(depth, 1_000_000 / (open.length + close.length)));
    return `${open.repeat(times)}1${closed ? close.repeat(times) : ''}`;
  });

/** A JSON text with something done to it; often no JSON any more. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const bit = fc.constantFrom(
    '',
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    '\0',
    '\ufeff',
    '\\ud800',
    ' ',
    '//',
    "'",
    'NaN',
  );
  return fc.tuple(text, fc.nat(), fc.nat(6), bit).map(([whole, at, gone, put]) => {
    const start = whole.length === 0 ? 0 : at % whole.length;
    return whole.slice(0, start) + put + whole.slice(start + gone);
  });
}
