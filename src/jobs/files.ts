import { mkdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileDesk } from '../intake/files/desk.ts';
import type { Clock } from '../lib/clock.ts';
import { namesIn, unlessMissing } from '../lib/file-system.ts';
import type { Log } from '../lib/log.ts';
import type { FileStore } from '../store/files.ts';
import type { Store } from '../store/store.ts';

/*
 * Files and what the store knows of them, brought together again after whatever came between.
 *
 * killed while a file came in, or before its lead was committed: `incoming` has it, the store doesn't; it goes.
 * killed after the commit: `incoming` has it, the store too; it gets its name. Meanwhile links find it there.
 * killed while a lead was deleted: the store has the file without a lead until its bytes are gone.
 * a database from a backup: what it does not know is put aside, for a week, in case the other one comes back.
 */

export interface FileJobDeps {
  store: Pick<Store, 'files' | 'drive'>;
  files: Pick<FileDesk, 'folder' | 'uploads'>;
  clock: Clock;
  log: Log;
}

const AT_ONCE = 500;
const LOST = 'lost';
const LOST_MS = 7 * 86_400_000;

/** Settles what a crash left under a temporary name; uploads under way are not touched. */
export async function settleLeftovers({ files: { folder, uploads } }: FileJobDeps): Promise<void> {
  const left = (await folder.incoming()).filter((id) => !uploads.isUnderWay(id));
  for (let at = 0; at < left.length; at += AT_ONCE) await folder.settle(left.slice(at, at + AT_ONCE));
}

/** Compares the folder with the store, and mends what differs. */
export async function compareFiles(deps: FileJobDeps): Promise<void> {
  const { files, log } = { files: deps.store.files, log: deps.log };
  const onDisk = await namesOnDisk(deps.files.folder.path);
  const lost = await putAside(deps, onDisk);
  const missing = await forgetMissing(deps, onDisk);
  if (lost + missing > 0) log.warn('files.compared', { files: files.usage().files, put_aside: lost, missing });
}

/** What lies in the folder of each site. */
async function namesOnDisk(path: string): Promise<Map<string, Set<string>>> {
  const sites = (await namesIn(path)).filter((name) => name.startsWith('site_'));
  return new Map(
    await Promise.all(sites.map(async (site) => [site, new Set(await namesIn(join(path, site)))] as const)),
  );
}

/** Bytes that the store does not know go to `lost`; they come back when it does, and go for good after a week. */
async function putAside({ store, files: { folder }, clock }: FileJobDeps, onDisk: ReadonlyMap<string, Set<string>>) {
  const aside = join(folder.path, LOST);
  let count = 0;
  for (const [site, names] of onDisk) {
    for (const name of unknownOf(store.files, [...names])) {
      await mkdir(aside, { recursive: true, mode: 0o700 });
      await unlessMissing(rename(join(folder.path, site, name), join(aside, name)));
      count += 1;
    }
  }
  const names = await namesIn(aside);
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const known = new Map(store.files.known(some).map((file) => [file.id, file]));
    for (const name of some) {
      const place = join(aside, name);
      const file = known.get(name);
      const movedAt = (await unlessMissing(stat(place)))?.ctimeMs ?? clock.now();
      if (file) await unlessMissing(rename(place, join(folder.path, file.path)));
      else if (movedAt < clock.now() - LOST_MS) await unlessMissing(unlink(place));
    }
  }
  return count;
}

function unknownOf(files: FileStore, names: readonly string[]): string[] {
  const unknown: string[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    const known = new Set(files.known(some).map(({ id }) => id));
    unknown.push(...some.filter((name) => !known.has(name)));
  }
  return unknown;
}

/**
 * Files whose bytes are gone are forgotten; not where the whole folder is: then a disk is not there, say. Nor where
 * they may be in Google Drive, as after a restored backup: who sends them there finds that out (`drive-send.ts`).
 */
async function forgetMissing({ store, files: { folder } }: FileJobDeps, onDisk: ReadonlyMap<string, Set<string>>) {
  let count = 0;
  for (let after = ''; ; ) {
    const some = store.files.after(after, AT_ONCE);
    const last = some.at(-1);
    if (last === undefined) return count;
    after = last.id;
    const missing: string[] = [];
    for (const file of some) {
      if (!file.isHere || store.drive.site(file.siteId)?.enabled) continue;
      const names = onDisk.get(file.siteId);
      // The folder was read a while ago: the file may have got its name since.
      if (names?.has(file.id) === false && (await folder.find(file)) === null) missing.push(file.id);
    }
    if (missing.length > 0) await store.files.forget(missing);
    count += missing.length;
  }
}
