import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createIntake } from '../intake/accept.ts';
import { examine, readSurface, type Told } from '../intake/imports/examine.ts';
import { isTarget, MEMBERS } from '../intake/imports/mapping.ts';
import { checkImport, runImport } from '../intake/imports/run.ts';
import { createSpamCheck } from '../intake/spam/check.ts';
import { AppError, invalid } from '../lib/errors.ts';
import { silentLog } from '../lib/log.ts';
import { oneLine, textPairs } from '../lib/text-table.ts';
import { toTime } from '../lib/time.ts';
import { timeZoneOf } from '../lib/time-zone.ts';
import { importValues } from '../store/audit-values.ts';
import {
  IMPORT_ENCODINGS,
  type ImportProblem,
  type ImportSettings,
  type LeadImport,
  MAX_IMPORT_PROBLEMS,
} from '../store/imports.ts';
import type { Site, Store } from '../store/store.ts';
import { type Args, wordOf } from './args.ts';
import { record } from './audit.ts';
import { type Command, type Context, done, EXIT, type Outcome } from './command.ts';
import { type Session, SITE_FLAG, siteOf, withStore } from './session.ts';

/** How many bad rows are shown; all are counted, and `--report` writes more. */
const SHOWN = 100;
const TELL_MS = 2_000;
const DATE_ORDERS = ['dmy', 'mdy'] as const;

export const leadImport: Command = {
  name: 'lead import',
  summary: 'Takes leads from a CSV or JSON file, each row once, also after it was stopped or broke off.',
  operands: [
    {
      name: 'FILE',
      doc: 'CSV with any separator, JSON lines, or a JSON array of objects, also as the one member of an object',
    },
  ],
  flags: {
    site: SITE_FLAG,
    form: { value: 'NAME', doc: 'The form of rows that name none; Import if left out.' },
    'dry-run': { doc: 'Store nothing, and say what an import would come to.' },
    columns: {
      value: 'FILE',
      doc: 'What columns become, as JSON: {"Notes": "", "Sent": "submitted_at", "Mail": "field:Email"}.',
    },
    timezone: { value: 'ZONE', doc: 'Of times that name none, such as Europe/Paris; the site’s own if left out.' },
    'date-order': { value: 'ORDER', doc: `What 04/03/2026 means: ${DATE_ORDERS.join(' or ')}; found out if left out.` },
    encoding: { value: 'NAME', doc: `${IMPORT_ENCODINGS.join(', ')}; found out if left out.` },
    'no-header': { doc: 'The first row is a lead already.' },
    report: { value: 'FILE', doc: `Write the rows that were not taken there, as CSV; at most ${MAX_IMPORT_PROBLEMS}.` },
    again: { doc: 'Take a file once more that was taken before: each of its leads will be there twice.' },
  },
  examples: ['lead import leads.csv --dry-run', 'lead import leads.csv --form "Contact form" --timezone Europe/Paris'],
  run: (context) =>
    withStore(context, async (session) => {
      const site = siteOf(session.store, context.args.text('site'));
      const path = context.args.operand(0) ?? '';
      const surface = await surfaceOf(path);
      if (context.args.on('dry-run')) {
        const settings = await settingsFor(context.args, session.store, site, path, surface.encoding);
        return dryRun(context, path, surface.size, settings);
      }
      const job = await begin(context, session, site, path, surface);
      return run(context, session, site, path, job);
    }),
};

