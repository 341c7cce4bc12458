import type { FileFolder } from '../intake/files/folder.ts';
import type { Random } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { errorCode } from '../lib/file-system.ts';
import type { Log } from '../lib/log.ts';
import type { GoogleFailure } from '../sheets/targets/google/api.ts';
import type { DriveApi, DriveOf } from '../sheets/targets/google/drive.ts';
import type { DriveSite } from '../store/drive.ts';
import type { StoredFile } from '../store/files.ts';
import type { SheetProblem } from '../store/sheets.ts';
import type { Store } from '../store/store.ts';
import { deleteLeft } from './drive-delete.ts';
import { folderFor } from './drive-folder.ts';
import { type Sessions, sendFile, settleBegun } from './drive-send.ts';
import { HOUR_MS, LOOK_AGAIN_MS, waitMs } from './drive-wait.ts';

/*
 * Files of leads, from this server to Google Drive. A lead waits for none of this: its file is on the disk first, and
 * answered for there, until Drive is known to have every byte of it.
 *
 * The id in Drive is set aside by Google, and committed, before the first byte goes out: Google makes no second file
 * with it. So a kill, or an answer that never came, is settled by asking for that id.
 * killed before the commit: nobody knows the id, and nothing has it.
 * killed while it is sent: the id is asked for; not there, it is sent again under the same one. Should the earlier try
 *   come through after that, one of the two is refused.
 * killed after the last byte: it is there; it is compared with the bytes here, and noted.
 * killed after it is noted: links lead to Drive; its bytes here go, at this start or the next.
 * a database from a backup, with its files or without: Drive is asked for whatever came before this start.
 * a lead deleted meanwhile: what Drive has is deleted too; asked for until no try can come through any more.
 */

export interface DriveJobDeps {
  store: Pick<Store, 'drive' | 'files' | 'sites'>;
  files: { folder: FileFolder };
  driveOf: DriveOf;
  clock: Clock;
  random: Random;
  log: Log;
  /** Ends what is under way when the server stops. */
  signal: AbortSignal;
}

/** One site's turn with the Drive that its files go to. */
export interface AtSite extends DriveJobDeps {
  site: DriveSite;
  api: DriveApi;
  /** When this process began to look after Drive: files that came later are there by nobody else. */
  since: number;
}

/** What keeps one site's files, in place of an answer of Google's. */
export type Trouble = Pick<GoogleFailure, 'problem' | 'kind' | 'recheckMs' | 'retryAfterMs'>;

/**
 * What became of one file. `later`: nobody can know yet what an earlier try came to. `waits`: nothing of this site can go on
 * for now. `refused`: this one can't, others can.
 */
export type Sent =
  | { kind: 'kept' }
  | { kind: 'gone' }
  | { kind: 'later'; atMs: number }
  | { kind: 'waits'; trouble: Trouble }
  | { kind: 'refused'; trouble: Trouble };

const DAY_MS = 24 * HOUR_MS;
const AT_ONCE = 100;
/** What is sent by then has its bytes here cleared, and what was deleted meanwhile is deleted there, before more is sent. */
const SENDING_MS = 30_000;

/** Something of our own that waits for a person. */
export const paused = (problem: SheetProblem, recheckMs: number = HOUR_MS): Trouble => ({
  problem,
  kind: 'pause',
  recheckMs,
  retryAfterMs: null,
});

