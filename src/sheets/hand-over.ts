import type { SheetProblem, SheetStore } from '../store/sheets.ts';
import type { SiteTarget } from './target.ts';
import type { GoogleDriver } from './targets/google/driver.ts';

/** How often the present spreadsheet is asked about a write whose fate is open. */
const RELEASE_TRIES = 3;

/**
 * Before the site turns to another book: the fate of a write under way is settled, so that its leads go to the
 * new one exactly if they are not in the old one. Google itself decides between us and a server that is sending.
 * @param force lets go even if Google can't be asked: those leads may then stand in both
 * @returns why it can't be let go of yet; null: it is
 */
export async function letGo(
  sheets: Pick<SheetStore, 'openBatch' | 'settleBatch'>,
  driver: () => Promise<Pick<GoogleDriver, 'release'>>,
  at: SiteTarget,
  nextBook: string,
  force: boolean,
): Promise<SheetProblem | null> {
  const open = at.target.kind === 'google' && at.target.book !== nextBook ? sheets.openBatch(at.target.book) : null;
  if (open === null) return null;
  const google = await driver();
  let released = await google.release(at);
  for (let tries = 1; tries < RELEASE_TRIES && !released.ok; tries++) released = await google.release(at);
  if (released.ok) return null;
  if (!force) return released.problem;
  await sheets.settleBatch(open.id, { state: 'void', error: 'abandoned' });
  return null;
}
