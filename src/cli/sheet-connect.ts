import { AppError, invalid } from '../lib/errors.ts';
import { letGo } from '../sheets/hand-over.ts';
import type { GoogleApi } from '../sheets/targets/google/api.ts';
import type { ServiceAccount } from '../sheets/targets/google/service-account.ts';
import { targetValues } from '../store/audit-values.ts';
import type { NewSheetTarget } from '../store/sheets.ts';
import type { Site } from '../store/store.ts';
import { record } from './audit.ts';
import { type Context, done, EXIT, type Outcome } from './command.ts';
import { readInput } from './input.ts';
import type { Session } from './session.ts';
import { backfill } from './sheet-compare.ts';
import { checkText, driversFor, siteTarget } from './sheet-drivers.ts';

/** Rows go to CSV files in the data folder. */
export async function connectLocal(context: Context, session: Session, site: Site): Promise<Outcome> {
  const book = `local:${site.id}`;
  return setTarget(context, session, site, { kind: 'local', book, connectionId: null, title: null, url: null });
}

/** Rows go to a Google spreadsheet, if everything about the access is well; else nothing is changed. */
export async function connectGoogle(context: Context, session: Session, site: Site): Promise<Outcome> {
  const { spreadsheetIdOf } = await import('../sheets/targets/google/connect.ts');
  const { checkAccess } = await import('../sheets/targets/google/check.ts');
  const named = spreadsheetIdOf(context.args.text('spreadsheet') ?? '');
  if (!named.ok) throw invalid(`--spreadsheet: ${named.message}`);
  const { google } = await driversFor(context, session);
  const given = await accountGiven(context);
  const api = given ? google.apiOfAccount(given.account) : await apiOfSettings(session, site, google);

  const book = named.spreadsheetId;
  const report = await checkAccess(api, book, { clock: context.clock, random: Math.random, selfTest: true });
  const check = { ok: report.ok, share_with: report.shareWith, steps: report.steps };
  if (!report.ok) {
    const text = `${checkText(report)}\n\nNothing was changed. Mend this and try again.`;
    return done({ connected: false, check }, text, EXIT.attention);
  }
  const info = await api.info(book);
  const title = info.ok ? info.value.title : null;
  const url = info.ok ? info.value.url : `https://docs.google.com/spreadsheets/d/${book}/edit`;
  const connectionId = given ? (await google.keepAccount(given.account, given.text)).id : null;
  const outcome = await setTarget(context, session, site, { kind: 'google', book, connectionId, title, url }, check);
  const now = context.clock.now();
  await session.store.sheets.updateBook(book, { selfTestedAt: now, checkedAt: now });
  return outcome;
}

async function setTarget(
  context: Context,
  session: Session,
  site: Site,
  target: NewSheetTarget,
  check: unknown = null,
): Promise<Outcome> {
  const { store } = session;
  const before = targetValues(store.sheets.target(site.id));
  await leave(context, session, site, target.book);
  const set = await store.sheets.setTarget(site.id, target);
  if (set === 'conflict') {
    throw new AppError('conflict', 'This spreadsheet belongs to another site. Each site needs one of its own.');
  }
  const after = targetValues(set);
  await record(store, { action: 'sheet.connected', siteId: site.id, objectId: null, before, after });
  const where = target.kind === 'local' ? 'the local workbook' : `"${target.title ?? target.book}"`;
  const earlier = store.sheets.counts(site.id).synced;
  const sendEarlier = context.args.on('send-earlier');
  const queued = sendEarlier ? await backfill(context, session, site) : 0;
  const hint = earlier > 0 ? `\nLeads that came in before: ${context.invocation} sheet backfill --site ${site.id}` : '';
  const text = `${site.name} now writes to ${where}.${sendEarlier ? `\n${queued} earlier leads wait to be written.` : hint}`;
  const view = { connected: true, target: set.kind, spreadsheet_id: set.kind === 'google' ? set.book : null };
  return done({ ...view, spreadsheet_url: set.url, title: set.title, queued, check }, text);
}

/** @throws AppError conflict while a write to the present spreadsheet is under way that can't be asked about */
async function leave(context: Context, session: Session, site: Site, nextBook: string): Promise<void> {
  const driver = async () => (await driversFor(context, session)).googleDriver;
  const at = siteTarget(session, site);
  const problem = await letGo(session.store.sheets, driver, at, nextBook, context.args.on('force'));
  if (problem === null) return;
  const message = `A write to the present spreadsheet is under way, and it can't be asked what became of it: ${problem.message}`;
  throw new AppError('conflict', `${message} Try again later, or with --force: those leads may then stand in both.`);
}

/** The key file that was named; its text is a secret and never repeated. */
async function accountGiven(context: Context): Promise<{ account: ServiceAccount; text: string } | null> {
  const text = await readInput(context, 'service-account');
  if (text === null) return null;
  const { parseServiceAccount } = await import('../sheets/targets/google/service-account.ts');
  const parsed = parseServiceAccount(text);
  if (!parsed.ok) throw invalid(`--service-account: ${parsed.message}`);
  return { account: parsed.account, text };
}

/** The account of the settings; without one there is nobody to write as. */
async function apiOfSettings(
  { store }: Session,
  site: Site,
  google: Awaited<ReturnType<typeof driversFor>>['google'],
): Promise<GoogleApi> {
  const made = await google.apiFor({ ...store.sheets.target(site.id), connectionId: null });
  if (!made.ok) throw invalid(`${made.problem.message} Or give --service-account FILE.`);
  return made.api;
}
