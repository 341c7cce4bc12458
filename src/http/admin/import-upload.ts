import { type FileHandle, mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { SentFile, Upload } from '../../intake/files/uploads.ts';
import { importFolder, importPath } from '../../intake/imports/folder.ts';
import { sameText } from '../../lib/crypto.ts';
import { NO_SPACE } from '../../lib/disk.ts';
import { AppError } from '../../lib/errors.ts';
import { errorCode, FILE_MODE, moveFile, namesIn, unlessMissing, writeAll } from '../../lib/file-system.ts';
import { readMultipart } from '../forms/multipart.ts';
import type { SiteRequest } from './route.ts';
import type { AdminServices } from './services.ts';

const MEGABYTE = 1_048_576;
export const MAX_IMPORT_MB = 200;
/** How often the disk is asked for room while a file comes in. */
const LOOK_EVERY = 4 * MEGABYTE;
/** How long files stay that nobody began to import. */
const KEEP_MS = 7 * 86_400_000;
const HALF_MS = 3_600_000;

/** A file that came in, under a name of its own until the import is kept. */
export interface Received {
  name: string;
  path: string;
  entries: readonly (readonly [name: string, value: string])[];
}

/** Where the file of an import lies; null: there is no data folder here. */
export function importFile({ importsPath }: AdminServices, siteId: string, id: string): string | null {
  return importsPath === null ? null : importPath(importsPath, siteId, id);
}

/**
 * Reads an upload to disk as it comes; nothing of it is held. Null where the form came without a file.
 * @throws AppError insufficient_scope for a form that is none of ours; payload_too_large, unavailable, bad_request
 */
export async function receiveImport({ request, services, site, csrf }: SiteRequest): Promise<Received | null> {
  const { importsPath, clock, liftTimeout } = services;
  if (importsPath === null) throw new AppError('unavailable', 'This server has no data folder for files.');
  const folder = importFolder(importsPath, site.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${crypto.randomUUID()}.part`);
  const upload = uploadTo(path);
  try {
    const limits = { maxUpload: MAX_IMPORT_MB * MEGABYTE };
    const { entries, files } = await readMultipart(request, { upload, limits, clock, liftTimeout });
    const token = entries.find(([name]) => name === 'csrf')?.[1] ?? '';
    if (!sameText(token, csrf)) {
      throw new AppError('insufficient_scope', 'This form is out of date. Go back, load the page again, and repeat.');
    }
    const [file] = files;
    return file === undefined ? null : { name: file.name, path, entries };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** The first file of a form goes to `path`, the others nowhere. */
function uploadTo(path: string): Upload {
  const sent: SentFile[] = [];
  return {
    onGiveWay: () => {},
    settle: async () => {},
    files: async () => sent,
    async take(field, name, bytes) {
      if (sent.length > 0) throw new AppError('bad_request', 'Send one file at a time.');
      const size = await written(path, bytes);
      if (size > 0) sent.push({ field, name: nameOf(name), size, type: '', hash: '', kept: null });
    },
  };
}

const nameOf = (name: string) => name.split(/[\\/]/).at(-1)?.slice(0, 200) || 'leads';

async function written(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let file: FileHandle | null = null;
  let size = 0;
  try {
    for await (const part of bytes) {
      if (size + part.length > MAX_IMPORT_MB * MEGABYTE) {
        throw new AppError('payload_too_large', `The file is larger than ${MAX_IMPORT_MB} MB. Split it.`);
      }
      if (file === null || Math.floor(size / LOOK_EVERY) < Math.floor((size + part.length) / LOOK_EVERY)) {
        await checkRoom(path);
      }
      file ??= await open(path, 'wx', FILE_MODE);
      await writeAll(file, part, size);
      size += part.length;
    }
    await file?.sync();
    return size;
  } catch (error) {
    if (['ENOSPC', 'EDQUOT'].includes(errorCode(error))) throw noRoom();
    throw error;
  } finally {
    await file?.close();
  }
}

const noRoom = () => new AppError('unavailable', 'There is no room left on the disk of the server. Free some space.');

async function checkRoom(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(join(path, '..'));
  if (bavail * bsize < NO_SPACE) throw noRoom();
}

/** Gives an upload the name of its import. */
export async function keepImport(services: AdminServices, siteId: string, id: string, from: string): Promise<void> {
  const path = importFile(services, siteId, id);
  if (path !== null) await moveFile(from, path);
}

export async function dropImport(services: AdminServices, siteId: string, id: string): Promise<void> {
  const path = importFile(services, siteId, id);
  if (path !== null) await rm(path, { force: true });
}

/** Deletes files that are of no use any more: broken uploads, and those whose import is done or was never begun. */
export async function sweepImports(services: AdminServices, siteId: string): Promise<void> {
  const { importsPath, clock, store } = services;
  if (importsPath === null) return;
  const folder = importFolder(importsPath, siteId);
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const age = clock.now() - ((await unlessMissing(stat(path)))?.mtimeMs ?? clock.now());
    const job = name.endsWith('.part') ? null : store.imports.get(siteId, name);
    const isForgotten = job?.status === 'draft' && age > KEEP_MS;
    if (isForgotten) await store.imports.remove(siteId, name);
    const isDone = job?.status === 'done';
    if (isForgotten || isDone || (job === null && age > HALF_MS)) await rm(path, { force: true });
  }
}
