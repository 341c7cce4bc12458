import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that a folder takes, by what lies directly in it, and bytes left on its disk. */
export interface DiskUse {
  parts: readonly { name: string; bytes: number }[];
  free: number;
}

/** Below this, space is to be freed soon; below that, at once: leads are refused when it is used up. */
export const LITTLE_SPACE = 500_000_000;
export const NO_SPACE = 50_000_000;
/** The part of what files may take from which on people are told. */
export const NEARLY = 0.9;

/** What lies in a folder, and how much space is left for more. The work grows with the number of files. */
export async function diskUse(path: string): Promise<DiskUse> {
  const names = (await readdir(path)).sort();
  const parts = await Promise.all(names.map(async (name) => ({ name, bytes: await bytesOf(join(path, name)) })));
  const { bavail, bsize } = await statfs(path);
  return { parts, free: bavail * bsize };
}

async function bytesOf(path: string): Promise<number> {
  const found = await stat(path).catch(gone);
  if (found === null) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path).catch(gone);
  let bytes = 0;
  for (const name of names ?? []) bytes += await bytesOf(join(path, name));
  return bytes;
}

/** A file may be deleted, or closed to us, while we look: it counts as nothing. */
const gone = () => null;