async function surfaceOf(path: string) {
  try {
    const surface = await readSurface(path);
    if (surface.size > 0) return surface;
  } catch (error) {
    throw new AppError('not_found', `The file can't be read: ${codeOf(error)}. Check its name and who may read it.`);
  }
  throw invalid('The file is empty.');
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error');

async function settingsFor(
  args: Args,
  store: Store,
  site: Site,
  path: string,
  found: ImportSettings['encoding'],
): Promise<ImportSettings> {
  const zone = args.text('timezone');
  const timezone = zone === undefined ? site.timezone : timeZoneOf(zone);
  if (timezone === null) throw invalid('--timezone must be an IANA time zone, such as Europe/Paris.');
  const dateOrder = wordOf(args, 'date-order', DATE_ORDERS);
  const told: Told & { timezone: string } = {
    timezone,
    form: args.text('form') ?? null,
    ...(dateOrder ? { dateOrder } : {}),
    ...(args.on('no-header') ? { header: false } : {}),
  };
  const fields = store.forms.outlines(site.id).flatMap((form) => [...form.fields]);
  const { settings } = await examine(path, wordOf(args, 'encoding', IMPORT_ENCODINGS) ?? found, told, fields);
  if (settings.columns.length === 0) throw invalid('No row with something in it was found in the file.');
  const columns = args.text('columns');
  return columns === undefined ? settings : { ...settings, columns: await chosen(columns, settings) };
}

/** @throws AppError for a file that says nothing of the kind */
async function chosen(path: string, { columns }: ImportSettings): Promise<ImportSettings['columns']> {
  const given: unknown = await Bun.file(path)
    .json()
    .catch(() => null);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('--columns must name a file with a JSON object: from the name of a column to what it becomes.');
  }
  const targets = new Map(Object.entries(given));
  for (const [name, target] of targets) {
    if (!columns.some((column) => column.name === name)) throw invalid(`There is no column ${JSON.stringify(name)}.`);
    if (typeof target === 'string' && isTarget(target)) continue;
    throw invalid(`What ${JSON.stringify(name)} becomes must be "", "field:NAME", or one of ${MEMBERS.join(', ')}.`);
  }
  return columns.map(({ name, target }) => ({ name, target: String(targets.get(name) ?? target) }));
}

/** A new import, or the one of this file that is not at its end. @throws AppError conflict for a file that is */
async function begin(
  { args, say }: Context,
  { store }: Session,
  site: Site,
  path: string,
  { hash, size, encoding }: Awaited<ReturnType<typeof readSurface>>,
): Promise<LeadImport> {
  const before = args.on('again') ? [] : store.imports.byHash(site.id, hash).filter(({ status }) => status !== 'draft');
  const unfinished = before.find(({ status }) => status !== 'done');
  if (unfinished !== undefined) {
    say(
      `Going on with the import of ${toTime(unfinished.createdAt)} after row ${unfinished.position}, as it was begun.`,
    );
    return unfinished;
  }
  const [earlier] = before;
  if (earlier !== undefined) {
    const when = toTime(earlier.finishedAt ?? earlier.createdAt);
    throw new AppError(
      'conflict',
      `This file was imported at ${when}: ${earlier.taken} leads. With --again each of them is there twice.`,
    );
  }
  const settings = await settingsFor(args, store, site, path, encoding);
  const fileName = basename(path);
  return store.imports.create({ siteId: site.id, fileName, fileHash: hash, fileSize: size, kept: false, settings });
}

async function run(context: Context, session: Session, site: Site, path: string, job: LeadImport): Promise<Outcome> {
  const { clock } = context;
  const { store, vault } = session;
  const runner = crypto.randomUUID();
  const started = await store.imports.start(site.id, job.id, runner);
  if (started === 'busy') throw new AppError('conflict', 'Another import of this site is under way. Wait, or stop it.');
  if (started === null) throw new AppError('conflict', 'This import is over.');
  // Over by itself meanwhile: then there is nothing to stop.
  void context
    .stopSignal()
    .then(() => store.imports.stop(site.id, job.id))
    .catch(() => {});
  const spam = createSpamCheck({ store, vault, clock });
  const intake = createIntake({ store, clock, log: silentLog, spam, onStored: () => {} });
  const tell = progress(context, job.fileSize);
  // A running server writes too: it is let in between two commits.
  const options = { path, runner, moved: tell, pause: () => pause(2) };
  const end = await runImport({ store, intake, clock, log: silentLog }, started, options);
  const now = store.imports.get(site.id, job.id) ?? started;
  await record(store, { action: 'import.ended', siteId: site.id, objectId: job.id, after: importValues(now) });
  const problems = store.imports.problems(site.id, job.id, MAX_IMPORT_PROBLEMS);
  await writeReport(context.args, problems);
  const view = { id: now.id, status: now.status, file: now.fileName, ...viewOf(now, problems) };
  if (end === 'done') return done(view, endText(now, problems), now.bad > 0 ? EXIT.attention : EXIT.done);
  return done(view, `Stopped: ${endText(now, [])} Run the same command to go on.`, EXIT.attention);
}

