import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/*
 * An authenticator with real keys, and the browser before it: WebAuthn, 6.1 to 6.5, written out for the tests. What
 * either could say wrongly can be given.
 */

export interface Faults {
  origin: string;
  rpId: string;
  challenge: string;
  type: string;
  /** Whether the user gave a fingerprint, a face or a PIN. */
  verified: boolean;
  counter: number;
  userHandle: string | undefined;
  /** Signs with another key. */
  forged: boolean;
  /** How the attestation is made; `packed` names a certificate, as makers do. */
  format: 'none' | 'packed';
}

/** One passkey of one authenticator. */
export interface Passkey {
  id: string;
  /** Answers `navigator.credentials.get`, as JSON. */
  get(options: { challenge: string; rpId?: string | undefined }, faults?: Partial<Faults>): string;
}

export interface Authenticator {
  /** Answers `navigator.credentials.create`, as JSON, and keeps the key. */
  create(
    options: { challenge: string; rp: { id?: string | undefined }; user: { id: string } },
    faults?: Partial<Faults>,
  ): { answer: string; passkey: Passkey };
}

/** @param counts whether each use is counted; those that are synced between devices always say 0 */
export function authenticator({ origin, counts = true }: { origin: string; counts?: boolean }): Authenticator {
  return {
    create(options, faults = {}) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const id = randomBytes(32);
      const rpId = faults.rpId ?? options.rp.id ?? '';
      const authData = Buffer.concat([
        authenticatorData(rpId, 0x40, 0, faults),
        Buffer.alloc(16),
        Buffer.from([0, id.length]),
        id,
        coseKey(publicKey),
      ]);
      const response = {
        clientDataJSON: clientData('webauthn.create', options.challenge, origin, faults),
        attestationObject: attestation(authData, faults.format ?? 'none').toString('base64url'),
        transports: ['internal', 'hybrid'],
      };
      const passkey = createPasskey({ id, privateKey, rpId, userHandle: options.user.id, origin, counts });
      return { answer: publicKeyCredential(id, response), passkey };
    },
  };
}

interface Kept {
  id: Buffer;
  privateKey: KeyObject;
  rpId: string;
  userHandle: string;
  origin: string;
  counts: boolean;
}

function createPasskey({ id, privateKey, rpId, userHandle, origin, counts }: Kept): Passkey {
  let counter = 0;
  return {
    id: id.toString('base64url'),
    get(options, faults = {}) {
      if (counts) counter++;
      const authData = authenticatorData(faults.rpId ?? rpId, 0, counter, faults);
      const clientDataJSON = clientData('webauthn.get', options.challenge, origin, faults);
      const signed = Buffer.concat([authData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
      const key = faults.forged ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : privateKey;
      return publicKeyCredential(id, {
        clientDataJSON,
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', signed, key).toString('base64url'),
        userHandle: 'userHandle' in faults ? faults.userHandle : userHandle,
      });
    },
  };
}

function publicKeyCredential(id: Buffer, response: object): string {
  const rawId = id.toString('base64url');
  return JSON.stringify({ id: rawId, rawId, type: 'public-key', response, clientExtensionResults: {} });
}

function clientData(type: string, challenge: string, origin: string, faults: Partial<Faults>): string {
  const said = { type: faults.type ?? type, challenge: faults.challenge ?? challenge, origin: faults.origin ?? origin };
  return Buffer.from(JSON.stringify({ ...said, crossOrigin: false })).toString('base64url');
}

/** WebAuthn, 6.1. */
function authenticatorData(rpId: string, more: number, counter: number, faults: Partial<Faults>): Buffer {
  const [present, verified] = [0x01, 0x04];
  const flags = present | (faults.verified === false ? 0 : verified) | more;
  const tail = Buffer.alloc(5);
  tail.writeUInt8(flags);
  tail.writeUInt32BE(faults.counter ?? counter, 1);
  return Buffer.concat([sha256(Buffer.from(rpId)), tail]);
}

/** RFC 9053, 7.1.1: a key on P-256, for ES256. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return cborMap([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Buffer.from(x, 'base64url')],
    [-3, Buffer.from(y, 'base64url')],
  ]);
}

function attestation(authData: Buffer, format: Faults['format']): Buffer {
  const statement: Cbor =
    format === 'none'
      ? []
      : [
          ['alg', -7],
          ['sig', randomBytes(70)],
          ['x5c', randomBytes(300)],
        ];
  return cborMap([
    ['fmt', format],
    ['attStmt', statement],
    ['authData', authData],
  ]);
}

type Cbor = string | number | Buffer | readonly (readonly [string | number, Cbor])[];

/** RFC 8949, as much of it as is needed here: a list of pairs is a map. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Buffer) return Buffer.concat([head(2, value.length), value]);
  return cborMap(value as readonly (readonly [string | number, Cbor])[]);
}

function cborMap(pairs: readonly (readonly [string | number, Cbor])[]): Buffer {
  return Buffer.concat([head(5, pairs.length), ...pairs.flat().map((each) => cbor(each as Cbor))]);
}

function head(major: number, n: number): Buffer {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  if (n < 256) return Buffer.from([(major << 5) | 24, n]);
  return Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