export function createDriveMover(deps: DriveJobDeps): { run(): Promise<void> } {
  const { store, files, clock, log, signal } = deps;
  const { drive } = store;
  const since = clock.now();
  /** Uploads that were cut short while this process runs, to be taken up where they stand. */
  const sessions: Sessions = new Map();
  /** Sites of whose files none was brought there since the bytes here were cleared: the look would be at all of them. */
  const clear = new Set<string>();

  /** Files that Drive has: their bytes here go. Those who fetch one that was just sent have had a turn's time for it. */
  async function clearSent(siteId: string): Promise<void> {
    while (!clear.has(siteId)) {
      const some = drive.toClear(siteId, AT_ONCE);
      if (some.length === 0) clear.add(siteId);
      for (const file of some) await files.folder.remove(file);
      if (some.length > 0) await drive.cleared(some.map(({ id }) => id));
    }
  }

  const isDue = ({ retryAt }: DriveSite) => retryAt === null || retryAt <= clock.now();

  /** Nothing of the site goes on for a while; people are told once. */
  async function wait(site: DriveSite, trouble: Trouble): Promise<void> {
    if (signal.aborted) return;
    const failures = site.failures + 1;
    const { problem } = trouble;
    const retryAt = clock.now() + waitMs(trouble, failures, deps.random);
    await drive.noteSite(site.siteId, { problem, failures, retryAt }, site);
    if (site.problem?.code !== problem.code) log.warn('drive.waits', { site: site.siteId, code: problem.code });
  }

  async function goOn(site: DriveSite): Promise<void> {
    if (site.problem === null) return;
    await drive.noteSite(site.siteId, { problem: null, failures: 0, retryAt: null }, site);
  }

  /** The next file of a site. False: there is none to send by now. */
  async function sendNext(siteId: string, ready: Set<string>): Promise<boolean> {
    const site = drive.site(siteId);
    if (site === null || !isDue(site)) return false;
    const file = drive.nextToSend(siteId, clock.now(), site.enabled ? 'any' : 'begun');
    if (file === null) {
      await goOn(site);
      return false;
    }
    const sent = await tried(site, file, ready);
    if (sent.kind === 'kept') clear.delete(siteId);
    if (signal.aborted) return false;
    switch (sent.kind) {
      case 'waits':
        await wait(site, sent.trouble);
        return false;
      case 'refused':
        // Without an id from Google there is nothing yet to put off.
        if (drive.copy(file.id) === null) {
          await wait(site, sent.trouble);
          return false;
        }
        await drive.postpone(file.id, sent.trouble.problem, clock.now() + DAY_MS);
        log.warn('drive.refused', { site: siteId, file: file.id, code: sent.trouble.problem.code });
        return true;
      case 'later':
        await drive.postpone(file.id, null, sent.atMs);
        return true;
      default:
        log.info(`drive.${sent.kind}`, { site: siteId, file: file.id, bytes: file.size });
        await goOn(site);
        return true;
    }
  }

  async function tried(site: DriveSite, file: StoredFile, ready: Set<string>): Promise<Sent> {
    try {
      const account = site.enabled ? site.account : (drive.copy(file.id)?.account ?? site.account);
      const made = await deps.driveOf(account);
      if (!made.ok) return { kind: 'waits', trouble: paused(made.problem) };
      const at = { ...deps, site, since, api: made.api };
      if (!site.enabled) return await settleBegun(at, file);
      if (!ready.has(site.siteId)) {
        const folder = await folderFor(at);
        if (!folder.ok) return { kind: 'waits', trouble: folder.trouble };
        ready.add(site.siteId);
      }
      // The folder may have just been made.
      return await sendFile({ ...at, site: drive.site(site.siteId) ?? site, sessions }, file);
    } catch (error) {
      const code = errorCode(error);
      if (code === '') throw error;
      // Its lead was deleted meanwhile, and its bytes with it: what Drive has of it is deleted in its turn. Nothing can be
      // begun of a file that is not known any more.
      if ((store.files.get(file.id)?.leadId ?? null) === null) return { kind: 'gone' };
      return { kind: 'waits', trouble: paused(unreadable(code), LOOK_AGAIN_MS) };
    }
  }

  return {
    async run() {
      for (const { siteId } of drive.sites()) {
        if (signal.aborted) return;
        await clearSent(siteId);
        const site = drive.site(siteId);
        if (site === null || !isDue(site)) continue;
        const trouble = await deleteLeft(deps, site);
        if (trouble !== null) await wait(site, trouble);
      }
      // Each site in its turn: whoever has a thousand files keeps nobody waiting.
      let turns = drive.sites().map(({ siteId }) => siteId);
      const ready = new Set<string>();
      const beganAt = clock.monotonic();
      while (turns.length > 0 && !signal.aborted && clock.monotonic() - beganAt < SENDING_MS) {
        const more: string[] = [];
        for (const siteId of turns) if (!signal.aborted && (await sendNext(siteId, ready))) more.push(siteId);
        turns = more;
      }
    },
  };
}

const unreadable = (code: string): SheetProblem => ({
  code: 'file_unreadable',
  message: `A file can't be read on this server (${code}). Look at the folder files in the data folder, and at the disk.`,
  technical: code,
});
