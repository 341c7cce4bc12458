import { createReadStream } from 'node:fs';
import type { ImportSettings } from '../../store/imports.ts';
import { CsvReader } from './csv.ts';
import { JsonLinesReader, JsonReader } from './json.ts';
import { WrappedReader } from './json-wrapped.ts';
import type { FileRow, RowReader } from './rows.ts';

const CHUNK_BYTES = 131_072;

/** How the bytes and rows of a file are to be understood. */
export type Reading = Pick<ImportSettings, 'format' | 'encoding' | 'separator'>;

export function readerFor({ format, separator }: Pick<Reading, 'format' | 'separator'>): RowReader {
  switch (format) {
    case 'csv':
      return new CsvReader(separator);
    case 'json_lines':
      return new JsonLinesReader();
    case 'json':
      return new JsonReader();
    case 'json_wrapped':
      return new WrappedReader();
  }
}

/**
 * The rows of a file, some at a time, with how many bytes were read for them. It is read as a stream: what is held is
 * one row, or one piece of the file. A byte order mark is left out.
 * @throws Error of the file system
 */
export async function* readRows(path: string, reading: Reading): AsyncGenerator<{ rows: FileRow[]; bytes: number }> {
  const reader = readerFor(reading);
  const decoder = new TextDecoder(reading.encoding);
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    yield { rows: reader.push(decoder.decode(chunk, { stream: true })).filter(isRow), bytes };
  }
  const rest = decoder.decode();
  yield { rows: [...(rest === '' ? [] : reader.push(rest)), ...reader.end()].filter(isRow), bytes };
}

/** `sep=;` in the first row tells Excel the separator, and nobody anything else. */
const isRow = (row: FileRow) => row.number > 1 || row.kind !== 'cells' || !/^sep=.?$/i.test(row.cells[0] ?? '');

/** As `readRows`, without the header: the first row with something in it. */
export async function* readBody(path: string, settings: ImportSettings): ReturnType<typeof readRows> {
  let awaited = settings.format === 'csv' && settings.header;
  for await (const piece of readRows(path, settings)) {
    const head = awaited ? piece.rows.findIndex(({ kind }) => kind !== 'blank') : -1;
    if (head < 0) yield piece;
    else {
      awaited = false;
      yield { ...piece, rows: piece.rows.slice(head + 1) };
    }
  }
}
