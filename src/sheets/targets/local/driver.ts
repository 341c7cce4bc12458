import type { TargetDriver } from '../../target.ts';
import { checkSite } from './check.ts';
import { flushSite } from './flush.ts';
import { lastRows, verifySite } from './look.ts';
import { recoverAll } from './recover.ts';
import type { LocalOptions, Workbook } from './workbook.ts';

/** The local workbook: one CSV file per tab, nothing to set up. Spec 4, "Targets". */
export interface LocalDriver extends TargetDriver {
  /** Ends what the last stop cut short. To be awaited once, before the first flush; may run beside everything else. */
  recover(): Promise<void>;
}

/**
 * Exactly once, across crashes: rows are appended behind the committed bytes and brought to disk, then ONE action
 * of the store marks the leads synced and moves the committed length. A crash before it leaves bytes that are cut
 * and leads that wait; after it, all is done. New columns and later values go the same way by a new generation of
 * the whole file, which is put in place by a rename after its commit.
 */
export function createLocalDriver(options: LocalOptions): LocalDriver {
  const book: Workbook = { ...options, stamps: new Map(), rewrittenAt: new Map() };
  return {
    kind: 'local',
    recover: () => recoverAll(book),
    flush: ({ site }) => flushSite(book, site),
    verify: ({ site }, formId, progress) => verifySite(book, site, formId, progress),
    check: ({ site }) => checkSite(book, site),
    rows: ({ site }, form, limit) => lastRows(book, site, form.id, limit),
  };
}
