import { describe, expect, test } from 'bun:test';
import { isWellFormedKey, KEY_PREFIX_LENGTH, keyChecksum, newApiKey } from '../../src/lib/api-key.ts';

/** IEEE CRC-32, bit by bit: another way than the one under test. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function fromBase62(text: string): number {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  return [...text].reduce((sum, char) => sum * 62 + digits.indexOf(char), 0);
}

describe('API keys', () => {
  test('end in the IEEE CRC-32 of all before it, `lts_` included, in six zero-padded base-62 characters', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    expect(fromBase62(keyChecksum('123456789'))).toBe(0xcbf43926);
    expect(keyChecksum('')).toBe('000000');
    for (let i = 0; i < 200; i++) {
      const key = newApiKey();
      expect(key).toMatch(/^lts_[0-9A-Za-z]{38}$/);
      expect(fromBase62(key.slice(-6))).toBe(crc32(key.slice(0, -6)));
      expect(isWellFormedKey(key)).toBe(true);
    }
  });

  test('every single wrong, missing, added or swapped character is told from a key', () => {
    const key = newApiKey();
    for (let i = 0; i < key.length; i++) {
      const other = key[i] === 'a' ? 'b' : 'a';
      expect(isWellFormedKey(key.slice(0, i) + other + key.slice(i + 1))).toBe(false);
      expect(isWellFormedKey(key.slice(0, i) + key.slice(i + 1))).toBe(false);
      expect(isWellFormedKey(key.slice(0, i) + other + key.slice(i))).toBe(false);
      const swapped = key.slice(0, i) + (key[i + 1] ?? '') + (key[i] ?? '') + key.slice(i + 2);
      if (swapped !== key) expect(isWellFormedKey(swapped)).toBe(false);
    }
    for (const text of ['', 'lts_', `${key}\n`, ` ${key}`, key.toUpperCase()])
      expect(isWellFormedKey(text)).toBe(false);
  });

  test('two keys differ, and what is shown of them is too little to go by', () => {
    const keys = new Set(Array.from({ length: 500 }, newApiKey));
    expect(keys.size).toBe(500);
    expect(KEY_PREFIX_LENGTH).toBe(8);
  });
});
