import type { FileStore } from '../../store/files.ts';
import type { FileFolder } from './folder.ts';

const AT_ONCE = 500;

/** Deletes the bytes of files whose leads were deleted; gives how many. Several may do it at once. */
export async function removeOwnerless(files: FileStore, folder: Pick<FileFolder, 'remove'>): Promise<number> {
  for (let removed = 0; ; ) {
    const gone = files.ownerless(AT_ONCE);
    if (gone.length === 0) return removed;
    for (const file of gone) await folder.remove(file);
    await files.forget(gone.map(({ id }) => id));
    removed += gone.length;
  }
}
