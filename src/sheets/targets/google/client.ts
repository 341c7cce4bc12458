import {
  readBlock,
  readColumns,
  readFile,
  readFound,
  readInfo,
  readMade,
  readMetadata,
  readRanges,
  readReplies,
  readSearch,
} from './answers.ts';
import type { GoogleApi, Reply } from './api.ts';
import { type Call, createSend, type Send, type SendOptions } from './send.ts';
import { allowedGoogleUrl } from './urls.ts';

export type { GoogleCall } from './send.ts';
export { allowedGoogleUrl, GOOGLE_URLS, type GoogleUrls } from './urls.ts';

/** How long a call may take, in milliseconds, from the first byte sent to the last received. */
export interface GoogleTimeouts {
  read: number;
  /** Whole columns of a big tab. */
  bigRead: number;
  write: number;
}

/**
 * Google works at a write for up to 180 s and then answers with an error of its own (google-sheets.md 2.1): what
 * is silent after 185 s is a dead connection. Giving up sooner would only turn slow successes into uncertain ones.
 */
const TIMEOUTS: GoogleTimeouts = { read: 30_000, bigRead: 120_000, write: 185_000 };
const SPREADSHEET = 'application/vnd.google-apps.spreadsheet';
/** Marks a spreadsheet as the answer to one request to make one. Private to the OAuth client. */
const NONCE_PROPERTY = 'lts';

export interface GoogleApiOptions extends SendOptions {
  timeouts?: Partial<GoogleTimeouts>;
}

/**
 * The Sheets and Drive calls of one connection over plain HTTP. Throws only here, for an URL that is neither
 * Google's nor on this machine; no call ever throws.
 */
export function createGoogleApi(options: GoogleApiOptions): GoogleApi {
  for (const url of [options.urls.sheets, options.urls.drive]) {
    if (!allowedGoogleUrl(url)) throw new Error(`not an address of Google, nor of this machine: ${url}`);
  }
  const { email, connectionKind } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const send = createSend(options);
  return {
    email,
    connectionKind,
    ...metadataCalls(send, timeouts),
    ...valueCalls(send, timeouts),
    ...driveCalls(send, timeouts),
  };
}

const sheetPath = (id: string, rest: string) => `/v4/spreadsheets/${encodeURIComponent(id)}${rest}`;
const METADATA_FIELDS = 'metadataId,metadataKey,metadataValue,location';

function metadataCalls(send: Send, timeouts: GoogleTimeouts): Pick<GoogleApi, 'search' | 'metadata' | 'batchUpdate'> {
  const read = { api: 'sheets', quota: 'read', timeoutMs: timeouts.read } as const;
  return {
    search: (id, lookups) =>
      send(
        {
          ...read,
          name: 'search',
          method: 'POST',
          path: sheetPath(id, '/developerMetadata:search'),
          query: { fields: `matchedDeveloperMetadata.developerMetadata(${METADATA_FIELDS})` },
          body: { dataFilters: lookups.map((lookup) => ({ developerMetadataLookup: lookup })) },
        },
        readSearch,
      ),
    async metadata(id, metadataId) {
      const path = sheetPath(id, `/developerMetadata/${metadataId}`);
      const query = { fields: METADATA_FIELDS };
      const reply = await send({ ...read, name: 'metadata', method: 'GET', path, query }, readMetadata);
      return !reply.ok && reply.failure.problem.code === 'metadata_missing' ? { ok: true, value: null } : reply;
    },
    batchUpdate: (id, requests) =>
      send(
        {
          name: 'batchUpdate',
          api: 'sheets',
          quota: 'write',
          method: 'POST',
          path: sheetPath(id, ':batchUpdate'),
          query: { fields: 'spreadsheetId,replies' },
          body: { requests, includeSpreadsheetInResponse: false },
          timeoutMs: timeouts.write,
        },
        (body) => readReplies(body, id),
      ),
  };
}

const INFO_FIELDS =
  'spreadsheetId,spreadsheetUrl,properties(title,timeZone),sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),protectedRanges(range,requestingUserCanEdit,warningOnly))';

