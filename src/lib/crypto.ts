import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** Keys derived from `LTS_SECRET`, one per purpose, so that none can stand in for another. */
export interface Vault {
  /** HMAC-SHA256 of an API key, hex: what is stored in its place. Spec 2, "Keys". */
  hashKey(apiKey: string): string;
  /** Keyed hash of a visitor's address, hex; useless without the secret. Spec 1. */
  hashAddress(address: string): string;
  /** Keyed hash of a random secret of ours, hex: what is stored in its place. One of another purpose differs. */
  hashToken(purpose: TokenPurpose, token: string): string;
  /** AES-256-GCM. `context` is bound to the result: a secret moved to another row won't open. */
  seal(plain: string, context: string): string;
  /** Opens what `seal` made. Throws when the secret, the context or the text differs. */
  open(sealed: string, context: string): string;
  /** Tells whether a database was made under the same secret, without giving the secret away. */
  checkValue(): string;
}

/** `csrf`: what the forms of a session carry; made from its token and stored nowhere. */
export type TokenPurpose = 'session' | 'csrf' | 'link' | 'recovery' | 'hook' | 'file' | 'spam' | 'render';

const SEAL_VERSION = 'v1';

export function createVault(secret: string): Vault {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, 'leadtosheet', purpose, 32));
  /** Copied for each text, as the first half of the work is the same for all. */
  const keyed = (purpose: string) => new Bun.CryptoHasher('sha256', derive(purpose));
  const apiKeys = keyed('api-keys');
  const addresses = keyed('addresses');
  const tokens = keyed('tokens');
  const check = keyed('check-value');
  const sealing = derive('sealing');
  const hmac = (hasher: Bun.CryptoHasher, text: string) => hasher.copy().update(text).digest('hex');
  return {
    hashKey: (apiKey) => hmac(apiKeys, apiKey),
    hashAddress: (address) => hmac(addresses, address),
    hashToken: (purpose, token) => hmac(tokens, `${purpose}:${token}`),
    checkValue: () => hmac(check, 'leadtosheet'),
    seal(plain, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealing, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return [SEAL_VERSION, ...[iv, cipher.getAuthTag(), body].map((part) => part.toString('base64url'))].join('.');
    },
    open(sealed, context) {
      const [version, iv, tag, body] = sealed.split('.');
      if (version !== SEAL_VERSION || !iv || !tag || body === undefined) throw new Error('not a sealed secret');
      const decipher = createDecipheriv('aes-256-gcm', sealing, Buffer.from(iv, 'base64url'));
      decipher.setAAD(Buffer.from(context)).setAuthTag(Buffer.from(tag, 'base64url'));
      return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8');
    },
  };
}

/** Compares two texts in a time that does not depend on where they differ. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** SHA-256, hex. */
export function sha256(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex');
}
