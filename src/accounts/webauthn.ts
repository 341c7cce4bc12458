import { isIP } from 'node:net';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { once } from '../lib/once.ts';
import type { NewPasskey, PasskeyProof, StoredPasskey } from '../store/accounts.ts';

/*
 * What browsers say for authenticators, read and checked. Web Authentication, Level 3, 7.1 and 7.2. User verification
 * is always asked for: by that a passkey is two factors in one.
 */

/** For whom passkeys are made and asked: the host's name, and the origin of the pages that may ask. */
export interface Party {
  id: string;
  origin: string;
}

/** Null where browsers have no passkeys: an IP address, or no HTTPS. Only localhost is safe without. */
export function partyOf(publicUrl: string): Party | null {
  const { protocol, hostname, origin } = new URL(publicUrl);
  const local = hostname === 'localhost' || hostname.endsWith('.localhost');
  if (isIP(hostname) !== 0 || hostname.startsWith('[') || (protocol !== 'https:' && !local)) return null;
  return { id: hostname, origin };
}

/** Why an answer was not taken. */
export type Distrust = 'unreadable' | 'over' | 'other_origin' | 'other_party' | 'unverified';
export type Checked<T> = { ok: true; value: T } | { ok: false; why: Distrust };

/** An answer of a passkey there is, as far as it could be read. */
export interface Assertion {
  credentialId: string;
  /** The user it was made for, as the authenticator knows it; null: it doesn't say. */
  userHandle: string | null;
  response: AuthenticationResponseJSON;
}

export interface Asked {
  party: Party;
  /** Whether the challenge is one that was given out for this; it is used up by being asked. */
  take(challenge: string): boolean;
}

/** Edwards curves, P-256, RSA: in this order. IANA, "COSE Algorithms". */
export const ALGORITHMS = [-8, -7, -257];
/** WebAuthn, 4, "Credential ID": at most 1023 bytes. */
const MAX_ID_CHARS = 1_364;

/** In the compiled program the parts of one import may run in another order than written: the first has to be first. */
export const webauthn = once(async () => {
  await import('reflect-metadata');
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { ...server, ...helpers };
});
type Library = Awaited<ReturnType<typeof webauthn>>;

const distrust = (why: Distrust): { ok: false; why: Distrust } => ({ ok: false, why });

/** Reads what the script of our pages sends of an assertion; null: it is none. */
export function readAssertion(text: string): Assertion | null {
  const read = readAnswer(text, ['clientDataJSON', 'authenticatorData', 'signature']);
  if (read === null) return null;
  const { id, parts, response } = read;
  const handle = response.userHandle;
  const userHandle = typeof handle === 'string' ? Buffer.from(handle, 'base64url').toString() : null;
  const [clientDataJSON = '', authenticatorData = '', signature = ''] = parts;
  return {
    credentialId: id,
    userHandle,
    response: {
      ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
      response: { clientDataJSON, authenticatorData, signature },
    },
  };
}

/** The same for a passkey that was made. */
export function readAttestation(text: string): RegistrationResponseJSON | null {
  const read = readAnswer(text, ['clientDataJSON', 'attestationObject']);
  if (read === null) return null;
  const { id, parts, response } = read;
  const [clientDataJSON = '', attestationObject = ''] = parts;
  const said = Array.isArray(response.transports) ? response.transports : [];
  const transports = said.filter((each): each is string => typeof each === 'string' && /^[a-z-]{1,20}$/.test(each));
  return {
    ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
    response: { clientDataJSON, attestationObject, transports: transports.slice(0, 10) },
  };
}

function readAnswer(text: string, names: readonly string[]) {
  const answer = parseObject(text);
  const response = answer?.response;
  const id = answer?.id;
  if (!isBase64Url(id) || id.length > MAX_ID_CHARS || !isObject(response)) return null;
  const parts = names.map((name) => response[name]);
  return parts.every(isBase64Url) ? { id, parts, response } : null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isBase64Url = (value: unknown): value is string => typeof value === 'string' && /^[\w-]+$/.test(value);

/**
 * Checks an answer by the key that is stored. Whether its counter has grown is for the store to say, which knows of
 * those that race.
 */
export async function checkAssertion(
  { response, credentialId }: Assertion,
  { publicKey }: Pick<StoredPasskey, 'publicKey'>,
  { party, take }: Asked,
): Promise<Checked<PasskeyProof>> {
  const library = await webauthn();
  const client = readClientData(library, response.response.clientDataJSON);
  if (client === null) return distrust('unreadable');
  if (!take(client.challenge)) return distrust('over');
  if (client.origin !== party.origin) return distrust('other_origin');
  try {
    const { rpIdHash } = library.parseAuthenticatorData(bytes(response.response.authenticatorData));
    if (!isHashOf(rpIdHash, party.id)) return distrust('other_party');
    const { verified, authenticationInfo } = await library.verifyAuthenticationResponse({
      response,
      expectedChallenge: client.challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: credentialId, publicKey: bytes(publicKey), counter: 0 },
    });
    if (!verified) return distrust('unverified');
    return { ok: true, value: { credentialId, counter: authenticationInfo.newCounter } };
  } catch {
    // The library throws for each way in which an answer can be wrong, and tells them apart by text alone.
    return distrust('unverified');
  }
}

/** Checks a passkey that was made, and gives what is to be kept of it. */
export async function checkAttestation(
  answer: RegistrationResponseJSON,
  { party, take }: Asked,
): Promise<Checked<Omit<NewPasskey, 'name'>>> {
  const library = await webauthn();
  const client = readClientData(library, answer.response.clientDataJSON);
  if (client === null) return distrust('unreadable');
  if (!take(client.challenge)) return distrust('over');
  if (client.origin !== party.origin) return distrust('other_origin');
  try {
    const { authData, attestationObject } = withoutStatement(library, answer.response.attestationObject);
    if (!isHashOf(library.parseAuthenticatorData(authData).rpIdHash, party.id)) return distrust('other_party');
    const { verified, registrationInfo } = await library.verifyRegistrationResponse({
      response: { ...answer, response: { ...answer.response, attestationObject } },
      expectedChallenge: client.challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) return distrust('unverified');
    const { id, publicKey, counter } = registrationInfo.credential;
    if (id !== answer.id) return distrust('unverified');
    const transports = answer.response.transports ?? [];
    return {
      ok: true,
      value: { credentialId: id, publicKey: Buffer.from(publicKey).toString('base64url'), counter, transports },
    };
  } catch {
    return distrust('unverified');
  }
}

/**
 * An authenticator's statement of its make is not asked for, and so not read: checking one would fetch lists from
 * addresses that its certificates name.
 */
function withoutStatement({ decodeAttestationObject, isoCBOR }: Library, attestationObject: string) {
  const authData = decodeAttestationObject(bytes(attestationObject)).get('authData');
  const bare = new Map<string, string | typeof authData | Map<string, string>>()
    .set('fmt', 'none')
    .set('attStmt', new Map<string, string>())
    .set('authData', authData);
  return { authData, attestationObject: Buffer.from(isoCBOR.encode(bare)).toString('base64url') };
}

function readClientData({ decodeClientDataJSON }: Library, text: string): { challenge: string; origin: string } | null {
  try {
    const { challenge, origin } = decodeClientDataJSON(text);
    return typeof challenge === 'string' && typeof origin === 'string' ? { challenge, origin } : null;
  } catch {
    return null;
  }
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64url'));

const isHashOf = (hash: Uint8Array, text: string): boolean =>
  Buffer.from(hash).equals(new Bun.CryptoHasher('sha256').update(text).digest());
