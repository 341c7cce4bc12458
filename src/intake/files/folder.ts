import { mkdir, open, stat, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_MODE, moveFile, namesIn, syncFolder, unlessMissing, writeAll } from '../../lib/file-system.ts';
import type { FileStore, StoredFile } from '../../store/files.ts';

/*
 * Where the bytes of files lie. While its lead is not stored a file is `incoming/<id>`; then it is `<site>/<id>`. Its
 * bytes and that first name are on disk before the lead is committed, and the second name is given after. So whatever
 * is under `incoming` when nothing is under way was left by a crash, and the store says what it is: a file of a lead,
 * which gets its name, or of none, which goes. `lost` has what the store no longer knows: see `jobs/files.ts`.
 */

/** A file that is being written. */
export interface IncomingFile {
  /** @throws errors of the file system */
  write(bytes: Uint8Array): Promise<void>;
  /** Brings all of it to disk. */
  finish(): Promise<void>;
  /** Lets go of it; what was written stays until it is settled. */
  close(): Promise<void>;
}

type Place = Pick<StoredFile, 'id' | 'path'>;

export interface FileFolder {
  readonly path: string;
  /** A new file under its temporary name. @throws errors of the file system */
  begin(id: string): Promise<IncomingFile>;
  /** Makes the temporary names last. */
  sync(): Promise<void>;
  /** Files under a temporary name: those being written, and what a crash left. */
  incoming(): Promise<string[]>;
  /** Gives those that the store knows their name, and deletes the others. */
  settle(ids: readonly string[]): Promise<void>;
  /** Where a file's bytes are now; null: they are gone. */
  find(file: Place): Promise<string | null>;
  remove(file: Place): Promise<void>;
  /** Bytes left on the disk. */
  free(): Promise<number>;
}

const FOLDER_MODE = 0o700;
const INCOMING = 'incoming';

export function createFileFolder(path: string, files: Pick<FileStore, 'known'>): FileFolder {
  const incoming = join(path, INCOMING);
  const draftOf = (id: string) => join(incoming, id);
  const placeOf = (file: Place) => join(path, file.path);

  async function name(file: StoredFile): Promise<void> {
    await mkdir(join(path, file.siteId), { recursive: true, mode: FOLDER_MODE });
    await unlessMissing(moveFile(draftOf(file.id), placeOf(file)));
  }

  return {
    path,
    async begin(id) {
      const opened = () => open(draftOf(id), 'wx', FILE_MODE);
      const file = (await unlessMissing(opened())) ?? (await withFolder(incoming, opened));
      let length = 0;
      return {
        async write(bytes) {
          await writeAll(file, bytes, length);
          length += bytes.length;
        },
        finish: () => file.sync(),
        close: () => file.close(),
      };
    },
    sync: () => syncFolder(incoming),
    incoming: () => namesIn(incoming),
    async settle(ids) {
      const known = new Map(files.known(ids).map((file) => [file.id, file]));
      for (const id of ids) {
        const file = known.get(id);
        if (file) await name(file);
        else await unlessMissing(unlink(draftOf(id)));
      }
    },
    async find(file) {
      // Looked for twice under its name: it may be given that one meanwhile.
      const places = [placeOf(file), draftOf(file.id), placeOf(file)];
      for (const place of places) if (await unlessMissing(stat(place))) return place;
      return null;
    },
    async remove(file) {
      await unlessMissing(unlink(placeOf(file)));
      await unlessMissing(unlink(draftOf(file.id)));
    },
    async free() {
      const { bavail, bsize } = (await unlessMissing(statfs(path))) ?? (await withFolder(path, () => statfs(path)));
      return bavail * bsize;
    },
  };
}

async function withFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  return await work();
}
