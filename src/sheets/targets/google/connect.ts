import type { GoogleApi, Reply } from './api.ts';
import { ownFailure } from './failures.ts';

export type SpreadsheetId = { ok: true; spreadsheetId: string } | { ok: false; message: string };

/** Google's file ids today have 44 characters; all seen so far were longer than 20. */
const ID = /^[A-Za-z0-9_-]{20,128}$/;
const WHERE = 'Open the spreadsheet in the browser and copy the address from its address bar.';

/**
 * The id of a spreadsheet from what people paste: its address in any of the forms that Google uses, or the id
 * alone. A refusal says what the text is instead.
 */
export function spreadsheetIdOf(text: string): SpreadsheetId {
  const trimmed = text.trim();
  if (trimmed === '') return refuse('There is nothing here.');
  if (ID.test(trimmed)) return { ok: true, spreadsheetId: trimmed };
  const address = /^https?:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (/\s/.test(trimmed) || !URL.canParse(address))
    return refuse('This is neither the address nor the id of a spreadsheet.');
  const url = new URL(address);
  if (
    url.hostname !== 'docs.google.com' &&
    url.hostname !== 'drive.google.com' &&
    url.hostname !== 'sheets.google.com'
  ) {
    return refuse('This is not an address of Google Sheets.');
  }
  return idOfPath(url);
}

function idOfPath(url: URL): SpreadsheetId {
  const { pathname } = url;
  if (/\/spreadsheets\/.*\bd\/e\//.test(pathname)) {
    return refuse('This is the address of a published copy, which cannot be written to.');
  }
  const kind = /\/(document|presentation|forms|drawings)\//.exec(pathname)?.[1];
  if (kind !== undefined) return refuse(`This is a Google ${NAMES[kind] ?? 'file'}, not a spreadsheet.`);
  if (/\/folders\//.test(pathname)) return refuse('This is a folder in Google Drive, not a spreadsheet.');
  // With several accounts signed in, Google puts /u/1 in; Workspace domains once had /a/<domain>.
  const id = /\/(?:spreadsheets|file)\/(?:u\/\d+\/)?d\/([^/]+)/.exec(pathname)?.[1] ?? fromQuery(url);
  return id !== null && ID.test(id) ? { ok: true, spreadsheetId: id } : refuse('This address names no spreadsheet.');
}

const NAMES: Record<string, string> = {
  document: 'document',
  presentation: 'presentation',
  forms: 'form',
  drawings: 'drawing',
};

/** `…/open?id=` of Drive, `…/ccc?key=` of old. */
const fromQuery = (url: URL): string | null => url.searchParams.get('id') ?? url.searchParams.get('key');

const refuse = (what: string): SpreadsheetId => ({ ok: false, message: `${what} ${WHERE}` });

/** How often a lost answer is looked after. */
const TRIES = 3;

/**
 * Makes a spreadsheet in the account of an OAuth connection. When the answer gets lost, the file is found by
 * `nonce` and taken over instead of a second one being made; so a caller that keeps the nonce may also repeat the
 * whole call. Refused for service accounts, which own no files (google-sheets.md 2.4).
 */
export async function ensureSpreadsheet(
  api: GoogleApi,
  name: string,
  nonce: string,
): Promise<Reply<{ spreadsheetId: string; url: string }>> {
  if (api.connectionKind === 'service_account') {
    const context = { email: api.email, connectionKind: api.connectionKind, api: 'drive' } as const;
    return { ok: false, failure: ownFailure('storage_quota', context) };
  }
  let reply = await api.createSpreadsheet(name, nonce);
  for (let i = 1; i < TRIES && !reply.ok && reply.failure.applied === 'maybe'; i++) {
    reply = await api.createSpreadsheet(name, nonce);
  }
  if (!reply.ok) return reply;
  const { spreadsheetId, url } = reply.value;
  return {
    ok: true,
    value: { spreadsheetId, url: url || `https://docs.google.com/spreadsheets/d/${spreadsheetId}/edit` },
  };
}
