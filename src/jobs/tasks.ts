import { removeOwnerless } from '../intake/files/ownerless.ts';
import type { Random } from '../lib/backoff.ts';
import { once } from '../lib/once.ts';
import type { DriveOf } from '../sheets/targets/google/drive.ts';
import { type AuditDeps, auditSheets } from './audit.ts';
import { compareFiles, type FileJobDeps, settleLeftovers } from './files.ts';
import type { Task } from './scheduler.ts';

export type ServerTaskDeps = AuditDeps &
  FileJobDeps & {
    /** Fetches the leads that services only told of. */
    fetchHooks(): Promise<void>;
    /** Google Drive, for files that are kept there; null: there is no Google here. */
    driveOf: DriveOf | null;
    /** Goes on with imports that broke off, to their ends. */
    resumeImports(): Promise<void>;
    random: Random;
  };

/** Everything the server does by the clock. */
export function serverTasks(deps: ServerTaskDeps): Task[] {
  const { store, files, sync, clock, log, driveOf } = deps;
  const mover = once(async () => {
    const { createDriveMover } = await import('./drive.ts');
    return driveOf === null ? null : createDriveMover({ ...deps, driveOf });
  });
  return [
    // What the command line changed holds within a second: a revoked key, another sheet, leads sent again.
    {
      name: 'refresh',
      everyMs: 1_000,
      run() {
        if (store.refresh()) sync.sweep();
      },
    },
    { name: 'search', everyMs: 500, run: () => store.tendSearch(log.info) },
    { name: 'hooks', everyMs: 1_000, run: () => deps.fetchHooks() },
    { name: 'sweep', everyMs: 300_000, run: () => sync.sweep() },
    // Looks each hour, compares each day: a server that is restarted often gets its turn too.
    { name: 'audit', everyMs: 3_600_000, run: () => auditSheets(deps) },
    // Little to ask for, mostly nothing to do: what a crash left, and files of leads that were deleted here or by command.
    {
      name: 'files',
      everyMs: 5_000,
      async run() {
        await settleLeftovers(deps);
        await removeOwnerless(store.files, files.folder);
      },
    },
    // Nothing is loaded for it before a site keeps its files in Google Drive.
    {
      name: 'drive',
      everyMs: 2_000,
      async run() {
        if (store.drive.sites().length > 0) await (await mover())?.run();
      },
    },
    {
      name: 'imports',
      everyMs: 5_000,
      async run() {
        if (store.imports.brokenOff(clock.now()).length > 0) await deps.resumeImports();
      },
    },
    { name: 'files-compare', everyMs: 3_600_000, run: () => compareFiles(deps) },
    { name: 'prune', everyMs: 3_600_000, run: () => store.prune(clock.now()) },
  ];
}
