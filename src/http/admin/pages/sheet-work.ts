import { compareTwice, isWell, type Look, retryFailed, sendEarlier, sendMissing } from '../../../sheets/compare.ts';
import type { CheckReport, TabReport } from '../../../sheets/target.ts';
import type { AdminServices } from '../services.ts';
import { createTasks, type Task } from '../tasks.ts';

/** What takes a while, and what each is called while it runs. */
export const SHEET_WORK = {
  check: 'Checking the access',
  verify: 'Comparing the sheet with the database',
  repair: 'Comparing, and sending what is missing',
  backfill: 'Looking for earlier leads to send',
  retry: 'Sending the failed leads once more',
} as const;
export type SheetWorkKind = keyof typeof SHEET_WORK;

/** What came of it. */
export type SheetFinding =
  | { kind: 'check'; report: CheckReport }
  | { kind: 'compared'; tabs: TabReport[]; ok: boolean; queued: number | null }
  | { kind: 'queued'; queued: number };

/** One piece of work on a site's sheet; `done` and `total` are tabs. */
export type SheetWork = Task<SheetWorkKind, SheetFinding>;

const works = createTasks<SheetWorkKind, SheetFinding>('sheet_work');

export const sheetWork = works.of;

/** Starts it, unless something is under way for this site already. Whoever asked need not wait. */
export function startSheetWork(services: AdminServices, siteId: string, kind: SheetWorkKind): boolean {
  return works.start(services, siteId, kind, (work) => run(services, siteId, work));
}

/** Between two looks the rows that wait get their turn: no flush is held up longer than one look takes. */
async function run(services: AdminServices, siteId: string, work: SheetWork): Promise<SheetFinding> {
  const { store, sync, drivers, clock } = services;
  const { signal } = work.stopping;
  const progress = {
    signal,
    report: (done: number, total: number | null) => {
      work.done = done;
      work.total = total;
    },
  };
  const look: Look = (formId) => sync.exclusively(siteId, (at) => drivers[at.target.kind].verify(at, formId, progress));
  switch (work.kind) {
    case 'check':
      return check(services, siteId);
    case 'retry':
      return sent(services, await retryFailed(store, siteId));
    case 'backfill':
      return sent(services, await sendEarlier(store, clock, siteId, look, signal));
    case 'verify':
    case 'repair': {
      const tabs = await compareTwice(look, null);
      // What was cut off half-way is no reason to send anything.
      if (work.kind === 'verify' || signal.aborted) return { kind: 'compared', tabs, ok: isWell(tabs), queued: null };
      const queued = await sendMissing(store, siteId, tabs);
      services.sync.sweep();
      return { kind: 'compared', tabs, ok: isWell(tabs), queued };
    }
  }
}

function sent({ sync }: AdminServices, queued: number): SheetFinding {
  sync.sweep();
  return { kind: 'queued', queued };
}

/** A paused sheet whose access is well again goes on, unless only a person can say so. */
async function check({ store, sync, drivers }: AdminServices, siteId: string): Promise<SheetFinding> {
  const report = await sync.exclusively(siteId, (at) => drivers[at.target.kind].check(at));
  const { status, problem } = store.sheets.target(siteId);
  if (report.ok && status === 'paused' && wordFor(problem?.code ?? null) === null) {
    await store.sheets.resume(siteId);
    sync.sweep();
  }
  return { kind: 'check', report };
}

/** What a person has to say before a paused sheet may go on; null: a good check is enough. */
export interface Word {
  value: 'take-over' | 'retag' | 'go-on';
  button: string;
  means: string;
}

const WORDS: ReadonlyMap<string, Word> = new Map([
  [
    'used_before',
    {
      value: 'take-over',
      button: 'Take the spreadsheet over',
      means:
        'Say this only if the other LeadToSheet that wrote here is gone for good: with two of them, rows would be written twice.',
    },
  ],
  [
    'tags_wiped',
    {
      value: 'retag',
      button: 'Recognise the columns again',
      means: 'Columns are found by what their first cell says. A column whose header was changed counts as deleted.',
    },
  ],
  [
    'other_server',
    {
      value: 'go-on',
      button: 'Go on from this server',
      means: 'Say this only if no other server writes to this spreadsheet any more.',
    },
  ],
]);

export function wordFor(code: string | null): Word | null {
  return WORDS.get(code ?? '') ?? null;
}
