import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ID_ALPHABET, ID_PREFIXES, idPattern, idTime, randomIds, timePart } from '../../src/lib/ids.ts';

const MAX_MS = 32 ** 9 - 1;
const time = fc.integer({ min: 0, max: MAX_MS });

describe('ids', () => {
  test('sort by time as text, and give their time back', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(idTime(`sub_${timePart(a)}000000000000`)).toBe(a);
        expect(Math.sign(timePart(a) < timePart(b) ? -1 : timePart(a) > timePart(b) ? 1 : 0)).toBe(Math.sign(a - b));
      }),
      { seed: 1 },
    );
    expect([timePart(0), timePart(-5), timePart(31.9), timePart(MAX_MS)]).toEqual([
      '000000000',
      '000000000',
      '00000000z',
      'zzzzzzzzz',
    ]);
    // A clock beyond the last moment must not begin again at the first one.
    for (const beyond of [MAX_MS + 1, 1e15, Number.POSITIVE_INFINITY]) expect(timePart(beyond)).toBe('zzzzzzzzz');
  });

  test('have the shape that the documentation shows, for every prefix, and don’t repeat', () => {
    const ids = randomIds();
    const made = new Set<string>();
    for (const prefix of ID_PREFIXES) {
      for (let i = 0; i < 200; i++) {
        const id = ids.next(prefix, 1_795_356_300_000 + (i % 3));
        expect(id).toMatch(new RegExp(idPattern(prefix)));
        expect(idTime(id)).toBe(1_795_356_300_000 + (i % 3));
        made.add(id);
      }
    }
    expect(made.size).toBe(ID_PREFIXES.length * 200);
    expect(Array.from({ length: 50 }, ids.endpoint).every((id) => /^[0-9a-z]{10}$/.test(id))).toBe(true);
  });

  test('letters that look alike are not in them', () => {
    expect(ID_ALPHABET).toHaveLength(32);
    expect([...ID_ALPHABET].sort().join('')).toBe(ID_ALPHABET);
    expect(ID_ALPHABET).not.toMatch(/[ilou]/);
  });

  test.each(['', 'sub_', 'sub_123', 'sub', '_', 'sub_iiiiiiiii000', 'sub_ABCDEFGHJ000'])('%j has no time', (text) => {
    expect(idTime(text)).toBeNaN();
  });
});
