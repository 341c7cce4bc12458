import { createSign } from 'node:crypto';
import type { FakeGoogle, ServiceAccountKey } from './client.ts';

/** What the fake's own tests share: a signed-in caller and a few shorthands. */

export const SPREADSHEETS = 'https://www.googleapis.com/auth/spreadsheets';
export const METADATA_READONLY = 'https://www.googleapis.com/auth/drive.metadata.readonly';

export interface Answer {
  status: number;
  body: any;
  headers: Headers;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT as the auth library would sign it; claims can be overridden to make it wrong. */
export function signJwt(key: ServiceAccountKey, claims: Record<string, unknown>): string {
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createSign('sha256').update(text).sign(key.private_key, 'base64url')}`;
}

export async function postForm(url: string, form: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

/** Asks for a token for a service account; the clock is the fake's. */
export async function requestToken(
  google: FakeGoogle,
  key: ServiceAccountKey,
  override: Record<string, unknown> = {},
): Promise<Answer> {
  const iat = Math.floor((await google.now()) / 1000);
  const claims = {
    iss: key.client_email,
    scope: SPREADSHEETS,
    aud: 'https://oauth2.googleapis.com/token',
    iat,
    exp: iat + 3600,
  };
  const assertion = signJwt(key, { ...claims, ...override });
  return postForm(`${google.url}/token`, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
}

/** A caller with a token. */
export class Caller {
  constructor(
    private readonly google: FakeGoogle,
    readonly token: string,
  ) {}

  async call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
    const response = await fetch(`${this.google.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  }

  batch(id: string, requests: unknown[], signal?: AbortSignal): Promise<Answer> {
    return this.call('POST', `/v4/spreadsheets/${id}:batchUpdate?fields=replies`, { requests }, signal);
  }

  get(id: string, fields: string): Promise<Answer> {
    return this.call('GET', `/v4/spreadsheets/${id}?fields=${encodeURIComponent(fields)}`);
  }

  search(id: string, ...lookups: object[]): Promise<Answer> {
    const dataFilters = lookups.map((developerMetadataLookup) => ({ developerMetadataLookup }));
    return this.call('POST', `/v4/spreadsheets/${id}/developerMetadata:search?fields=matchedDeveloperMetadata`, {
      dataFilters,
    });
  }
}

/** A service account that is signed in, and a spreadsheet shared with it. */
export async function signIn(
  google: FakeGoogle,
  scope = SPREADSHEETS,
): Promise<{ caller: Caller; key: ServiceAccountKey }> {
  const key = await google.createServiceAccount();
  const { body } = await requestToken(google, key, { scope });
  return { caller: new Caller(google, body.access_token), key };
}

export const text = (value: string) => ({ userEnteredValue: { stringValue: value } });

export const append = (sheetId: number, ...rows: string[][]) => ({
  appendCells: { sheetId, fields: 'userEnteredValue', rows: rows.map((row) => ({ values: row.map(text) })) },
});

export const guard = (metadataId: number, metadataValue = 'batch') => ({
  createDeveloperMetadata: {
    developerMetadata: {
      metadataId,
      metadataKey: 'lc.g',
      metadataValue,
      visibility: 'DOCUMENT',
      location: { spreadsheet: true },
    },
  },
});

export const columnTag = (metadataId: number, sheetId: number, index: number, metadataValue: string) => ({
  createDeveloperMetadata: {
    developerMetadata: {
      metadataId,
      metadataKey: 'lc.f',
      metadataValue,
      visibility: 'DOCUMENT',
      location: { dimensionRange: { sheetId, dimension: 'COLUMNS', startIndex: index, endIndex: index + 1 } },
    },
  },
});