function valueCalls(
  send: Send,
  timeouts: GoogleTimeouts,
): Pick<GoogleApi, 'info' | 'columns' | 'ranges' | 'head' | 'rows'> {
  const read = { api: 'sheets', quota: 'read', timeoutMs: timeouts.read } as const;
  const info: GoogleApi['info'] = (id) =>
    send({ ...read, name: 'info', method: 'GET', path: sheetPath(id, ''), query: { fields: INFO_FIELDS } }, readInfo);
  const block = blockReader(read, send, info);
  const marked = (id: string, metadataIds: readonly number[], majorDimension: 'COLUMNS' | 'ROWS') =>
    ({
      ...read,
      name: majorDimension === 'COLUMNS' ? 'columns' : 'ranges',
      method: 'POST',
      timeoutMs: timeouts.bigRead,
      path: sheetPath(id, '/values:batchGetByDataFilter'),
      query: { fields: 'valueRanges(valueRange(range,values),dataFilters)' },
      body: {
        dataFilters: metadataIds.map((metadataId) => ({ developerMetadataLookup: { metadataId } })),
        majorDimension,
        valueRenderOption: 'UNFORMATTED_VALUE',
        dateTimeRenderOption: 'SERIAL_NUMBER',
      },
    }) as const;
  return {
    info,
    columns: (id, metadataIds) => send(marked(id, metadataIds, 'COLUMNS'), readColumns),
    ranges: (id, metadataIds) => send(marked(id, metadataIds, 'ROWS'), readRanges),
    async head(id, sheetId, rows) {
      const reply = await block(id, sheetId, { start: 0, count: rows, render: 'FORMATTED_VALUE' });
      return reply.ok ? { ok: true, value: reply.value.map((row) => row.map(String)) } : reply;
    },
    rows: (id, sheetId, start, count, render = 'UNFORMATTED_VALUE') => block(id, sheetId, { start, count, render }),
  };
}

function driveCalls(send: Send, timeouts: GoogleTimeouts): Pick<GoogleApi, 'file' | 'createSpreadsheet'> {
  const drive = { api: 'drive', quota: null, timeoutMs: timeouts.read } as const;
  return {
    file: (id) =>
      send(
        {
          ...drive,
          name: 'file',
          method: 'GET',
          path: `/drive/v3/files/${encodeURIComponent(id)}`,
          query: { fields: 'id,name,trashed,capabilities(canEdit,canModifyContent)', supportsAllDrives: 'true' },
        },
        readFile,
      ),
    async createSpreadsheet(name, nonce) {
      // Google has no idempotency key for this: what an earlier call made is found by its nonce and taken over.
      const property = `key='${NONCE_PROPERTY}' and value='${nonce.replace(/[\\']/g, '\\$&')}'`;
      const query = { q: `appProperties has { ${property} } and trashed=false`, fields: 'files(id,webViewLink)' };
      const found = await send(
        { ...drive, name: 'findSpreadsheet', method: 'GET', path: '/drive/v3/files', query },
        readFound,
      );
      if (!found.ok) return { ok: false, failure: { ...found.failure, applied: 'no' } };
      const [first] = found.value;
      if (first) return { ok: true, value: first };
      return send(
        {
          ...drive,
          name: 'createSpreadsheet',
          method: 'POST',
          timeoutMs: timeouts.write,
          path: '/drive/v3/files',
          query: { fields: 'id,webViewLink' },
          body: { name, mimeType: SPREADSHEET, appProperties: { [NONCE_PROPERTY]: nonce } },
        },
        readMade,
      );
    },
  };
}

interface Block {
  start: number;
  count: number;
  render: 'FORMATTED_VALUE' | 'UNFORMATTED_VALUE';
}

/**
 * Reads rows by place. No document says whether Google cuts a block at the grid's end or refuses it; a refusal is
 * answered by cutting it ourselves.
 */
function blockReader(base: Pick<Call, 'api' | 'quota' | 'timeoutMs'>, send: Send, info: GoogleApi['info']) {
  const once = (id: string, sheetId: number, { start, count, render }: Block) =>
    send(
      {
        ...base,
        name: 'rows',
        method: 'POST',
        path: sheetPath(id, '/values:batchGetByDataFilter'),
        query: { fields: 'valueRanges(valueRange(values))' },
        body: {
          dataFilters: [{ gridRange: { sheetId, startRowIndex: start, endRowIndex: start + count } }],
          majorDimension: 'ROWS',
          valueRenderOption: render,
          ...(render === 'UNFORMATTED_VALUE' ? { dateTimeRenderOption: 'SERIAL_NUMBER' } : {}),
        },
      },
      readBlock,
    );
  return async (id: string, sheetId: number, wanted: Block): Promise<Reply<(string | number | boolean)[][]>> => {
    if (wanted.count <= 0) return { ok: true, value: [] };
    const reply = await once(id, sheetId, wanted);
    if (reply.ok || reply.failure.problem.code !== 'grid_full_columns') return reply;
    const known = await info(id);
    if (!known.ok) return known;
    const tab = known.value.tabs.find((each) => each.sheetId === sheetId);
    const count = Math.min(wanted.count, (tab?.rowCount ?? 0) - wanted.start);
    return count <= 0 ? { ok: true, value: [] } : once(id, sheetId, { ...wanted, count });
  };
}
