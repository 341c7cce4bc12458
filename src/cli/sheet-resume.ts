import { AppError, notFound } from '../lib/errors.ts';
import type { SheetProblem } from '../store/sheets.ts';
import type { Site } from '../store/store.ts';
import { record } from './audit.ts';
import { type Command, type Context, done, type Outcome } from './command.ts';
import { type Session, SITE_FLAG, siteOf, withStore } from './session.ts';
import { driversFor, siteTarget } from './sheet-drivers.ts';

/** What keeps a sheet paused however good the access is, until a person says the word; and which word. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['used_before', '--take-over'],
  ['tags_wiped', '--retag'],
  ['other_server', ''],
]);

/** The command that lets a paused sheet go on, where only a person can say so; null: a good check is enough. */
export function wordNeeded(problem: SheetProblem | null): string | null {
  const flag = WORDS.get(problem?.code ?? '');
  return flag === undefined ? null : `sheet resume ${flag}`.trimEnd();
}

/** Says the word that `sheet show` asks for. */
export const sheetResume: Command = {
  name: 'sheet resume',
  summary: 'Lets a paused sheet, or one paused tab, go on; with the word that its problem asks for.',
  flags: {
    site: SITE_FLAG,
    'take-over': { doc: 'The other LeadToSheet that wrote to this spreadsheet is gone for good.' },
    retag: { doc: 'Recognise the columns by their headers again.' },
    form: { value: 'ID', doc: "Only this form's paused tab." },
    'new-tab': { doc: 'With --form: the tab was deleted; make a new one.' },
  },
  run: (context) =>
    withStore(context, async (session) => {
      const site = siteOf(session.store, context.args.text('site'));
      const form = context.args.text('form');
      if (form !== undefined) return resumeTab(context, session, site, form);
      if (context.args.on('new-tab')) throw new AppError('bad_request', '--new-tab goes with --form ID.');
      return resumeSheet(context, session, site);
    }),
};

async function resumeSheet(context: Context, session: Session, site: Site): Promise<Outcome> {
  const { args } = context;
  const at = siteTarget(session, site);
  if (at.target.status !== 'paused') throw new AppError('conflict', 'This sheet is not paused.');
  const { googleDriver } = await driversFor(context, session);
  // Nothing is written to a paused sheet: the server does not come between.
  const tabs = args.on('retag') ? await said(googleDriver.retag(at)) : null;
  if (args.on('take-over')) await said(googleDriver.takeOver(at));
  await session.store.sheets.resume(site.id);
  await record(session.store, {
    action: 'sheet.resumed',
    siteId: site.id,
    objectId: null,
    after: { word: ['take-over', 'retag'].filter((flag) => args.on(flag)).join(', ') },
  });
  const recognised =
    tabs === null ? [] : tabs.tabs.map(({ formId, found, missing }) => ({ form_id: formId, found, missing }));
  return done({ resumed: true, recognised }, 'The sheet goes on.');
}

async function resumeTab(context: Context, session: Session, site: Site, form: string): Promise<Outcome> {
  const at = siteTarget(session, site);
  if (session.store.forms.outline(site.id, form) === null) throw notFound('form');
  const { googleDriver } = await driversFor(context, session);
  const makeNew = context.args.on('new-tab');
  const changed = makeNew ? await googleDriver.remakeTab(at, form) : await googleDriver.resumeTab(at, form);
  if (!changed) throw new AppError('conflict', "This form's tab is not paused.");
  await record(session.store, {
    action: 'sheet.tab_resumed',
    siteId: site.id,
    objectId: form,
    after: { new_tab: makeNew },
  });
  return done(
    { resumed: true, new_tab: makeNew },
    makeNew ? 'A new tab is made with the next lead.' : 'The tab goes on.',
  );
}

/** What an operator's word came to. @throws AppError with the driver's own sentence */
async function said<T extends { ok: true }>(work: Promise<T | { ok: false; problem: SheetProblem }>): Promise<T> {
  const result = await work;
  if (!result.ok) throw new AppError('unavailable', result.problem.message);
  return result;
}
