import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type Checked, checkImport, runToEnd } from '../../intake/imports/run.ts';
import { errorText } from '../../lib/errors.ts';
import { importValues } from '../../store/audit-values.ts';
import { isUnderWay, type LeadImport, MAX_IMPORT_PROBLEMS } from '../../store/imports.ts';
import { record } from './audit.ts';
import { dropImport, importFile } from './import-upload.ts';
import type { SiteRequest } from './route.ts';
import { createTasks, type Task } from './tasks.ts';

/** What a dry run found, and of which import with which settings. */
export type CheckFound = { kind: 'checked'; job: LeadImport; checked: Checked };
/** A dry run; `done` and `total` are bytes. */
export type CheckWork = Task<`imp_${string}`, CheckFound>;

const checks = createTasks<`imp_${string}`, CheckFound>('import_check');

/** How many bad rows a page names. */
export const SHOWN_PROBLEMS = 100;

/** The dry run of this import, under way or over; null: there is none, or its settings have changed since. */
export function importCheck(
  { services, site }: Pick<SiteRequest, 'services' | 'site'>,
  job: LeadImport,
): CheckWork | null {
  const work = checks.of(services, site.id);
  if (work?.kind !== job.id) return null;
  const { finding } = work;
  const isStale = finding?.kind === 'checked' && !Bun.deepEquals(finding.job.settings, job.settings);
  return isStale ? null : work;
}

/** False: another one is under way. */
export function startCheck({ services, site }: SiteRequest, job: LeadImport): boolean {
  const path = importFile(services, site.id, job.id);
  if (path === null) return false;
  return checks.start(services, site.id, job.id as `imp_${string}`, async (work) => {
    work.total = job.fileSize;
    const checked = await checkImport({
      path,
      settings: job.settings,
      clock: services.clock,
      maxProblems: MAX_IMPORT_PROBLEMS,
      signal: work.stopping.signal,
      moved: (bytes) => {
        work.done = bytes;
      },
    });
    return { kind: 'checked', job, checked };
  });
}

/** Between two commits of an import: leads that come in meanwhile are taken first. */
const PAUSE_MS = 3;

export type Started = 'started' | 'busy' | 'over' | 'no_file';

/** Runs an import from where it is, beside all else; told to the audit log once it is over. */
export async function startImport(request: SiteRequest, id: string): Promise<Started> {
  const { services, site } = request;
  const { store, operations, clock, log } = services;
  const path = importFile(services, site.id, id);
  if (path === null || !existsSync(path)) return 'no_file';
  const runner = crypto.randomUUID();
  const job = await store.imports.start(site.id, id, runner);
  if (job === 'busy') return 'busy';
  if (job === null) return 'over';
  const deps = { store, intake: { submitBatch: operations.createSubmissions }, clock, log };
  void runToEnd(deps, job, { path, runner, pause: () => wait(PAUSE_MS) })
    .then(() => ended(request, id))
    .catch((error) => log.error('import.not_told', { site: site.id, import: id, reason: errorText(error) }));
  return 'started';
}

async function ended(request: SiteRequest, id: string): Promise<void> {
  const { services, site } = request;
  const job = services.store.imports.get(site.id, id);
  // Somebody else goes on with it.
  if (job === null || job.status === 'running') return;
  if (job.status === 'done') await dropImport(services, site.id, id);
  await record(request, { action: 'import.ended', objectId: id, after: importValues(job) });
}

/** What an import is for whoever looks at it: one that runs nowhere any more has broken off. */
export type ImportState = LeadImport['status'] | 'broken_off';

export function stateOf(job: LeadImport, now: number): ImportState {
  return job.status === 'running' && !isUnderWay(job, now) ? 'broken_off' : job.status;
}
