import { describe, expect, test } from 'bun:test';
import { createHmac, hkdfSync } from 'node:crypto';
import { createVault, sameText, sha256 } from '../../src/lib/crypto.ts';

const vault = createVault('the secret of this test, long enough');
const other = createVault('another secret of this test, as long');

describe('the vault', () => {
  test('hashes keys by HMAC-SHA256 under a key of their own, derived from the secret', () => {
    const derived = Buffer.from(
      hkdfSync('sha256', 'the secret of this test, long enough', 'leadtosheet', 'api-keys', 32),
    );
    expect(vault.hashKey('lts_x')).toBe(createHmac('sha256', derived).update('lts_x').digest('hex'));
  });

  test('gives the same text another hash for each purpose and each secret, and the same one each time', () => {
    const hashes = [vault.hashKey('a'), vault.hashAddress('a'), other.hashKey('a'), other.hashAddress('a')];
    expect(new Set([...hashes, vault.checkValue(), other.checkValue()]).size).toBe(6);
    expect(createVault('the secret of this test, long enough').hashKey('a')).toBe(hashes[0] ?? '');
  });

  test('opens what it sealed, whatever the text, and never seals twice alike', () => {
    for (const text of ['', 'plain', 'ünï \u0000 😀', 'x'.repeat(100_000)]) {
      const sealed = vault.seal(text, 'row 1');
      expect(vault.open(sealed, 'row 1')).toBe(text);
      expect(vault.seal(text, 'row 1')).not.toBe(sealed);
      if (text.length > 4) expect(sealed).not.toContain(text);
    }
  });

  test('opens nothing under another secret, for another row, changed, cut or of another kind', () => {
    const sealed = vault.seal('a secret', 'row 1');
    const [version = '', iv = '', tag = '', body = ''] = sealed.split('.');
    const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    expect(() => other.open(sealed, 'row 1')).toThrow();
    const changed = [
      [flip(version), iv, tag, body],
      [version, flip(iv), tag, body],
      [version, iv, flip(tag), body],
      [version, iv, tag, flip(body)],
      [version, iv, tag, body.slice(0, -2)],
      [version, iv, tag],
      [version, iv, '', body],
      // A short tag would be easy to guess.
      [version, iv, tag.slice(0, 6), body],
      [version, tag, iv, body],
      [],
    ];
    for (const parts of changed) expect(() => vault.open(parts.join('.'), 'row 1')).toThrow();
    expect(() => vault.open(sealed, 'row 2')).toThrow();
    expect(vault.open(sealed, 'row 1')).toBe('a secret');
  });
});

test('texts are the same or not, whatever their length', () => {
  expect(sameText('abc', 'abc')).toBe(true);
  expect(sameText('', '')).toBe(true);
  for (const [a, b] of [
    ['abc', 'abd'],
    ['abc', 'ab'],
    ['', 'a'],
    ['\u00e9', 'e\u0301'],
    ['\ud800', '\ud801a'],
  ] as const)
    expect(sameText(a, b)).toBe(false);
});

test('SHA-256 as FIPS 180-2 has it', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('a token has another hash for each purpose and under each secret, and none is the hash of a key', () => {
  const [vault, other] = [
    createVault('one secret of 32 characters here'),
    createVault('another secret, 32 characters ok'),
  ];
  const hashes = [
    vault.hashToken('session', 't'),
    vault.hashToken('csrf', 't'),
    vault.hashToken('link', 't'),
    vault.hashToken('recovery', 't'),
    other.hashToken('session', 't'),
    vault.hashKey('t'),
    vault.hashAddress('t'),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(vault.hashToken('session', 't')).toBe(
    createVault('one secret of 32 characters here').hashToken('session', 't'),
  );
});
