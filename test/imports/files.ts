import { join } from 'node:path';
import { examine, readSurface, type Told } from '../../src/intake/imports/examine.ts';
import { readRows } from '../../src/intake/imports/file.ts';
import type { FileRow, RowReader } from '../../src/intake/imports/rows.ts';
import type { ImportEncoding } from '../../src/store/imports.ts';
import { tempDir } from '../support/temp.ts';

/** A file of its own for each text or bytes. */
export async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(tempDir(), 'leads.csv');
  await Bun.write(path, content);
  return path;
}

/** What is found out of a file, with its first rows. */
export async function examined(content: string | Uint8Array, told: Told = {}, knownFields: string[] = []) {
  const path = await fileOf(content);
  const { encoding } = await readSurface(path);
  return { path, ...(await examine(path, told.encoding ?? encoding, { timezone: 'UTC', ...told }, knownFields)) };
}

/** All rows of a reader that is given a text in pieces of this length. */
export function rowsOf(reader: RowReader, text: string, piece = text.length || 1): FileRow[] {
  const rows: FileRow[] = [];
  for (let at = 0; at < text.length; at += piece) rows.push(...reader.push(text.slice(at, at + piece)));
  return [...rows, ...reader.end()];
}

export const cellsOf = (rows: readonly FileRow[]) =>
  rows.map((row) => (row.kind === 'cells' ? row.cells : row.kind === 'blank' ? null : row));

export async function allRows(path: string, reading: Parameters<typeof readRows>[1]): Promise<FileRow[]> {
  const found: FileRow[] = [];
  for await (const { rows } of readRows(path, reading)) found.push(...rows);
  return found;
}

/** A text in the bytes of an encoding; Windows-1252 for what of it is in Latin-1, and the euro. */
export function encoded(text: string, encoding: ImportEncoding): Uint8Array {
  if (encoding === 'utf-8') return new TextEncoder().encode(text);
  if (encoding === 'windows-1252') return Uint8Array.from(text, (char) => (char === '€' ? 0x80 : char.charCodeAt(0)));
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16be' ? bytes.swap16() : bytes;
}
