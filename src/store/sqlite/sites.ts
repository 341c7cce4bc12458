import { eq } from 'drizzle-orm';
import { daysUntil } from '../../lib/days.ts';
import { DEFAULT_SPAM } from '../spam.ts';
import type { DayCount, Site, SiteStore } from '../store.ts';
import type { Context } from './context.ts';
import { newEndpoint } from './endpoints.ts';
import { keptTable } from './kept-table.ts';
import { endpoint, site } from './schema.ts';
import { QUARTER_MS } from './tally.ts';

const DEFAULT_QUALITY = ['New', 'Good', 'Bad'] as const;

export interface SiteCache {
  get(id: string): Site | null;
  list(): Site[];
  drop(): void;
}

/** All sites, in memory: there are few, and every request needs one. */
export function createSiteCache({ orm }: Pick<Context, 'orm'>): SiteCache {
  const { all, drop } = keptTable(() =>
    orm
      .select()
      .from(site)
      .orderBy(site.id)
      .all()
      .map((row) => [row.id, row]),
  );
  return { get: (id) => all().get(id) ?? null, list: () => [...all().values()], drop };
}

/** What the endpoint that a site starts with is called. */
const FIRST_ENDPOINT = 'Website';

export function createSites(
  { orm, db, writer, ids }: Context,
  cache: SiteCache,
  endpoints: { drop(): void },
): SiteStore {
  const usage = db.query<{ submissions: number; spam: number; ignored: number }, [string, number, number]>(
    `SELECT coalesce(sum(submissions), 0) AS submissions, coalesce(sum(spam), 0) AS spam, coalesce(sum(ignored), 0) AS ignored
     FROM lead_count WHERE site_id = ? AND quarter >= ? AND quarter < ?`,
  );
  const dayCounts = db.query<Omit<DayCount, 'day'>, [string, number, number]>(
    `SELECT coalesce(form.merged_into, form_id) AS formId, counted.source, sum(submissions) AS submissions, sum(spam) AS spam,
       sum(counted.ignored) AS ignored
     FROM (SELECT form_id, source, sum(submissions) AS submissions, sum(spam) AS spam, sum(ignored) AS ignored
       FROM lead_count WHERE site_id = ? AND quarter >= ? AND quarter < ? GROUP BY form_id, source) counted
     LEFT JOIN form ON form.id = form_id GROUP BY 1, 2`,
  );
  return {
    create: ({ name, client = null, timezone = 'UTC' }) =>
      writer.run((turn) => {
        const created: Site = {
          id: ids.next('site', turn.now),
          name,
          client,
          timezone,
          endpointId: ids.endpoint(),
          syncEnabled: true,
          columns: null,
          qualityChoices: [...DEFAULT_QUALITY],
          allowedDomains: [],
          spam: DEFAULT_SPAM,
          createdAt: turn.now,
        };
        orm
          .insert(site)
          .values({ ...created, columns: null, qualityChoices: [...DEFAULT_QUALITY], allowedDomains: [] })
          .run();
        orm
          .insert(endpoint)
          .values(newEndpoint(created.endpointId, created.id, FIRST_ENDPOINT, turn))
          .run();
        turn.onCommit(cache.drop);
        turn.onCommit(endpoints.drop);
        return created;
      }),
    list: () => cache.list(),
    get: (id) => cache.get(id),
    update: (id, { columns, qualityChoices, allowedDomains, ...change }) =>
      writer.run((turn) => {
        const values = {
          ...change,
          ...(columns === undefined ? {} : { columns: columns === null ? null : [...columns] }),
          ...(qualityChoices === undefined ? {} : { qualityChoices: [...qualityChoices] }),
          ...(allowedDomains === undefined ? {} : { allowedDomains: [...allowedDomains] }),
        };
        if (Object.keys(values).length > 0) orm.update(site).set(values).where(eq(site.id, id)).run();
        turn.onCommit(cache.drop);
        return orm.select().from(site).where(eq(site.id, id)).get() ?? null;
      }),
    usage(id, nowMs) {
      const { month, from, before } = monthOf(nowMs, cache.get(id)?.timezone ?? 'UTC');
      const counts = usage.get(id, Math.ceil(from / QUARTER_MS), Math.ceil(before / QUARTER_MS));
      return { month, submissions: counts?.submissions ?? 0, spam: counts?.spam ?? 0, ignored: counts?.ignored ?? 0 };
    },
    daily: (id, nowMs, days) =>
      daysUntil(nowMs, days, cache.get(id)?.timezone ?? 'UTC').flatMap(({ day, from, before }) =>
        dayCounts.all(id, from / QUARTER_MS, before / QUARTER_MS).map((counts) => ({ day, ...counts })),
      ),
  };
}

/** The month of `nowMs` in a time zone, and its first and last instant (exclusive), in milliseconds. */
export function monthOf(nowMs: number, timezone: string): { month: string; from: number; before: number } {
  const { year, month } = wallMonth(nowMs, timezone);
  const next = month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 };
  return {
    month: `${year}-${String(month).padStart(2, '0')}`,
    from: startOfMonth(year, month, timezone),
    before: startOfMonth(next.year, next.month, timezone),
  };
}

function wallMonth(ms: number, timezone: string): { year: number; month: number } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  return { year: part('year'), month: part('month') };
}

/** The first quarter of an hour of a month, found by halving the day and a half around its UTC start. */
function startOfMonth(year: number, month: number, timezone: string): number {
  const utc = Date.UTC(year, month - 1, 1);
  let before = utc - 18 * 3_600_000;
  let after = utc + 18 * 3_600_000;
  while (after - before > QUARTER_MS) {
    const middle = Math.floor((before + after) / 2 / QUARTER_MS) * QUARTER_MS;
    const wall = wallMonth(middle, timezone);
    if (wall.year === year && wall.month === month) after = middle;
    else before = middle;
  }
  return after;
}
