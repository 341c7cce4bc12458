import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Snapshot, Unchecked } from './memory.ts';
import type { Step } from './step.ts';

/**
 * Writes by place that have not been read back, written down before they are sent: so that a process that is killed
 * in between leaves behind what its successor needs to undo what fell upon the wrong cells.
 *
 * A journal of another instance is not read: the database was set back, and what it says is of another time.
 */

const pack = promisify(gzip);
const unpack = promisify(gunzip);
/** A tab of 5,000 rows is some 3 MB, and a tenth of that packed: the lowest level is quick and does nearly as much. */
const LEVEL = 1;

interface Journal {
  instanceId: string;
  unchecked: (Omit<Unchecked, 'before'> & { before: { places: [string, number][]; rows: Snapshot['rows'] } })[];
}

/** What is unchecked of this book, without writes that are known never to have been applied. Oldest first. */
export async function readJournal(step: Step): Promise<readonly Unchecked[]> {
  const { sheets } = step.deps.store;
  const all = step.memory.unchecked ?? (await stored(step));
  const unchecked = all.filter(({ guardId }) => sheets.batchByGuard(step.book, guardId)?.state !== 'void');
  step.memory.unchecked = unchecked;
  return unchecked;
}

async function stored(step: Step): Promise<Unchecked[]> {
  const bytes = step.deps.store.sheets.journal(step.book);
  if (!bytes) return [];
  const journal = JSON.parse((await unpack(bytes)).toString()) as Journal;
  if (journal.instanceId !== step.deps.instanceId) return [];
  return journal.unchecked.map(({ before, ...write }) => ({
    ...write,
    before: { ...before, places: new Map(before.places) },
  }));
}

/** Durable when it returns; costs nothing when there is nothing to say and nothing was said. */
export async function writeJournal(step: Step, unchecked: readonly Unchecked[]): Promise<void> {
  const { sheets } = step.deps.store;
  if (unchecked.length > 0) {
    const journal: Journal = {
      instanceId: step.deps.instanceId,
      unchecked: unchecked.map(({ before, ...write }) => ({
        ...write,
        before: { ...before, places: [...before.places] },
      })),
    };
    await sheets.setJournal(step.book, await pack(JSON.stringify(journal), { level: LEVEL }));
  } else if (sheets.journal(step.book) !== null) await sheets.setJournal(step.book, null);
  step.memory.unchecked = unchecked;
}
