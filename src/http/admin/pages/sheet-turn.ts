import { letGo } from '../../../sheets/hand-over.ts';
import type { NewSheetTarget } from '../../../store/sheets.ts';
import { record } from '../audit.ts';
import type { SiteRequest } from '../route.ts';
import { startSheetWork } from './sheet-work.ts';

/** Why a site can't turn to a sheet: `leave` is about the present one, `taken` about the next. */
export type NotTurned = { leave: string } | { taken: string };

/** Lets go of the present sheet and turns to the next, while no flush of the site is under way. Null: it is done. */
export async function turnTo(
  request: SiteRequest,
  target: NewSheetTarget,
  sendEarlier: boolean,
): Promise<NotTurned | null> {
  const { site, services } = request;
  const { store, sync, google } = services;
  const before = store.sheets.target(site.id);
  const wrong = await sync.exclusively(site.id, async (at): Promise<NotTurned | null> => {
    if (google !== null) {
      const held = await letGo(store.sheets, async () => google.driver, at, target.book, false);
      if (held !== null) return { leave: `It can’t be asked what became of it: ${held.message} Try again later.` };
    }
    const set = await store.sheets.setTarget(site.id, target);
    return set === 'conflict' ? { taken: TAKEN } : null;
  });
  if (wrong !== null) return wrong;
  await record(request, {
    action: 'sheet.connected',
    objectId: null,
    before: { target: before.kind, book: before.book },
    after: { target: target.kind, book: target.book },
  });
  if (sendEarlier) startSheetWork(services, site.id, 'backfill');
  sync.sweep();
  return null;
}

export const TAKEN = 'This spreadsheet belongs to another site. Each site needs one of its own.';
