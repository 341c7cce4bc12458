import { AppError, notFound } from '../lib/errors.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import { toTime } from '../lib/time.ts';
import { retryFailed, sendMissing } from '../sheets/compare.ts';
import type { AuditAction } from '../store/accounts.ts';
import type { SheetProblem } from '../store/sheets.ts';
import type { Site } from '../store/store.ts';
import { record } from './audit.ts';
import { type Command, type Context, done, EXIT, type Outcome } from './command.ts';
import { type Session, SITE_FLAG, siteOf, withStore } from './session.ts';
import { backfill, type Comparison, compare } from './sheet-compare.ts';
import { connectGoogle, connectLocal } from './sheet-connect.ts';
import { checkText, driversFor, siteTarget } from './sheet-drivers.ts';
import { sheetResume, wordNeeded } from './sheet-resume.ts';

const FORM_FLAG = { value: 'ID', doc: "Only this form's tab." } as const;

const sheetConnect: Command = {
  name: 'sheet connect',
  summary: 'Chooses where rows go: a Google spreadsheet, after checking the access, or the local workbook.',
  flags: {
    site: SITE_FLAG,
    spreadsheet: { value: 'ID|URL', doc: "The spreadsheet's address or id." },
    'service-account': {
      value: 'FILE',
      doc: "The service account's JSON key file; - reads it from stdin. Else the one of the settings.",
    },
    local: { doc: 'The local workbook: CSV files in the data folder.' },
    force: {
      doc: 'Even if the present spreadsheet cannot be asked about a write under way: its leads may then stand in both.',
    },
    'send-earlier': { doc: 'Also send the leads that came in before.' },
  },
  examples: ['sheet connect --spreadsheet https://docs.google.com/spreadsheets/d/… --service-account key.json'],
  run: (context) => {
    const local = context.args.on('local');
    if (local === (context.args.text('spreadsheet') !== undefined)) {
      throw new AppError('bad_request', 'Give either --spreadsheet ID|URL or --local.');
    }
    return onSite(context, (session, site) =>
      local ? connectLocal(context, session, site) : connectGoogle(context, session, site),
    );
  },
};

const sheetShow: Command = {
  name: 'sheet show',
  summary: 'Where rows go, how many wait, and what went wrong last.',
  flags: { site: SITE_FLAG },
  run: (context) =>
    onSite(context, async ({ store, dir }, site) => {
      const view = sheetView(site, store, dir.sheetsPath);
      const { counts, last_error: error } = view;
      const text = textPairs([
        ['site', `${site.name} (${site.id})`],
        ['target', `${view.target}, ${view.status}`],
        ['where', view.spreadsheet_url ?? view.folder ?? '-'],
        [
          'rows',
          `${counts.synced} written, ${counts.pending} waiting, ${counts.failed} failed, ${counts.skipped} not meant for it`,
        ],
        ['last written', view.last_synced_at ?? 'never'],
        ...removalText(view.rows_to_remove),
        ...(error ? [['last error', error.message] as const] : []),
        ...view.tabs.map((tab) => [`tab "${tab.title}"`, tab.problem?.message ?? tab.state] as const),
      ]);
      return done(view, text);
    }),
};

const sheetCheck: Command = {
  name: 'sheet check',
  summary:
    'Looks at everything that can be wrong with the access, in plain words; a paused sheet that is well again goes on.',
  flags: { site: SITE_FLAG },
  run: (context) =>
    onSite(context, async (session, site) => {
      const { drivers } = await driversFor(context, session);
      const at = siteTarget(session, site);
      const report = await drivers[at.target.kind].check(at);
      const paused = at.target.status === 'paused';
      const word = paused ? wordNeeded(at.target.problem) : null;
      const resumed = report.ok && paused && word === null;
      if (resumed) {
        await session.store.sheets.resume(site.id);
        await record(session.store, { action: 'sheet.resumed', siteId: site.id, objectId: null });
      }
      const ok = report.ok && word === null;
      const note = resumed ? 'The sheet was paused; it goes on now.' : pausedText(at.target.problem, word);
      const view = {
        ok,
        share_with: report.shareWith,
        resumed,
        problem: resumed ? null : at.target.problem,
        steps: report.steps,
      };
      const text = `${checkText(report)}${note === '' ? '' : `\n\n${note}`}`;
      return done(view, text, ok ? EXIT.done : EXIT.attention);
    }),
};

