import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import type { Pagination } from '../../src/contract/page.ts';
import type { Submission } from '../../src/contract/submission.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';

/*
 * Lists over HTTP against a plain array, while leads come in. More of it: LTS_TEST_RUNS=300; the same again:
 * LTS_TEST_SEED, which a failure prints.
 */
const RUNS = Number(process.env.LTS_TEST_RUNS ?? 20);
const SEED = process.env.LTS_TEST_SEED;
const options = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const FORMS = ['API', 'Contact', 'Newsletter'] as const;
const UTMS = [null, 'google', 'Google', 'a b&c=d'] as const;
type Score = 'hot' | 'warm' | 'cold' | null;

interface Sent {
  form: (typeof FORMS)[number];
  utm_source: (typeof UTMS)[number];
  utm_campaign: (typeof UTMS)[number];
  spam: boolean;
  score: Score;
  sync: 'pending' | 'synced' | 'failed';
}

const sent: fc.Arbitrary<Sent> = fc.record({
  form: fc.constantFrom(...FORMS),
  utm_source: fc.constantFrom(...UTMS),
  utm_campaign: fc.constantFrom(...UTMS),
  spam: fc.nat(3).map((n) => n === 0),
  score: fc.constantFrom<Score>('hot', 'warm', 'cold', null),
  sync: fc.constantFrom('pending', 'synced', 'failed'),
});

interface Filter {
  form?: (typeof FORMS)[number] | undefined;
  spam?: 'exclude' | 'only' | 'include' | undefined;
  score?: 'hot' | 'warm' | 'cold' | undefined;
  sync_status?: 'pending' | 'synced' | 'failed' | 'skipped' | undefined;
  source?: 'rest_api' | 'mcp' | undefined;
  utm_source?: string | undefined;
  utm_campaign?: string | undefined;
  /** Of the seconds that the leads came in. */
  from?: number | undefined;
  before?: number | undefined;
}

const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const filter: fc.Arbitrary<Filter> = fc.record({
  form: sometimes(fc.constantFrom(...FORMS)),
  spam: sometimes(fc.constantFrom('exclude', 'only', 'include')),
  score: sometimes(fc.constantFrom('hot', 'warm', 'cold')),
  sync_status: sometimes(fc.constantFrom('pending', 'synced', 'failed', 'skipped')),
  source: sometimes(fc.constantFrom('rest_api', 'rest_api', 'mcp')),
  utm_source: sometimes(fc.constantFrom('google', 'Google', 'a b&c=d', 'nobody')),
  utm_campaign: sometimes(fc.constantFrom('google', 'a b&c=d')),
  from: sometimes(fc.nat(30)),
  before: sometimes(fc.nat(30)),
});

interface Walk {
  filter: Filter;
  newestFirst: boolean;
  perPage: number;
  by: 'cursor' | 'page';
}

const walk: fc.Arbitrary<Walk> = fc.record({
  filter: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: filter }),
  newestFirst: fc.boolean(),
  perPage: fc.constantFrom(1, 2, 3, 7, 100),
  by: fc.constantFrom('cursor', 'page'),
});

/** A lead comes in, or a walk goes on by a page. */
type Step = { lead: Sent } | { walk: number };
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: sent.map((lead): Step => ({ lead })) },
    { weight: 2, arbitrary: fc.nat(3).map((n): Step => ({ walk: n })) },
  ),
  { minLength: 1, maxLength: 60 },
);

interface Known extends Sent {
  id: string;
  second: number;
}

const SECOND = 1_000;

class World {
  readonly leads: Known[] = [];
  readonly #forms = new Map<string, string>();
  readonly #startedAt: number;

  constructor(
    readonly api: TestApp,
    readonly clock: TestClock,
  ) {
    this.#startedAt = clock.now();
  }

  async take(lead: Sent): Promise<void> {
    this.clock.advance(SECOND);
    const { store, site } = this.api;
    const body = { utm_source: lead.utm_source, utm_campaign: lead.utm_campaign };
    const spamReason = lead.spam ? 'honeypot' : null;
    const items = [{ lead: newLead({ a: '1' }, { form: lead.form, spamReason, body }) }];
    const outcome = await store.leads.accept({ siteId: site.id, items, idempotency: null });
    const [result] = outcome.kind === 'accepted' ? outcome.results : [];
    if (result?.status !== 'created') throw new Error('a lead was not taken');
    const { id, formId } = result.lead;
    this.#forms.set(lead.form, formId);
    const judgement = { score: lead.score, score_reason: null, summary: null, enrichment: null };
    if (lead.score !== null) await store.leads.amend(site.id, id, { judgement });
    if (!lead.spam && lead.sync === 'synced') await store.sheets.markSynced(site.id, [id]);
    if (!lead.spam && lead.sync === 'failed') await store.sheets.fail(site.id, id, 'No.');
    this.leads.push({ ...lead, id, second: this.leads.length + 1 });
  }

