import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ImportEncoding, ImportFormat, ImportSettings } from '../../store/imports.ts';
import { walkFields } from '../normalise.ts';
import { CsvReader } from './csv.ts';
import { type Reading, readerFor, readRows } from './file.ts';
import { looksWrapped, WrapperScan } from './json-wrapped.ts';
import { guessTargets } from './mapping.ts';
import { type FileRow, MAX_COLUMNS } from './rows.ts';
import { dateOrderOf, readTime } from './times.ts';

/** What is looked at to tell how a file is written. */
const HEAD_BYTES = 262_144;
/** Rows that columns are told by. */
const SAMPLE_ROWS = 100;
export const SEPARATORS = [',', ';', '\t', '|'] as const;

export interface Surface {
  /** SHA-256, hex. */
  hash: string;
  size: number;
  encoding: ImportEncoding;
}

/**
 * Reads a file once: what tells it from others, and its encoding. A byte order mark decides; else UTF-8 where all of it
 * is valid; else UTF-16 where every other byte is zero; else Windows-1252, in which any byte means something.
 */
export async function readSurface(path: string): Promise<Surface> {
  const hasher = new Bun.CryptoHasher('sha256');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const head = await headOf(path);
  const marked = wideEncoding(head);
  let isUtf8 = marked === null;
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 131_072 }) as AsyncIterable<Uint8Array>) {
    hasher.update(chunk);
    size += chunk.byteLength;
    isUtf8 &&= decodes(utf8, chunk, true);
  }
  isUtf8 &&= decodes(utf8, new Uint8Array(), false);
  return { hash: hasher.digest('hex'), size, encoding: marked ?? (isUtf8 ? 'utf-8' : 'windows-1252') };
}

