import type { Site } from '../../../store/store.ts';
import type { TargetDriver } from '../../target.ts';
import { checkSite } from './check.ts';
import { flushSite } from './flush.ts';
import { lastRows, verifySite } from './look.ts';
import { problemOf } from './problems.ts';
import { createRecovery, type Recovery } from './recover.ts';
import type { LocalOptions, Workbook } from './workbook.ts';

/** The local workbook: one CSV file per tab, nothing to set up. Spec 4, "Targets". */
export interface LocalDriver extends TargetDriver {
  /**
   * Ends what the last stop cut short. For the one process that writes the files, once, before its first flush; from
   * this call on whatever is asked of a site waits until its files are right. Resolves when all are; never rejects.
   * @param signal ends it between two tabs
   */
  recover(signal?: AbortSignal): Promise<void>;
}

/**
 * Exactly once, across crashes: rows are appended behind the committed bytes and brought to disk, then ONE action
 * of the store marks the leads synced and moves the committed length. A crash before it leaves bytes that are cut
 * and leads that wait; after it, all is done. New columns and later values go the same way by a new generation of
 * the whole file, which is put in place by a rename after its commit.
 */
export function createLocalDriver(options: LocalOptions): LocalDriver {
  const book: Workbook = { ...options, stamps: new Map(), rewrittenAt: new Map() };
  let recovery: Recovery | null = null;
  const ready = async (site: Site) => recovery?.site(site);
  return {
    kind: 'local',
    recover(signal = new AbortController().signal) {
      recovery = createRecovery(book, signal);
      return recovery.all();
    },
    async flush({ site }) {
      try {
        await ready(site);
      } catch (error) {
        const trouble = problemOf(error);
        if (!trouble) throw error;
        return { kind: 'retry', trouble, afterMs: null };
      }
      return flushSite(book, site);
    },
    async verify({ site }, formId, progress) {
      await ready(site);
      return verifySite(book, site, formId, progress);
    },
    async check({ site }) {
      await ready(site);
      return checkSite(book, site);
    },
    async rows({ site }, form, limit) {
      await ready(site);
      return lastRows(book, site, form.id, limit);
    },
  };
}