const sheetSelftest: Command = {
  name: 'sheet selftest',
  summary:
    'Tries on the spreadsheet that Google still keeps the promises exactly-once rows rest on. Leaves nothing behind.',
  flags: { site: SITE_FLAG },
  run: (context) =>
    onSite(context, async (session, site) => {
      const { target } = siteTarget(session, site);
      if (target.kind === 'local') {
        throw new AppError('conflict', 'This site writes to its local workbook, which needs no self-test.');
      }
      const { google } = await driversFor(context, session);
      const { selfTest } = await import('../sheets/targets/google/self-test.ts');
      const made = await google.apiFor(target);
      if (!made.ok) throw new AppError('unavailable', made.problem.message);
      const report = await selfTest(made.api, target.book, { clock: context.clock, random: Math.random });
      if (report.ok) await session.store.sheets.updateBook(target.book, { selfTestedAt: context.clock.now() });
      const view = { ok: report.ok, steps: report.steps };
      return done(view, checkText({ ...report, shareWith: null }), report.ok ? EXIT.done : EXIT.attention);
    }),
};

const sheetVerify: Command = {
  name: 'sheet verify',
  summary: 'Compares every tab with the database, lead by lead. Exit code 5 when rows are missing or doubled.',
  flags: { site: SITE_FLAG, form: FORM_FLAG },
  run: (context) =>
    onSite(context, async (session, site) => {
      const { view: comparison } = await compare(context, session, site, formOf(context, session, site));
      return done(comparison, comparisonText(comparison), comparison.ok ? EXIT.done : EXIT.attention);
    }),
};

const sheetRepair: Command = {
  name: 'sheet repair',
  summary: 'Compares, and sends the rows that are missing once more. Doubled rows are named, never deleted.',
  flags: { site: SITE_FLAG, form: FORM_FLAG },
  run: (context) =>
    onSite(context, async (session, site) => {
      const { reports, view: comparison } = await compare(context, session, site, formOf(context, session, site));
      const queued = await sendMissing(session.store, site.id, reports);
      await noteSent(session, site, 'sheet.repaired', queued);
      const left = comparison.tabs.some((tab) => tab.doubled.length > 0 || tab.problem !== null);
      const text = `${comparisonText(comparison)}\n\n${queuedText(queued)}`;
      return done({ queued, ...comparison }, text, left ? EXIT.attention : EXIT.done);
    }),
};

const sheetBackfill: Command = {
  name: 'sheet backfill',
  summary: 'Sends all earlier leads that do not stand in the present sheet yet.',
  flags: { site: SITE_FLAG, failed: { doc: 'Only those that were refused.' } },
  run: (context) =>
    onSite(context, async (session, site) => {
      const failedOnly = context.args.on('failed');
      const queued = failedOnly ? await retryFailed(session.store, site.id) : await backfill(context, session, site);
      await noteSent(session, site, failedOnly ? 'sheet.retried' : 'sheet.backfilled', queued);
      return done({ queued }, queuedText(queued));
    }),
};

export const sheetCommands: readonly Command[] = [
  sheetConnect,
  sheetShow,
  sheetCheck,
  sheetResume,
  sheetSelftest,
  sheetVerify,
  sheetRepair,
  sheetBackfill,
];

function onSite(context: Context, work: (session: Session, site: Site) => Promise<Outcome>): Promise<Outcome> {
  return withStore(context, (session) => work(session, siteOf(session.store, context.args.text('site'))));
}

