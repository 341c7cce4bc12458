import type { SheetBatch, SheetTab } from '../../../store/sheets.ts';
import type { FlushOutcome } from '../../target.ts';
import type { DeveloperMetadata, MetadataLookup } from './api.ts';
import { FIELD_KEY, GUARD_KEY, guardId, guardsOf, mapTab, ROW_KEY, TAB_KEY } from './mapping.ts';
import { failed, type Look, type Step, wrote } from './step.ts';

/** Every guard is asked for this often, or after so many new ones. google-sheets.md 5.5. */
const FULL_LOOK_MS = 600_000;
const FULL_LOOK_GUARDS = 300;
/** A guard is kept at least this long: three times what one call to Google may take, and more. 5.3. */
const GUARD_LIFE_MS = 600_000;
/** And the newest ones always. */
const NEWEST_KEPT = 32;

type Looked = { ok: true; look: Look } | { ok: false; outcome: FlushOutcome };

/**
 * The one read before each write: where the columns are, whether the last delivered guard is still there, whether
 * the open one arrived, and whether anybody took the next one. Now and then all guards, in the same call.
 */
export async function takeLook(step: Step, open: SheetBatch | null, last: SheetBatch | null): Promise<Looked> {
  const { memory, deps } = step;
  const now = deps.clock.monotonic();
  const all =
    memory.fullLookAt === null || now - memory.fullLookAt >= FULL_LOOK_MS || memory.guardsMade >= FULL_LOOK_GUARDS;
  const ids = [last?.guardId, open?.guardId, guardId(deps.store.sheets.book(step.book).nextSeq)];
  const lookups: MetadataLookup[] = [{ metadataKey: FIELD_KEY }, { metadataKey: TAB_KEY }];
  if (all) lookups.push({ metadataKey: GUARD_KEY });
  // Also with all of them: a database that was set back knows nothing of the rows it had begun to take out.
  if (all || step.chores.marksSeen || deps.store.sheets.nextRemovals(step.book, 1).length > 0) {
    lookups.push({ metadataKey: ROW_KEY });
  }
  for (const metadataId of new Set(ids)) if (metadataId !== undefined) lookups.push({ metadataId });
  return search(step, lookups, all);
}

/** The same look with every guard, for when something is not as it should be. */
export async function lookAtAll(step: Step): Promise<Looked> {
  return search(
    step,
    [FIELD_KEY, TAB_KEY, GUARD_KEY].map((metadataKey) => ({ metadataKey })),
    true,
  );
}

async function search(step: Step, lookups: readonly MetadataLookup[], all: boolean): Promise<Looked> {
  const found = await step.api.search(step.book, lookups);
  if (!found.ok) return { ok: false, outcome: failed(found.failure, step.deps.clock.now()) };
  const byId = new Map<number, DeveloperMetadata>();
  for (const tag of found.value) byId.set(tag.metadataId, tag);
  const look = { tags: [...byId.values()], byId, all };
  if (look.tags.some((tag) => tag.key === ROW_KEY)) step.chores.marksSeen = true;
  if (all) noteGuards(step, look);
  return { ok: true, look };
}

/**
 * Chooses the guards to delete: only ids just seen, never one of the newest, and only those that were there ten
 * minutes ago by the clock that never jumps. A send that is still under way inside Google is younger than that.
 */
function noteGuards(step: Step, look: Look): void {
  const { memory, deps } = step;
  const now = deps.clock.monotonic();
  const guards = guardsOf(look.tags);
  const age = new Map<number, number>();
  for (const { metadataId } of guards) age.set(metadataId, memory.guardAge.get(metadataId) ?? now);
  memory.guardAge = age;
  memory.fullLookAt = now;
  memory.guardsMade = 0;
  memory.expired = guards
    .slice(NEWEST_KEPT)
    .map((guard) => guard.metadataId)
    .filter((id) => now - (age.get(id) ?? now) >= GUARD_LIFE_MS);
}

/**
 * When the spreadsheet has no room for another guard, age is no longer asked for: at no more than one write a
 * second the newest 200 reach back further than the 180 s a call may take.
 */
export function expireForRoom(step: Step): void {
  const ids = [...step.memory.guardAge.keys()].sort((a, b) => b - a);
  step.memory.expired = ids.slice(200);
  step.memory.roomNeeded = true;
}

/**
 * Marks, columns and rows are read by several calls. If a column was moved between them they don't fit together, and
 * nothing may be concluded from them. Null: nothing moved since the look; else all has to be read anew.
 */
export async function movedSince(
  step: Step,
  tabs: readonly { tab: Pick<SheetTab, 'sheetId' | 'columns'>; places: ReadonlyMap<string, number> }[],
): Promise<FlushOutcome | null> {
  if (tabs.length === 0) return null;
  const again = await step.api.search(step.book, [{ metadataKey: FIELD_KEY }]);
  if (!again.ok) return failed(again.failure, step.deps.clock.now());
  const still = tabs.every(({ tab, places }) => {
    const now = mapTab(tab, again.value).places;
    return now.size === places.size && [...now].every(([key, index]) => places.get(key) === index);
  });
  return still ? null : wrote(0, 0);
}
