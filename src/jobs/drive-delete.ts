import type { DriveApi } from '../sheets/targets/google/drive.ts';
import type { DriveCopy, DriveSite } from '../store/drive.ts';
import { type DriveJobDeps, paused, type Trouble } from './drive.ts';
import { found } from './drive-folder.ts';
import { lookFor } from './drive-send.ts';
import { HOUR_MS, SETTLED_MS, waitMs } from './drive-wait.ts';

const AT_ONCE = 50;
/** What Google refuses for one file is asked for again this often. */
const REFUSED_MS = 6 * HOUR_MS;
/** Refusals that are about the file, and not about the account or the moment. */
const OF_FILE: ReadonlySet<string> = new Set(['not_shared', 'viewer_only', 'not_found', 'bad_request']);

type Deleted =
  | { kind: 'gone' }
  | { kind: 'again'; atMs: number; trouble: Trouble | null }
  | { kind: 'waits'; trouble: Trouble };

/**
 * Deletes in Drive what deleted leads have left there. Nothing is forgotten before Google says that it is gone, or a
 * person does. Gives what keeps the site's account from going on; null: nothing does.
 */
export async function deleteLeft(deps: DriveJobDeps, site: DriveSite): Promise<Trouble | null> {
  const { store, clock, log, signal, random } = deps;
  for (;;) {
    const some = store.drive.toDelete(site.siteId, clock.now(), AT_ONCE);
    if (some.length === 0) return null;
    for (const copy of some) {
      if (signal.aborted) return null;
      const deleted = await deleteOne(deps, site, copy);
      if (signal.aborted) return null;
      if (deleted.kind === 'gone') {
        await store.drive.forgetCopy(copy.fileId);
        log.info('drive.deleted', { site: site.siteId, file: copy.fileId });
      } else if (deleted.kind === 'again') {
        await store.drive.postpone(copy.fileId, deleted.trouble?.problem ?? null, deleted.atMs);
      } else if (copy.account === site.account) {
        return deleted.trouble;
      } else {
        // Left behind with an account that the site does not use any more: that keeps nothing else.
        const atMs = clock.now() + Math.max(HOUR_MS, waitMs(deleted.trouble, 1, random));
        await store.drive.postponeDeletes(site.siteId, copy.account, deleted.trouble.problem, atMs);
        break;
      }
    }
  }
}

async function deleteOne({ driveOf, clock }: DriveJobDeps, site: DriveSite, copy: DriveCopy): Promise<Deleted> {
  const made = await driveOf(copy.account);
  if (!made.ok) return { kind: 'waits', trouble: paused(made.problem) };
  const { api } = made;
  const there = copy.driveId === null ? await lookFor(api, copy.fileId, copy) : null;
  if (there?.ok === false) return { kind: 'waits', trouble: there.failure };
  const id = copy.driveId ?? there?.value?.id ?? null;
  const reply = id === null ? ({ ok: true, value: 'missing' } as const) : await api.remove(id);
  if (!reply.ok) {
    const trouble = reply.failure;
    const isOfFile = OF_FILE.has(trouble.problem.code);
    return isOfFile ? { kind: 'again', atMs: clock.now() + REFUSED_MS, trouble } : { kind: 'waits', trouble };
  }
  if (reply.value !== 'missing') return { kind: 'gone' };
  if (copy.link === null) {
    // Nobody knows what came of the last try: it may come through yet.
    const atMs = copy.triedAt + SETTLED_MS;
    return clock.now() < atMs ? { kind: 'again', atMs, trouble: null } : { kind: 'gone' };
  }
  return await isGone(api, site, copy, clock.now());
}

/** A file that was there and is not found: deleted by somebody, if its folder is still to be seen. */
async function isGone(api: DriveApi, site: DriveSite, copy: DriveCopy, nowMs: number): Promise<Deleted> {
  const folder = copy.account === site.account && site.folder !== null ? await api.folder(site.folder) : null;
  if (folder?.ok === false) return { kind: 'waits', trouble: folder.failure };
  if (folder?.value) return { kind: 'gone' };
  return { kind: 'again', atMs: nowMs + REFUSED_MS, trouble: found(api, 'not_found') };
}