/** Rows that were sent once more are a change; a look that found none is not. */
async function noteSent({ store }: Session, site: Site, action: AuditAction, queued: number): Promise<void> {
  if (queued > 0) await record(store, { action, siteId: site.id, objectId: null, after: { queued } });
}

/** Why a sheet stays paused, and the command that is asked for. */
function pausedText(problem: SheetProblem | null, word: string | null): string {
  return word === null ? '' : `Still paused: ${problem?.message ?? ''}\nThe word for it: ${word}`;
}

function formOf({ args }: Context, { store }: Session, site: Site): string | null {
  const id = args.text('form');
  if (id === undefined) return null;
  if (store.forms.outline(site.id, id) === null) throw notFound('form');
  return id;
}

/** Spec 7, "One binary": the target, counts by status and the last error. */
function sheetView(site: Site, store: Session['store'], sheetsPath: string) {
  const target = store.sheets.target(site.id);
  const { pending, synced, failed, skipped } = store.sheets.counts(site.id);
  const tabs = store.sheets.tabs(target.book).map(({ title, formId, state, problem }) => {
    return { title, form_id: formId, state, problem };
  });
  const tabProblem: SheetProblem | null = tabs.find((tab) => tab.problem !== null)?.problem ?? null;
  const optionalTime = (ms: number | null) => (ms === null ? null : toTime(ms));
  return {
    site_id: site.id,
    target: target.kind,
    status: target.status,
    spreadsheet_id: target.kind === 'google' ? target.book : null,
    spreadsheet_url: target.url,
    title: target.title,
    folder: target.kind === 'local' ? `${sheetsPath}/${site.id}` : null,
    account: target.connectionId === null ? null : (store.sheets.connection(target.connectionId)?.email ?? null),
    paused_at: optionalTime(target.pausedAt),
    recheck_at: optionalTime(target.recheckAt),
    last_synced_at: optionalTime(target.lastSyncedAt),
    counts: { pending, synced, failed, skipped },
    // Of deleted leads: in this target, and in those the site has left.
    rows_to_remove: store.sheets.removalCounts(site.id),
    last_error: target.problem ?? target.trouble ?? tabProblem,
    tabs,
  };
}

function removalText({ here, elsewhere }: { here: number; elsewhere: number }): [string, string][] {
  if (here + elsewhere === 0) return [];
  const former =
    elsewhere === 0 ? '' : `; ${elsewhere} in a sheet this site wrote to before, for when it is the target again`;
  return [['to be removed', `${here} rows of deleted leads${former}`]];
}

function comparisonText({ tabs }: Comparison): string {
  if (tabs.length === 0) return 'There is no tab yet: the first lead makes one.';
  const rows = tabs.map((tab) => [
    tab.tab,
    String(tab.in_database),
    tab.problem === null ? String(tab.in_sheet) : '?',
    String(tab.missing.length),
    String(tab.doubled.length),
    String(tab.unknown.length),
  ]);
  const notes = tabs.flatMap((tab) => [
    ...(tab.problem === null ? [] : [`${tab.tab}: ${tab.problem.message}`]),
    ...(tab.missing.length === 0 ? [] : [`${tab.tab}, missing: ${someOf(tab.missing)}`]),
    ...(tab.doubled.length === 0 ? [] : [`${tab.tab}, doubled: ${someOf(tab.doubled)}`]),
  ]);
  const table = textTable(['TAB', 'DATABASE', 'SHEET', 'MISSING', 'DOUBLED', 'NOT OURS'], rows);
  return [table, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function someOf(ids: readonly string[]): string {
  const shown = ids.slice(0, 20).join(', ');
  return ids.length > 20 ? `${shown} and ${ids.length - 20} more` : shown;
}

function queuedText(queued: number): string {
  return queued === 0
    ? 'Nothing to send.'
    : `${queued} leads wait to be written; a running server does it within minutes.`;
}
