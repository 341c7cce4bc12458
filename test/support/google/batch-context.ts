import { invalid } from './errors.ts';
import { contains, type GridRange, overlaps } from './grid.ts';
import type { Json } from './json.ts';
import type { MetadataContext } from './metadata.ts';
import type { Draft, ProtectedRange, Tab } from './spreadsheet.ts';

/** What a request inside a batch works on, and on whose behalf. */
export interface BatchContext extends MetadataContext {
  readonly draft: Draft;
  /** The account that asks. */
  readonly email: string;
  /** The owner of the file, whom no protection stops. */
  readonly owner: string;
  /** Whether an update or a delete that matches no metadata is refused or answers with an empty list. */
  readonly updateNothing: 'empty' | 'error';
  readonly deleteNothing: 'empty' | 'error';
  /** What sorting does to the tags of rows. */
  readonly rowTags: 'stay' | 'follow';
  /** True for the simulated user, whose formulas are his own business. */
  readonly byHand: boolean;
  /** Records something a well-behaved client must not do. */
  note(violation: string, detail: string): void;
}

/** One kind of request: changes the draft, gives back its reply (undefined: `{}`). */
export type RequestHandler = (context: BatchContext, body: Json) => Json | undefined;

const PROTECTED =
  'You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.';

/** Whether the account may edit under a protection; being an editor of the file is not enough. */
export function mayEdit(protection: ProtectedRange, email: string, owner: string): boolean {
  return protection.warningOnly || email === owner || protection.editors.includes(email);
}

/** Refuses an edit of cells that are protected from the caller. */
export function checkEdit(context: BatchContext, tab: Tab, range: GridRange): void {
  for (const protection of tab.protectedRanges) {
    if (mayEdit(protection, context.email, context.owner) || !overlaps(protection.range, range)) continue;
    if (protection.unprotected.some((open) => contains(open, range))) continue;
    throw invalid(PROTECTED);
  }
}

/** Refuses a change of the shape of a tab that is protected as a whole. */
export function checkShape(context: BatchContext, tab: Tab): void {
  const whole = (range: GridRange) => contains(range, { sheetId: tab.sheetId });
  for (const protection of tab.protectedRanges) {
    if (whole(protection.range) && !mayEdit(protection, context.email, context.owner)) throw invalid(PROTECTED);
  }
}
