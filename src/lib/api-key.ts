import { customAlphabet } from 'nanoid';

/** 0-9A-Za-z, as spec 2, "Keys" has it. */
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** What every key begins with. */
export const API_KEY_PREFIX = 'lts_';
const KEY_SHAPE = /^lts_[0-9A-Za-z]{38}$/;
const secretPart = customAlphabet(BASE62, 32);

/** How much of a key is kept in the clear, to tell keys apart in a list. */
export const KEY_PREFIX_LENGTH = 8;

/** IEEE CRC-32 of `text` as 6 base-62 characters. */
export function keyChecksum(text: string): string {
  let rest = Bun.hash.crc32(text);
  let sum = '';
  for (let i = 0; i < 6; i++) {
    sum = (BASE62[rest % 62] ?? '0') + sum;
    rest = Math.floor(rest / 62);
  }
  return sum;
}

/** A new key: `lts_` + 32 random characters + their checksum. */
export function newApiKey(): string {
  const body = `${API_KEY_PREFIX}${secretPart()}`;
  return body + keyChecksum(body);
}

/** Whether a text can be a key at all; false means a typo, told apart without a look-up. */
export function isWellFormedKey(text: string): boolean {
  return KEY_SHAPE.test(text) && keyChecksum(text.slice(0, -6)) === text.slice(-6);
}