function decodes(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): boolean {
  try {
    decoder.decode(bytes, { stream });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** UTF-16, by its mark or by its zeros; null: no such file. */
function wideEncoding(head: Uint8Array): ImportEncoding | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const looked = head.subarray(0, 4_096);
  const zeros = [0, 0];
  for (const [i, byte] of looked.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const many = looked.length / 8;
  if (odd > many && odd > even * 4) return 'utf-16le';
  return even > many && even > odd * 4 ? 'utf-16be' : null;
}

/** What a person decides, or what is found out where nothing is said. */
export type Told = Partial<Pick<ImportSettings, 'form' | 'timezone' | 'dateOrder' | 'header' | 'separator'>> & {
  encoding?: ImportEncoding;
};

export interface Examined {
  settings: ImportSettings;
  /** The first rows with something in them, without the header. */
  sample: readonly FileRow[];
}

/**
 * How a file is to be read: its format, separator, header and columns, with a guess what each column is.
 * @param knownFields names of fields that the site has
 */
export async function examine(
  path: string,
  encoding: ImportEncoding,
  told: Readonly<Told> & { timezone: string },
  knownFields: Iterable<string>,
): Promise<Examined> {
  const text = new TextDecoder(encoding).decode(await headOf(path), { stream: true });
  const format = await formatOf(path, encoding, text);
  const separator = told.separator ?? (format === 'csv' ? separatorOf(text) : ',');
  const reading: Reading = { format, encoding, separator };
  const rows = await firstRows(path, reading, SAMPLE_ROWS);
  const header = format === 'csv' && (told.header ?? looksLikeHeader(rows));
  const sample = header ? rows.slice(1) : rows;
  const names = format === 'csv' ? cellNames(rows, header) : memberNames(rows);
  const targets = guessTargets(names, knownFields);
  const columns = names.map((name, i) => ({ name, target: targets[i] ?? '' }));
  const at = targets.indexOf('submitted_at');
  const dates =
    format === 'csv' && at >= 0 ? sample.map((row) => (row.kind === 'cells' ? (row.cells[at] ?? '') : '')) : [];
  const dateOrder = told.dateOrder ?? dateOrderOf(dates) ?? 'dmy';
  const { form = null, timezone } = told;
  return { settings: { format, encoding, separator, header, columns, form, timezone, dateOrder }, sample };
}

/** The first leads of a file as it is read now: without its header. */
export async function firstExamined(path: string, settings: ImportSettings, limit: number): Promise<FileRow[]> {
  const header = settings.format === 'csv' && settings.header ? 1 : 0;
  return (await firstRows(path, settings, limit + header)).slice(header);
}

/** The first rows with something in them. */
async function firstRows(path: string, reading: Reading, limit: number): Promise<FileRow[]> {
  const found: FileRow[] = [];
  for await (const { rows } of readRows(path, reading)) {
    found.push(...rows.filter(({ kind }) => kind !== 'blank'));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

async function formatOf(path: string, encoding: ImportEncoding, text: string): Promise<ImportFormat> {
  const start = text.trimStart();
  if (start.startsWith('[')) return 'json';
  if (!start.startsWith('{')) return 'csv';
  // An order may begin with its list of things as well: only the whole file tells.
  if (looksWrapped(start) && (await isWrapped(path, encoding))) return 'json_wrapped';
  const reader = readerFor({ format: 'json_lines', separator: ',' });
  const [first] = [...reader.push(text), ...reader.end()].filter(({ kind }) => kind !== 'blank');
  return first?.kind === 'object' ? 'json_lines' : 'json';
}

async function isWrapped(path: string, encoding: ImportEncoding): Promise<boolean> {
  const decoder = new TextDecoder(encoding);
  const scan = new WrapperScan();
  for await (const chunk of createReadStream(path, { highWaterMark: 131_072 }) as AsyncIterable<Uint8Array>) {
    if (!scan.push(decoder.decode(chunk, { stream: true }))) return false;
  }
  return true;
}

/** The one that makes most rows alike: of as many cells as the first. */
function separatorOf(text: string): string {
  const told = /^\ufeff?sep=(.)\r?\n/i.exec(text)?.[1];
  if (told !== undefined) return told;
  let best: { separator: string; score: number } = { separator: ',', score: 0 };
  for (const separator of SEPARATORS) {
    const rows = new CsvReader(separator).push(text);
    const counts = (rows.length > 0 ? rows : wholeOf(text, separator)).flatMap((row) =>
      row.kind === 'cells' ? [row.cells.length] : [],
    );
    const [width = 1] = counts;
    const alike = counts.filter((count) => count === width).length / (counts.length || 1);
    const score = width < 2 ? 0 : alike * (1 + Math.min(width, 50) / 1_000);
    if (score > best.score) best = { separator, score };
  }
  return best.separator;
}

function wholeOf(text: string, separator: string): FileRow[] {
  const reader = new CsvReader(separator);
  return [...reader.push(text), ...reader.end()];
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const VALUE = /^[+-]?[\d\s().,/:-]*\d[\d\s().,/:-]*$|^https?:\/\//i;

/** A row of names: each is there once, and none is an address, a number, a time or a link. */
function looksLikeHeader([first]: readonly FileRow[]): boolean {
  if (first?.kind !== 'cells') return true;
  const names = first.cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const rules = { timezone: 'UTC', dateOrder: 'dmy' } as const;
  const isValue = (cell: string) => EMAIL.test(cell) || VALUE.test(cell) || readTime(cell, rules) !== null;
  return names.length > 0 && !names.some(isValue);
}

function cellNames(rows: readonly FileRow[], header: boolean): string[] {
  const [first] = rows;
  const widest = Math.max(0, ...rows.map((row) => (row.kind === 'cells' ? row.cells.length : 0)));
  const given = header && first?.kind === 'cells' ? first.cells : [];
  // Empty names at the end of a header are commas too many.
  const width = header ? given.length : widest;
  return Array.from({ length: width }, (_, i) => given[i]?.trim() || `Column ${i + 1}`);
}

/** The names of members, flattened, in the order they come; in a file of which each object has others, not all. */
function memberNames(rows: readonly FileRow[]): string[] {
  const names = new Set<string>();
  for (const row of rows) {
    if (row.kind !== 'object') continue;
    walkFields(row.value, { leaf: (name) => names.add(name).size < MAX_COLUMNS, tooDeep: () => true });
  }
  return [...names];
}
