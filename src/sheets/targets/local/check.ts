import { mkdir, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SheetProblem } from '../../../store/sheets.ts';
import type { Site } from '../../../store/store.ts';
import type { CheckReport, CheckStep } from '../../target.ts';
import { writeAt } from './files.ts';
import { fileProblem } from './look.ts';
import { problemOf } from './problems.ts';
import { localBook, siteFolder, type Workbook } from './workbook.ts';

/** Below this a flush may fail at any moment. Bytes. */
const MIN_FREE_BYTES = 50 << 20;

/** Everything that can be wrong with a local workbook, in plain words. */
export async function checkSite(book: Workbook, site: Site): Promise<CheckReport> {
  const steps = [
    await step('The folder can be written to', () => tryWriting(book, site)),
    await step('There is room on the disk', () => freeSpace(book)),
    await step('The files are as they were written', () => filesStand(book, site)),
  ];
  return { ok: steps.every((one) => one.ok), shareWith: null, steps };
}

async function step(name: string, look: () => Promise<SheetProblem | null>): Promise<CheckStep> {
  try {
    const problem = await look();
    return { name, ok: problem === null, problem };
  } catch (error) {
    const problem = problemOf(error);
    if (!problem) throw error;
    return { name, ok: false, problem };
  }
}

async function tryWriting(book: Workbook, site: Site): Promise<null> {
  const folder = siteFolder(book.dir, site.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const probe = join(folder, '.check.tmp');
  await writeAt(probe, 0, Buffer.from('x'));
  await unlink(probe);
  return null;
}

async function freeSpace(book: Workbook): Promise<SheetProblem | null> {
  const { bavail, bsize } = await statfs(book.dir);
  if (bavail * bsize >= MIN_FREE_BYTES) return null;
  return {
    code: 'disk_almost_full',
    message: 'Less than 50 MB are free on the disk of the local workbook. Free some space before it is full.',
    technical: null,
  };
}

/** The first file that is not as it was written. */
async function filesStand(book: Workbook, site: Site): Promise<SheetProblem | null> {
  for (const tab of book.store.sheets.tabs(localBook(site.id))) {
    const problem = await fileProblem(book, tab);
    if (problem) return { ...problem, technical: `${tab.title}.csv` };
  }
  return null;
}