  time(second: number): string {
    return new Date(this.#startedAt + second * SECOND).toISOString();
  }

  /** The ids a list has by what the sender said; null: it names a form that is not there yet. */
  expected({ filter: wanted, newestFirst }: Walk): string[] {
    const matching = this.leads.filter((lead) => matches(lead, wanted));
    return (newestFirst ? matching.reverse() : matching).map(({ id }) => id);
  }

  knows({ filter: { form } }: Walk): boolean {
    return form === undefined || this.#forms.has(form);
  }

  async page({ filter: wanted, newestFirst, perPage }: Walk, place: Record<string, string>) {
    const { form, from, before, ...others } = wanted;
    const query = new URLSearchParams({
      per_page: String(perPage),
      sort: newestFirst ? '-created_at' : 'created_at',
      ...place,
    });
    for (const [name, value] of Object.entries(others)) if (value !== undefined) query.set(name, value);
    if (form !== undefined) query.set('form_id', this.#forms.get(form) ?? '');
    if (from !== undefined) query.set('created_after', this.time(from));
    if (before !== undefined) query.set('created_before', this.time(before));
    const answer = await this.api.call('GET', `/api/v1/submissions?${query}`);
    const body = (await answer.json()) as { data: Submission[]; pagination: Pagination };
    expect({ query: query.toString(), status: answer.status }).toEqual({ query: query.toString(), status: 200 });
    return { ids: body.data.map(({ id }) => id), pagination: body.pagination };
  }
}

function matches(lead: Known, wanted: Filter): boolean {
  const status = lead.spam ? 'skipped' : lead.sync;
  const spam = wanted.spam ?? 'exclude';
  return (
    (wanted.form === undefined || wanted.form === lead.form) &&
    (spam === 'include' || lead.spam === (spam === 'only')) &&
    (wanted.score === undefined || wanted.score === lead.score) &&
    (wanted.sync_status === undefined || wanted.sync_status === status) &&
    (wanted.source === undefined || wanted.source === 'rest_api') &&
    (wanted.utm_source === undefined || wanted.utm_source === lead.utm_source) &&
    (wanted.utm_campaign === undefined || wanted.utm_campaign === lead.utm_campaign) &&
    (wanted.from === undefined || lead.second >= wanted.from) &&
    (wanted.before === undefined || lead.second < wanted.before)
  );
}

/** One walk through a list; each page is what the model says at that moment. */
class Walker {
  readonly seen: string[] = [];
  done = false;
  #page = 1;
  #cursor: string | null = null;

  constructor(
    readonly world: World,
    readonly walk: Walk,
  ) {}

  async step(): Promise<void> {
    if (this.done || !this.world.knows(this.walk)) return;
    const { by, perPage, newestFirst } = this.walk;
    const place = by === 'page' ? { page: String(this.#page) } : this.#cursor === null ? {} : { cursor: this.#cursor };
    const all = this.world.expected(this.walk);
    const rest = by === 'page' ? all.slice((this.#page - 1) * perPage) : this.#beyond(all);
    const { ids, pagination } = await this.world.page(this.walk, place as Record<string, string>);
    expect(ids).toEqual(rest.slice(0, perPage));
    expect(pagination).toEqual({
      page: by === 'page' || this.#cursor === null ? this.#page : null,
      per_page: perPage,
      total: all.length,
      total_capped: false,
      total_pages: Math.ceil(all.length / perPage),
      has_more: rest.length > perPage,
      next_cursor: rest.length > perPage ? expect.any(String) : null,
    });
    this.seen.push(...ids);
    this.done = !pagination.has_more;
    // Newest first, what came after the first page lies before it.
    if (this.done && !newestFirst) expect(all.filter((id) => !this.seen.includes(id))).toEqual([]);
    this.#cursor = pagination.next_cursor;
    this.#page += by === 'page' ? 1 : 0;
    // Page numbers count from the newest lead: what comes in meanwhile shifts them, so a lead may be seen again.
    if (by === 'cursor' || !newestFirst) expect(new Set(this.seen).size).toBe(this.seen.length);
  }

  #beyond(all: readonly string[]): readonly string[] {
    const last = this.seen.at(-1);
    return last === undefined ? all : all.slice(all.indexOf(last) + 1);
  }
}

test('pages and cursors neither skip nor repeat while leads come in, by any filter, both ways', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(walk, { minLength: 4, maxLength: 4 }), async (todo, walks) => {
      const clock = new TestClock();
      const api = await testApp({ clock });
      try {
        const world = new World(api, clock);
        const walkers = walks.map((each) => new Walker(world, each));
        for (const step of todo) {
          if ('lead' in step) await world.take(step.lead);
          else await walkers[step.walk]?.step();
        }
        for (const walker of walkers) {
          for (let i = 0; i < 70 && !walker.done; i++) await walker.step();
          expect(walker.done || !world.knows(walker.walk)).toBe(true);
        }
      } finally {
        await api.close();
      }
    }),
    options,
  );
});

test('walks by cursor under load: nothing that was there is skipped, nothing comes twice', async () => {
  const api = await testApp();
  const created: string[] = [];
  const post = async (i: number) => {
    const answer = await api.call('POST', '/api/v1/submissions', { json: { fields: { i } } });
    created.push(((await answer.json()) as { data: { id: string } }).data.id);
  };
  for (let i = 0; i < 50; i++) await post(i);
  const before = [...created];
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; i < 40; i++) await post(w * 1_000 + i);
  });
  const walkAll = async (sort: string) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const answer = await api.call('GET', `/api/v1/submissions?per_page=7&sort=${sort}${next}`);
      const { data, pagination } = (await answer.json()) as { data: Submission[]; pagination: Pagination };
      seen.push(...data.map(({ id }) => id));
      cursor = pagination.next_cursor;
    } while (cursor !== null);
    return seen;
  };
  const walks = Promise.all(['created_at', '-created_at', 'created_at', '-created_at'].map(walkAll));
  await Promise.all(writers);
  const seen = await walks;
  for (const [i, ids] of seen.entries()) {
    const sorted = [...ids].sort();
    expect(new Set(ids).size).toBe(ids.length);
    expect(i % 2 === 0 ? ids : ids.toReversed()).toEqual(sorted);
    expect(before.filter((id) => !ids.includes(id))).toEqual([]);
  }
  expect((await walkAll('created_at')).toSorted()).toEqual(created.toSorted());
  await api.close();
});
