import { DEFAULT_PER_PAGE, MAX_COUNTED, MAX_PER_PAGE } from '../contract/page.ts';
import { SOURCES } from '../contract/source.ts';
import { type Submission, SYNC_STATUSES } from '../contract/submission.ts';
import { invalid, notFound } from '../lib/errors.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import { type LeadPageRequest, leadPage, readCursor } from '../store/paging.ts';
import type { LeadFilter } from '../store/store.ts';
import { toSubmission } from '../store/view.ts';
import { type Args, wordOf } from './args.ts';
import { type Command, done } from './command.ts';
import { leadDelete } from './lead-delete.ts';
import { leadImport } from './lead-import.ts';
import { SITE_FLAG, siteOf, withStore } from './session.ts';

const SPAM = ['exclude', 'only', 'include'] as const;

const leadList: Command = {
  name: 'lead list',
  summary: "A site's leads, newest first, a page at a time.",
  flags: {
    site: SITE_FLAG,
    form: { value: 'ID', doc: 'Only leads of this form.' },
    source: { value: 'SOURCE', doc: `Only leads that came in this way: ${SOURCES.join(', ')}.` },
    status: { value: 'STATUS', doc: `Only leads whose sheet row stands like this: ${SYNC_STATUSES.join(', ')}.` },
    spam: { value: 'HOW', doc: `Spam: ${SPAM.join(', ')}; exclude if left out.` },
    oldest: { doc: 'Oldest first.' },
    'per-page': { value: 'N', doc: `How many, 1 to ${MAX_PER_PAGE}; ${DEFAULT_PER_PAGE} if left out.` },
    page: { value: 'N', doc: `Which page, from 1, as far as the ${MAX_COUNTED}th lead.` },
    cursor: { value: 'CURSOR', doc: 'Go on where a page ended: its next_cursor. Reaches any lead.' },
  },
  examples: ['lead list --status failed', 'lead list --per-page 100 --json'],
  run: (context) => {
    const { args } = context;
    const perPage = wholeNumber(args, 'per-page', DEFAULT_PER_PAGE, MAX_PER_PAGE);
    const newestFirst = !args.on('oldest');
    const query = { filter: filterOf(args), newestFirst, perPage, ...placeOf(args, perPage, newestFirst) };
    return withStore(context, async ({ store }) => {
      const site = siteOf(store, args.text('site'));
      const page = leadPage(store.leads, site.id, query);
      const rows = page.data.map((lead) => [
        lead.id,
        lead.created_at,
        lead.form_name,
        lead.sync_status,
        Object.values(lead.fields).map(String).join(' · '),
      ]);
      const { next_cursor: cursor } = page.pagination;
      const more = cursor === null ? '' : `\n\nMore: --cursor ${cursor}`;
      const table = textTable(['ID', 'STORED', 'FORM', 'SHEET', 'FIELDS'], rows);
      return done(page, rows.length === 0 ? 'No leads.' : table + more);
    });
  },
};

const leadShow: Command = {
  name: 'lead show',
  summary: 'One lead with everything that is known of it.',
  operands: [{ name: 'ID', doc: 'the lead' }],
  flags: { site: SITE_FLAG },
  run: (context) =>
    withStore(context, async ({ store }) => {
      const site = siteOf(store, context.args.text('site'));
      const lead = store.leads.get(site.id, context.args.operand(0) ?? '');
      if (lead === null) throw notFound('lead');
      const view = toSubmission(lead);
      const problem = lead.syncProblem === null ? [] : [['sheet problem', lead.syncProblem] as const];
      return done(view, textPairs([...pairsOf(view), ...problem]));
    }),
};

export const leadCommands: readonly Command[] = [leadList, leadShow, leadDelete, leadImport];

function pairsOf({ fields, metadata, enrichment, warnings, files, ...rest }: Submission): [string, string][] {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const known = Object.entries(rest).filter(([, value]) => value !== null);
  return [
    ...known.map(([name, value]): [string, string] => [name, text(value)]),
    ...warnings.map(({ message }): [string, string] => ['warning', message]),
    ...Object.entries(fields).map(([name, value]): [string, string] => [`field ${JSON.stringify(name)}`, text(value)]),
    ...Object.entries(metadata).map(([name, value]): [string, string] => [
      `metadata ${JSON.stringify(name)}`,
      text(value),
    ]),
    ...Object.entries(enrichment ?? {}).map(([name, value]): [string, string] => [`enrichment ${name}`, text(value)]),
    ...files.map((file): [string, string] => ['file', `${file.name} (${file.size} bytes)`]),
  ];
}

function filterOf(args: Args): LeadFilter {
  const source = wordOf(args, 'source', SOURCES);
  const syncStatus = wordOf(args, 'status', SYNC_STATUSES);
  const formId = args.text('form');
  return {
    spam: wordOf(args, 'spam', SPAM) ?? 'exclude',
    ...(source === undefined ? {} : { source }),
    ...(syncStatus === undefined ? {} : { syncStatus }),
    ...(formId === undefined ? {} : { formId }),
  };
}

function wholeNumber(args: Args, flag: string, fallback: number, max: number): number {
  const text = args.text(flag) ?? String(fallback);
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw invalid(`--${flag} must be a whole number from 1 to ${max}.`);
  return value;
}

function placeOf(args: Args, perPage: number, newestFirst: boolean): Pick<LeadPageRequest, 'page' | 'afterId'> {
  const cursor = args.text('cursor');
  if (cursor === undefined) {
    const page = wholeNumber(args, 'page', 1, MAX_COUNTED);
    if (page * perPage > MAX_COUNTED) {
      throw invalid(
        `Pages reach as far as the ${MAX_COUNTED}th lead. Go on with --cursor and the last page's next_cursor.`,
      );
    }
    return { page, afterId: null };
  }
  if (args.text('page') !== undefined) throw invalid('Give either --page or --cursor.');
  const afterId = readCursor(cursor, newestFirst);
  if (afterId === null) throw invalid('--cursor must be the next_cursor of a page before, in the same order.');
  return { page: null, afterId };
}
