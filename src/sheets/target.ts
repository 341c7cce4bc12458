import type { Form } from '../contract/form.ts';
import type { SheetProblem, SheetTab, SheetTarget, TargetKind } from '../store/sheets.ts';
import type { Site } from '../store/store.ts';

/** A site together with where its rows go. */
export interface SiteTarget {
  site: Site;
  target: SheetTarget;
}

/**
 * What one step of a flush came to. Drivers return it, `sync.ts` alone acts on it: waits, pauses, alerts.
 * A driver has written down (in the store) everything a later step needs before it returns.
 */
export type FlushOutcome =
  /** Nothing waits that could be written now. `wakeMs`: something will be by then, so ask again. */
  | { kind: 'idle'; wakeMs?: number }
  /** Rows or cells were written and settled; there may be more. `notBeforeMs`: leave the book alone that long. */
  | {
      kind: 'wrote';
      rows: number;
      cells: number;
      notBeforeMs: number;
      /** How long to leave the machine to others while new rows keep coming in; nobody waits for it otherwise. */
      restMs?: number;
      /** Tabs that were paused in this step, with why in their `problem`: the moment for one alert each. */
      pausedTabs?: readonly string[];
    }
  /** Passes by itself. `afterMs` null: the capped backoff; else at least that long. */
  | { kind: 'retry'; trouble: SheetProblem; afterMs: number | null }
  /** Needs a person. Looked at again every `recheckMs`, or only when asked (null). */
  | { kind: 'paused'; problem: SheetProblem; recheckMs: number | null };

/** Database n, sheet m, these missing, these doubled. Spec 4, "Verify and repair". */
export interface TabReport {
  tab: SheetTab;
  formName: string;
  inDatabase: number;
  inSheet: number;
  missing: string[];
  /** Lead ids that stand on the tab more than once. */
  doubled: string[];
  /** Lead ids on the tab that this server does not know as synced. */
  unknown: string[];
  /** Why this tab could not be compared; null: it was. */
  problem: SheetProblem | null;
}

/** One thing "check access" looked at. */
export interface CheckStep {
  name: string;
  ok: boolean;
  problem: SheetProblem | null;
}

export interface CheckReport {
  ok: boolean;
  /** The address to share the spreadsheet with; null where there is none. */
  shareWith: string | null;
  steps: CheckStep[];
}

/** Long work reports how far it is, and stops between two steps when `signal` says so. */
export interface Progress {
  signal: AbortSignal;
  report(done: number, total: number | null): void;
}

/**
 * One kind of workbook. The conformance suite in `test/sheets/target.suite.ts` is its law.
 * At most one call per book is under way at any time: `sync.ts` sees to it.
 */
export interface TargetDriver {
  readonly kind: TargetKind;
  /**
   * One step: settle what is open, else write the next rows, else the next cell updates, else take out rows of deleted
   * leads and give tabs the titles of their forms. The other rows of a tab keep their order. However long there are
   * rows to write, the rest gets its turn.
   */
  flush(at: SiteTarget): Promise<FlushOutcome>;
  /** Compares every tab (or one form's) with the database. Changes nothing in the sheet. */
  verify(at: SiteTarget, formId: string | null, progress: Progress): Promise<TabReport[]>;
  /** Everything that can be wrong with the access, in plain words. */
  check(at: SiteTarget): Promise<CheckReport>;
  /** The rows of a form's tab as they stand, header first; for "the row seen". At most `limit` rows, newest last. */
  rows(at: SiteTarget, form: Pick<Form, 'id'>, limit: number): Promise<string[][]>;
}
