import { can } from '../../../accounts/permissions.ts';
import { daysUntil } from '../../../lib/days.ts';
import type { SheetProblem, SheetTab, SheetTarget, SyncCounts } from '../../../store/sheets.ts';
import type { DayCount, Lead, Site, StoredForm } from '../../../store/store.ts';
import { type DayBar, MAX_SERIES } from '../components/chart.tsx';
import { SOURCE_WORDS } from '../lead-words.ts';
import type { SiteRequest } from '../route.ts';

/** So many days are shown. */
export const CHART_DAYS = 30;
/** So many are read: a month may have a day more. */
const COUNTED_DAYS = 31;
const WEEK_DAYS = 7;
const LATEST = 5;

/** What comes in and goes out, now: the part of the page that looks again every few seconds. */
export interface Health {
  site: Pick<Site, 'id' | 'timezone' | 'syncEnabled'>;
  came: Came;
  counts: SyncCounts;
  target: SheetTarget;
  /** The test lead that was sent last from this page. */
  test: Lead | null;
  now: number;
}

/** How many leads came in, by days of the site's time zone that end with today. */
export type Came = Readonly<Record<'today' | 'yesterday' | 'week' | 'month', Counted>>;
/** Leads without spam, and spam. */
export type Counted = Pick<DayCount, 'submissions' | 'spam'>;

export interface CheckListItem {
  done: boolean;
  title: string;
  help: string;
  href: string | null;
}

export interface DashboardProps extends Health {
  /** null: everything of it is done, or it is none of the user's business. */
  checkList: readonly CheckListItem[] | null;
  chart: { series: readonly string[]; days: readonly DayBar[] };
  forms: readonly (StoredForm & { daily: readonly number[] })[];
  latest: readonly Lead[];
  pausedTabs: readonly (SheetTab & { problem: SheetProblem })[];
  maySend: boolean;
  mayMend: boolean;
  csrf: string;
}

export function readHealth(request: SiteRequest, daily = readDaily(request)): Health {
  const { site, services, now, query } = request;
  const { sheets, leads } = services.store;
  const test = query.get('test');
  return {
    site,
    came: cameIn(daily, lastDays(request, COUNTED_DAYS)),
    counts: sheets.counts(site.id),
    target: sheets.target(site.id),
    test: test === null ? null : leads.get(site.id, test),
    now,
  };
}

const readDaily = ({ site, services, now }: SiteRequest): DayCount[] =>
  services.store.sites.daily(site.id, now, COUNTED_DAYS);

const lastDays = ({ site, now }: Pick<SiteRequest, 'site' | 'now'>, many: number): string[] =>
  daysUntil(now, many, site.timezone).map(({ day }) => day);

/** @param days the last days, oldest first: at least those of a month */
export function cameIn(daily: readonly DayCount[], days: readonly string[]): Came {
  const on = (asked: readonly string[]): Counted => {
    const counts = daily.filter(({ day }) => asked.includes(day));
    return { submissions: sum(counts, 'submissions'), spam: sum(counts, 'spam') };
  };
  const month = days.at(-1)?.slice(0, 'yyyy-mm'.length);
  return {
    today: on(days.slice(-1)),
    yesterday: on(days.slice(-2, -1)),
    week: on(days.slice(-WEEK_DAYS)),
    month: on(days.filter((day) => month !== undefined && day.startsWith(month))),
  };
}

export function readDashboard(request: SiteRequest): DashboardProps {
  const { site, services, csrf, visit } = request;
  const { sheets, leads, forms } = services.store;
  const daily = readDaily(request);
  const health = readHealth(request, daily);
  const days = lastDays(request, CHART_DAYS);
  const counts = daily.filter(({ day }) => days.includes(day));
  const tabs = sheets.tabs(health.target.book);
  const order = { newestFirst: true, limit: LATEST, offset: 0 };
  return {
    ...health,
    checkList: can(visit.user, 'site.edit', site.id) ? checkList(request, health) : null,
    chart: chartOf(counts, days),
    forms: withDays(forms.list(site.id), counts, days),
    latest: leads.list(site.id, { filter: { spam: 'exclude' }, ...order }).slice(0, LATEST),
    pausedTabs: tabs.flatMap((tab) => (tab.problem === null ? [] : [{ ...tab, problem: tab.problem }])),
    maySend: can(visit.user, 'leads.edit', site.id),
    mayMend: can(visit.user, 'sheet.edit', site.id),
    csrf,
  };
}

/** What is left to do on a new site; null when all of it is done. */
function checkList({ site, services }: SiteRequest, { target, counts }: Health): CheckListItem[] | null {
  const base = `/admin/s/${site.id}`;
  const rowSeen = counts.synced > 0;
  const items: CheckListItem[] = [
    {
      done: target.kind === 'google' || rowSeen,
      title: 'Connect a sheet, or keep the local workbook',
      help: 'Without a Google sheet, rows go to CSV files on this server. Nothing need be set up for those.',
      href: `${base}/sheet/connect`,
    },
    {
      done: rowSeen,
      title: 'Send a test lead and see its row',
      help: 'It takes the same way as every lead. Its row is there within seconds.',
      href: null,
    },
    {
      done: services.store.keys.list(site.id).some((key) => key.revokedAt === null),
      title: 'Make a key',
      help: 'Your website or program sends leads with it.',
      href: `${base}/sources`,
    },
  ];
  return items.every(({ done }) => done) ? null : items;
}

/** The sources with most leads as series of their own, the rest as one. */
function chartOf(counts: readonly DayCount[], days: readonly string[]): DashboardProps['chart'] {
  const totals = new Map<DayCount['source'], number>();
  for (const { source, submissions } of counts) totals.set(source, (totals.get(source) ?? 0) + submissions);
  const sources = [...totals].filter(([, n]) => n > 0).toSorted(([, a], [, b]) => b - a);
  const own = sources.slice(0, sources.length > MAX_SERIES ? MAX_SERIES - 1 : MAX_SERIES).map(([source]) => source);
  const series: string[] = own.map((source) => SOURCE_WORDS[source]);
  if (sources.length > own.length) series.push('Other sources');
  const bars = new Map(days.map((day) => [day, series.map(() => 0)]));
  for (const { day, source, submissions } of counts) {
    const values = bars.get(day);
    const at = own.indexOf(source);
    const place = at >= 0 ? at : own.length;
    if (values !== undefined && submissions > 0) values[place] = (values[place] ?? 0) + submissions;
  }
  return { series, days: [...bars].map(([day, values]) => ({ day, values })) };
}

/** Forms with how many leads each had on each of these days; the one with the newest lead comes first. */
export function withDays(forms: readonly StoredForm[], counts: readonly DayCount[], days: readonly string[]) {
  const byForm = Map.groupBy(counts, ({ formId }) => formId);
  return forms
    .map((form) => ({ ...form, daily: dailyOf(byForm.get(form.id) ?? [], days) }))
    .toSorted((a, b) => (b.lastSubmissionAt ?? 0) - (a.lastSubmissionAt ?? 0));
}

function dailyOf(counts: readonly DayCount[], days: readonly string[]): number[] {
  const leads = new Map<string, number>();
  for (const { day, submissions } of counts) leads.set(day, (leads.get(day) ?? 0) + submissions);
  return days.map((day) => leads.get(day) ?? 0);
}

function sum(counts: readonly DayCount[], member: 'submissions' | 'spam'): number {
  return counts.reduce((total, count) => total + count[member], 0);
}
