import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningServer } from './binary.ts';
import { Connection, type Ledger, runLoad, type StoredLead } from './load.ts';
import { checkResponse } from './openapi.ts';

/** Looks at real state again and again until it is as wanted. @throws when that is not so in time */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await Bun.sleep(20);
  }
}

type Reach = Pick<RunningServer, 'url' | 'key'>;

/** One call of the API with the server's key; its answer is held against the OpenAPI document. */
export async function api({ url, key }: Reach, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v1${path}`, { ...init, headers: { ...headers, ...init.headers } });
  await checkResponse(init.method ?? 'GET', response.url, response);
  return response;
}

/** Sends one lead. */
export function submit(server: Reach, ref: string): Promise<Response> {
  return api(server, '/submissions', { method: 'POST', body: JSON.stringify({ fields: { Ref: ref } }) });
}

/** Every lead of the site, walked by cursor, oldest first. */
export async function storedLeads(server: Reach): Promise<StoredLead[]> {
  const leads: StoredLead[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? '' : `&cursor=${cursor}`;
    const response = await api(server, `/submissions?per_page=100&sort=created_at&spam=include${next}`);
    if (response.status !== 200) throw new Error(`the list answered ${response.status}`);
    const page = (await response.json()) as {
      data: { id: string; fields: { Ref: string } }[];
      pagination: { next_cursor: string | null };
    };
    leads.push(...page.data.map(({ id, fields }) => ({ id, ref: fields.Ref })));
    cursor = page.pagination.next_cursor;
  } while (cursor !== null);
  return leads;
}

/** How many leads have this sync status. */
export async function countByStatus(server: Reach, status: string): Promise<number> {
  const response = await api(server, `/submissions?per_page=1&spam=include&sync_status=${status}`);
  const { pagination } = (await response.json()) as { pagination: { total: number } };
  return pagination.total;
}

/** Waits until no lead of the site waits for its row. */
export function drained(server: Reach, timeoutMs = 120_000): Promise<void> {
  return until('no row waits', async () => (await countByStatus(server, 'pending')) === 0, timeoutMs);
}

/** Sends all keyed requests that had no answer once more, until each has one. */
export async function settleOpen(server: RunningServer, ledger: Ledger): Promise<void> {
  const open = ledger.open.length;
  await runLoad({ port: server.port, key: server.key, ledger, connections: 4, requests: open });
  if (ledger.open.length > 0) throw new Error(`${ledger.open.length} requests have no answer although the server runs`);
}

/** A row of a sheet, by what tells it from others. */
export interface SheetRow {
  leadId: string;
  ref: string;
}

/** The rows of one tab, from its cells. @throws when it has no header */
export function rowsOf([header, ...rows]: readonly (readonly string[])[], name: string): SheetRow[] {
  const id = header?.indexOf('Lead ID') ?? -1;
  const ref = header?.indexOf('Ref') ?? -1;
  if (id < 0 || ref < 0) throw new Error(`${name} has no header: ${header?.join()}`);
  return rows.map((row) => ({ leadId: row[id] ?? '', ref: row[ref] ?? '' }));
}

/** The files of a site's local workbook, in order. */
export function localFiles(dataDir: string, siteId: string): string[] {
  return readdirSync(join(dataDir, 'sheets', siteId)).sort();
}

/** All rows of a site's local workbook. */
export function localRows(dataDir: string, siteId: string): SheetRow[] {
  return localFiles(dataDir, siteId).flatMap((file) => {
    const cells = strictCsv(readFileSync(join(dataDir, 'sheets', siteId, file), 'utf8'));
    const torn = cells.findIndex((row) => row.length !== cells[0]?.length);
    if (torn >= 0) throw new Error(`${file}: row ${torn} has ${cells[torn]?.length} cells, not ${cells[0]?.length}`);
    return rowsOf(cells, file);
  });
}

/** Every stored lead stands there exactly once, and nothing else does. @returns what is wrong */
export function compareRows(stored: readonly StoredLead[], rows: readonly SheetRow[]): string[] {
  const problems: string[] = [];
  const byId = Map.groupBy(rows, ({ leadId }) => leadId);
  for (const { id, ref } of stored) {
    const found = byId.get(id) ?? [];
    if (found.length !== 1) problems.push(`${id} (${ref}) has ${found.length} rows`);
    else if (found[0]?.ref !== ref) problems.push(`the row of ${id} shows ${found[0]?.ref}, not ${ref}`);
    byId.delete(id);
  }
  for (const [id, found] of byId) problems.push(`${found.length} rows of ${JSON.stringify(id)}, which is not stored`);
  return problems;
}

/**
 * CSV exactly as RFC 4180 has it, apart from the program's own reader: CRLF after every record, the last one too; a
 * quote nowhere but around a cell and doubled within. @throws at anything else, a torn row first of all
 */
export function strictCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    if (!match) throw new Error(`no CSV at ${at}: ${JSON.stringify(text.slice(at, at + 80))}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) throw new Error('the last record has no end');
  return rows;
}

/** A request over a connection of its own: its answer, or null when the server is gone. */
export async function ask(port: number, path: string) {
  const connection = await Connection.open(port);
  const exchange = await connection?.send('GET', path);
  connection?.end();
  return exchange?.kind === 'answered' ? exchange.answer : null;
}
