import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bodyHash, canonicalJson } from '../../src/intake/canonical.ts';

describe('canonicalJson', () => {
  test('sorts members at every depth and leaves the order of lists', () => {
    expect(canonicalJson({ b: [2, 1, { d: 1, c: null }], a: 'é"\n' })).toBe(
      '{"a":"é\\"\\n","b":[2,1,{"c":null,"d":1}]}',
    );
    expect(bodyHash(JSON.parse('{"b":1,"a":{"d":2,"c":3}}'))).toBe(bodyHash({ a: { c: 3, d: 2 }, b: 1.0 }));
  });

  test('tells apart what differs', () => {
    // biome-ignore format: a table
    const bodies = [
      {}, [], null, '', 0, false, { a: null }, { a: '1' }, { a: 1 }, { a: [1] }, { a: [[1]] }, [1, 2], [2, 1], ['1,2'],
      { a: 'b,c:d' }, { a: 'b', c: 'd' }, JSON.parse('{"__proto__":1}'), JSON.parse('1e999'), JSON.parse('-1e999'), 'null',
    ];
    expect(new Set(bodies.map(bodyHash)).size).toBe(bodies.length);
  });

  test('is JSON of the same value, whatever the value and the order of its members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(bodyHash(reversed)).toBe(bodyHash(value));
      }),
    );
  });

  test('a body nested a hundred thousand deep has a hash too', () => {
    let value: unknown = 1;
    for (let i = 0; i < 100_000; i++) value = i % 2 === 0 ? [value] : { a: value };
    expect(bodyHash(value)).toMatch(/^[0-9a-f]{64}$/);
  });
});
