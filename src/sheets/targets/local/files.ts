import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, FILE_MODE, syncFolder, unlessMissing, writeAll } from '../../../lib/file-system.ts';
import { RecordSplitter } from '../../csv.ts';

/** How a file looked when we last let go of it. A file that looks otherwise was touched by somebody else. */
export interface Stamp {
  size: number;
  mtimeMs: number;
  ino: number;
}

/** Read and written at a time: little enough that requests that come in meanwhile hardly wait. */
const CHUNK_BYTES = 1 << 18;

/** null: there is no such file. Other errors of the file system are thrown, here and below. */
export async function stampOf(path: string): Promise<Stamp | null> {
  const found = await unlessMissing(stat(path));
  return found && { size: found.size, mtimeMs: found.mtimeMs, ino: found.ino };
}

export function sameStamp(a: Stamp | null | undefined, b: Stamp | null | undefined): boolean {
  return !!a && !!b && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
}

/** Makes the file's bytes end with `bytes` written at `position`; what lay beyond is gone. On disk when it resolves. */
export async function writeAt(path: string, position: number, bytes: Buffer): Promise<void> {
  const file = await openOrMake(path);
  try {
    await file.truncate(position);
    await writeAll(file, bytes, position);
    await file.sync();
  } finally {
    await file.close();
  }
  if (position === 0) await syncFolder(dirname(path));
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return await open(path, 'wx+', FILE_MODE);
  }
}

/** A new file with these contents, on disk when it resolves. Returns its length in bytes. */
export async function writeFile(path: string, parts: AsyncIterable<Buffer>): Promise<number> {
  const file = await open(path, 'w', FILE_MODE);
  try {
    let length = 0;
    for await (const part of parts) {
      await writeAll(file, part, length);
      length += part.length;
    }
    await file.sync();
    return length;
  } finally {
    await file.close();
  }
}

/** The bytes from `start` to `end`, or as many as there are. */
export async function readSlice(path: string, start: number, end: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return await readAt(file, Buffer.allocUnsafe(Math.max(0, end - start)), start);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, into: Buffer, position: number): Promise<Buffer> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return into.subarray(0, filled);
}

/**
 * The records in the first `length` bytes of a file, some at a time; each as it stands, one character a byte.
 * Holds little, however long the file is.
 */
export async function* readRecords(path: string, length: number): AsyncGenerator<string[]> {
  const file = await open(path, 'r');
  try {
    const splitter = new RecordSplitter();
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; at < length; ) {
      const bytes = await readAt(file, chunk.subarray(0, Math.min(CHUNK_BYTES, length - at)), at);
      if (bytes.length === 0) break;
      at += bytes.length;
      yield splitter.push(bytes.toString('latin1'));
    }
    yield splitter.end();
  } finally {
    await file.close();
  }
}

const FIRST_WINDOW_BYTES = 1 << 18;
const LAST_WINDOW_BYTES = 64 << 20;

/**
 * The last records of the bytes from `first` to `end`, at most `count`, as `readRecords` gives them. A record must
 * begin at `first` and one must end at `end`. Reads no more than it has to; gives up beyond 64 MiB.
 */
export async function lastRecords(path: string, first: number, end: number, count: number): Promise<string[]> {
  for (let window = FIRST_WINDOW_BYTES; ; window *= 4) {
    const start = Math.max(first, end - window);
    const text = (await readSlice(path, start, end)).toString('latin1');
    const records = splitRecords(start === first ? text : text.slice(firstRecord(text)));
    if (records.length >= count || start === first || window >= LAST_WINDOW_BYTES) return records.slice(-count);
  }
}

/**
 * Where the first whole record begins in a text that ends with one. Its end is outside quotes, and every quote of
 * ours turns inside to outside, so their number tells which its start is.
 */
function firstRecord(text: string): number {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes += 1;
  let inside = quotes % 2 === 1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) inside = !inside;
    else if (code === 0x0a && !inside) return at + 1;
  }
  return text.length;
}

function splitRecords(text: string): string[] {
  const splitter = new RecordSplitter();
  return [...splitter.push(text), ...splitter.end()];
}

/** Gathers pieces of text (one character a byte) into buffers worth a write. */
export async function* inChunks(pieces: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let waiting: string[] = [];
  let size = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    size += piece.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.from(waiting.join(''), 'latin1');
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.from(waiting.join(''), 'latin1');
}
