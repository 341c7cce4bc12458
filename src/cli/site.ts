import { MAX_NAME, readName, readTimeZone } from '../intake/site-input.ts';
import { cutText } from '../intake/text.ts';
import { invalid } from '../lib/errors.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import { siteValues } from '../store/audit-values.ts';
import type { Site, Store } from '../store/store.ts';
import { toSite } from '../store/view.ts';
import { quoted } from './args.ts';
import { record } from './audit.ts';
import { type Command, type Context, done } from './command.ts';
import { SITE_FLAG, siteOf, withStore } from './session.ts';

const siteCreate: Command = {
  name: 'site create',
  summary: 'Makes a site: the unit that has its own keys, forms and sheet.',
  flags: {
    name: { value: 'NAME', doc: 'What the team calls it.', required: true },
    client: { value: 'NAME', doc: 'Whose site it is.' },
    timezone: { value: 'ZONE', doc: 'An IANA time zone such as Europe/Paris; UTC if left out.' },
  },
  examples: ['site create --name "Acme web site" --timezone Europe/Paris'],
  async run(context) {
    const { args } = context;
    const name = shortText(args.text('name') ?? '', '--name');
    const client = args.text('client') === undefined ? null : shortText(args.text('client') ?? '', '--client');
    const timezone = zone(args.text('timezone') ?? 'UTC');
    return withStore(context, async ({ store }) => {
      const site = await store.sites.create({ name, client, timezone });
      await record(store, { action: 'site.created', siteId: site.id, objectId: site.id, after: siteValues(site) });
      return done(viewOf(store, site, context), describe(viewOf(store, site, context)));
    });
  },
};

const siteList: Command = {
  name: 'site list',
  summary: 'All sites.',
  flags: {},
  run: (context) =>
    withStore(context, async ({ store }) => {
      const sites = store.sites.list().map((site) => viewOf(store, site, context));
      const rows = sites.map((site) => [
        site.id,
        site.name,
        site.client ?? '',
        site.timezone,
        `${site.sheet.target}, ${site.sheet.status}`,
        String(site.usage.submissions),
      ]);
      const header = ['ID', 'NAME', 'CLIENT', 'TIME ZONE', 'SHEET', 'LEADS THIS MONTH'];
      return done({ data: sites }, rows.length === 0 ? 'There is no site yet.' : textTable(header, rows));
    }),
};

const siteShow: Command = {
  name: 'site show',
  summary: 'One site, with its leads of this month and how its sheet stands.',
  operands: [{ name: 'ID', doc: 'the site, instead of --site', optional: true }],
  flags: { site: SITE_FLAG },
  run: (context) =>
    withStore(context, async ({ store }) => {
      const site = siteOf(store, context.args.operand(0) ?? context.args.text('site'));
      const view = viewOf(store, site, context);
      return done(view, describe(view));
    }),
};

export const siteCommands: readonly Command[] = [siteCreate, siteList, siteShow];

/** A site in contract shape. */
export function viewOf(store: Store, site: Site, { clock }: Pick<Context, 'clock'>): ReturnType<typeof toSite> {
  const usage = store.sites.usage(site.id, clock.now());
  return toSite(site, usage, store.sheets.target(site.id), store.sheets.counts(site.id));
}

function describe(site: ReturnType<typeof toSite>): string {
  const { usage, sheet, sync } = site;
  return textPairs([
    ['id', site.id],
    ['name', site.name],
    ['client', site.client ?? '-'],
    ['time zone', site.timezone],
    ['endpoint id', site.endpoint_id],
    ['made', site.created_at],
    [`leads in ${usage.month}`, `${usage.submissions} (spam ${usage.spam}, ignored forms ${usage.ignored})`],
    ['sheet', `${sheet.target}, ${sheet.status}${sheet.spreadsheet_url ? `, ${sheet.spreadsheet_url}` : ''}`],
    ...(sheet.problem ? [['problem', sheet.problem] as const] : []),
    ['rows', `${sync.synced} written, ${sync.pending} waiting, ${sync.failed} failed`],
  ]);
}

/** A name as people give one. */
export function shortText(text: string, flag: string): string {
  return readName(text) ?? refuseText(flag, MAX_NAME);
}

/** A text that is ready but for its length, in characters as people count them. */
export function fitting(text: string, flag: string, max: number): string {
  return text !== '' && text === cutText(text, max) ? text : refuseText(flag, max);
}

function refuseText(flag: string, max: number): never {
  throw invalid(`${flag} must be a text of 1 to ${max} visible characters.`);
}

function zone(text: string): string {
  const read = readTimeZone(text);
  if (read.ok) return read.zone;
  throw invalid(`--timezone must be an IANA time zone such as Europe/Paris; ${quoted(text)} is none.${read.near}`);
}