function progress({ say, clock }: Context, size: number) {
  let since = clock.monotonic();
  return ({ bytes, taken, bad }: { bytes: number; taken: number; bad: number }) => {
    if (clock.monotonic() - since < TELL_MS) return;
    since = clock.monotonic();
    const percent = Math.floor((bytes / Math.max(1, size)) * 100);
    say(`${percent} %: ${taken} leads${bad > 0 ? `, ${bad} rows not taken` : ''}`);
  };
}

async function dryRun(context: Context, path: string, size: number, settings: ImportSettings): Promise<Outcome> {
  const { clock, args } = context;
  const tell = progress(context, size);
  const { good, bad, problems } = await checkImport({
    ...{ path, settings, clock, maxProblems: MAX_IMPORT_PROBLEMS },
    moved: (bytes) => tell({ bytes, taken: 0, bad: 0 }),
  });
  await writeReport(args, problems);
  const { columns, ...how } = settings;
  const view = {
    ...{ dry_run: true, format: how.format, encoding: how.encoding, separator: how.separator, header: how.header },
    ...{ form: how.form, timezone: how.timezone, date_order: how.dateOrder },
    columns: columns.map(({ name, target }) => ({ name, becomes: target })),
    ...viewOf({ taken: good, bad }, problems),
  };
  const text = [
    textPairs([
      [
        'format',
        `${how.format}, ${how.encoding}${how.format === 'csv' ? `, separated by ${JSON.stringify(how.separator)}` : ''}`,
      ],
      ['header', how.format !== 'csv' ? '-' : how.header ? 'the first row' : 'none'],
      ['times', `${how.timezone} where they name no zone, ${how.dateOrder}`],
      ...columns.slice(0, SHOWN).map(({ name, target }) => [`column ${name}`, becomes(target)] as const),
    ]),
    '',
    `Nothing was stored. It would be ${rows(good, 'lead')}; ${rows(bad, 'row')} would not be taken.`,
    ...problemLines(problems, bad),
  ];
  return done(view, text.join('\n'), bad > 0 ? EXIT.attention : EXIT.done);
}

const becomes = (target: string) =>
  target === '' ? '(left out)' : target.startsWith('field:') ? `field ${target.slice('field:'.length)}` : target;

const viewOf = ({ taken, bad }: Pick<LeadImport, 'taken' | 'bad'>, problems: readonly ImportProblem[]) => ({
  leads: taken,
  bad_rows: bad,
  problems: problems.slice(0, SHOWN),
});

const rows = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

const endText = ({ taken, bad }: LeadImport, problems: readonly ImportProblem[]) =>
  [`${rows(taken, 'lead')} stored, ${rows(bad, 'row')} not taken.`, ...problemLines(problems, bad)].join('\n');

function problemLines(problems: readonly ImportProblem[], bad: number): string[] {
  const lines = problems.slice(0, SHOWN).map(({ row, message }) => `  row ${row}: ${oneLine(message)}`);
  return bad > SHOWN && lines.length > 0 ? [...lines, `  and ${bad - SHOWN} more`] : lines;
}

async function writeReport(args: Args, problems: readonly ImportProblem[]): Promise<void> {
  const path = args.text('report');
  if (path === undefined) return;
  const { problemReport } = await import('../intake/imports/report.ts');
  await Bun.write(path, problemReport(problems));
}
