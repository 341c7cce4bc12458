import { rm } from 'node:fs/promises';
import { importPath } from '../intake/imports/folder.ts';
import { type ImportDeps, runToEnd } from '../intake/imports/run.ts';
import { sleep } from '../lib/clock.ts';
import { importValues } from '../store/audit-values.ts';
import type { LeadImport } from '../store/imports.ts';
import type { Store } from '../store/store.ts';

export interface ImportJobDeps extends ImportDeps {
  store: Pick<Store, 'imports' | 'audit'>;
  /** `DATA_DIR/imports`. */
  importsPath: string;
  /** Ends runs between two commits. */
  signal: AbortSignal;
}

/** Between two commits of an import: leads that come in meanwhile are taken first. */
const PAUSE_MS = 3;
const SERVER = { actor: { kind: 'server' }, addressHash: null } as const;

/**
 * Goes on with the imports that broke off with whoever ran them, to their ends. Each row is taken once: the position
 * moves in the commit that stores the rows before it, and for one runner alone.
 */
export async function resumeImports(deps: ImportJobDeps): Promise<void> {
  await Promise.all(deps.store.imports.brokenOff(deps.clock.now()).map((job) => resume(deps, job)));
}

async function resume(deps: ImportJobDeps, { siteId, id }: LeadImport): Promise<void> {
  const { store, clock, log, signal, importsPath } = deps;
  const taken = await store.imports.takeOver(siteId, id, crypto.randomUUID());
  if (taken === null) return;
  const { job, runner } = taken;
  log.info('import.resumed', { site: siteId, import: id, row: job.position });
  await store.audit.record(SERVER, { action: 'import.resumed', siteId, objectId: id, ...noted(job) });
  const path = importPath(importsPath, siteId, id);
  await runToEnd(deps, job, { path, runner, signal, pause: () => sleep(clock, PAUSE_MS) });
  const ended = store.imports.get(siteId, id);
  // The server stops, or somebody else goes on with it.
  if (ended === null || ended.status === 'running') return store.imports.letGo(siteId, id, runner);
  if (ended.status === 'done') await rm(path, { force: true });
  await store.audit.record(SERVER, { action: 'import.ended', siteId, objectId: id, ...noted(ended) });
}

const noted = (job: LeadImport) => ({ before: null, after: importValues(job) });
