import { describe, expect, test } from 'bun:test';
import type { Source } from '../../../src/contract/source.ts';
import type { Fields } from '../../../src/contract/submission.ts';
import { leadPage, readCursor } from '../../../src/store/paging.ts';
import type { Lead, LeadFilter, Store } from '../../../src/store/store.ts';
import { Random } from '../../support/google/random.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld, World } from '../store.suite.ts';
import { accept, allLeads } from './accept.ts';

const SEED = Number(process.env.LTS_TEST_SEED ?? 20_261_122);
const DAY = 86_400_000;

/** Ids of a whole list, by way of one page or of a walk by cursor. */
function found(store: Store, siteId: string, filter: Partial<LeadFilter>): string[] {
  return walk(store, siteId, { spam: 'include', ...filter }, true, 100);
}

function walk(store: Store, siteId: string, filter: LeadFilter, newestFirst: boolean, perPage: number): string[] {
  const ids: string[] = [];
  let afterId: string | null = null;
  for (let page = 0; page < 1_000; page++) {
    const { data, pagination } = leadPage(store.leads, siteId, { filter, newestFirst, page: null, perPage, afterId });
    ids.push(...data.map((lead) => lead.id));
    if (pagination.next_cursor === null) return ids;
    afterId = readCursor(pagination.next_cursor, newestFirst);
  }
  throw new Error('the walk did not end');
}

const finds = async ({ store, siteId }: World, fields: Fields, q: string) => {
  const [lead] = await accept(store, siteId, newLead(fields));
  return found(store, siteId, { q }).includes(lead?.id ?? '');
};

export function describeSearch(world: MakeWorld): void {
  describe('search', () => {
    test.each([
      ['a word by its start', 'Alice Example', 'ali', true],
      ['not by its end', 'Alice Example', 'lice', false],
      ['every word, in any order', 'Alice Example', 'exam ALI', true],
      ['not when one is missing', 'Alice Example', 'alice bob', false],
      ['parts of an address', 'alice@example.com', 'example.com', true],
      ['a whole address', 'alice@example.com', 'alice@example.com', true],
      ['a number', 5000, '50', true],
      ['a number with a sign', '+44 20 7946 0000', '+44 7946', true],
      ['a list', ['red', 'green'], 'gre', true],
      ['a truth', true, 'true', true],
      ['diacritics left out', 'Ünïcode Crème', 'unicode creme', true],
      ['diacritics typed', 'Unicode', 'ünï', true],
      ['diacritics as marks of their own', 'Cre\u0300me', 'crème', true],
      ['sharp s', 'Hauptstraße', 'hauptstrasse', true],
      ['Greek', 'Σίσυφος', 'σισυφοσ', true],
      ['Cyrillic', 'Ёлка', 'елка', true],
      ['Turkish I', 'İstanbul', 'istanbul', true],
      ['wide forms', 'ＡＢＣ１２３', 'abc123', true],
      ['a ligature', 'ﬁne', 'fine', true],
      ['Chinese inside a run', '株式会社東京商事', '東京', true],
      ['one character', '株式会社東京商事', '商', true],
      ['the last character', '株式会社東京商事', '事', true],
      ['three characters', '株式会社東京商事', '東京商', true],
      ['characters that do not follow on each other', '株式会社東京商事', '京東', false],
      ['kana with its mark', 'ガイド', 'ｶﾞｲ', true],
      ['kana and letters in one', 'ABC東京', 'abc', true],
      ['Thai', 'สวัสดีครับ', 'ครับ', true],
      ['Korean by its start', '김철수', '김철', true],
      ['Hebrew', 'שלום עולם', 'עול', true],
      ['Arabic', 'مرحبا بالعالم', 'بالع', true],
      ['Hindi', 'नमस्ते दुनिया', 'दुनि', true],
      ['a letter outside the BMP', '𠮷野家', '𠮷野', true],
      ['a long word typed in full', 'newsletters', 'newsletters', true],
      ['a long word typed in part', 'newsletters', 'newslette', true],
      ['another long word with the same start', 'newsletters', 'newslettre', false],
      ['a word of forty letters and more', `${'x'.repeat(60)}`, 'x'.repeat(60), true],
    ])('%s', async (_name, value, q, expected) => {
      expect(await finds(await world(), { Name: value }, q)).toBe(expected);
    });

    test('what a caller types is never syntax, and never fails', async () => {
      const { store, siteId } = await world();
      const [lead] = await accept(store, siteId, newLead({ a: 'near and not or alice star x y z' }));
      const id = lead?.id ?? '';
      const cases: [q: string, expected: string[]][] = [
        ['alice AND', [id]],
        ['NOT alice', [id]],
        ['NEAR(alice star)', [id]],
        ['"alice" OR nobody', []],
        ['alice*', [id]],
        ['b:alice', []],
        ['^alice', [id]],
        ["alice' --", [id]],
        ['alice"', [id]],
        ['alice\u0000', [id]],
        ['{alice} + (star)', [id]],
        ['alice \ud800 \udc00', [id]],
        ['😀', []],
        ['', []],
        ['  ', []],
        ['"*"', []],
        ['-', []],
        ['\u0000', []],
        ['x '.repeat(5_000), [id]],
        ['alice'.repeat(2_000), []],
        [Array.from({ length: 3_000 }, (_, i) => `w${i}`).join(' '), []],
        ['\u{f0000}', []],
        ['Āalice', []],
      ];
      for (const [q, expected] of cases) {
        expect([q.slice(0, 30), found(store, siteId, { q })]).toEqual([q.slice(0, 30), expected]);
        expect(store.leads.count(siteId, { spam: 'include', q }, 10)).toBe(expected.length);
      }
    });

    test('field names, other members and other sites are not searched', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      await accept(store, siteId, newLead({ secretname: 'value' }, { body: { page_title: 'pagetitle' } }));
      await accept(store, other.id, newLead({ a: 'elsewhere' }, { body: { utm_source: 'theirs' } }));
      for (const q of ['secretname', 'pagetitle', 'elsewhere']) expect(found(store, siteId, { q })).toEqual([]);
      expect(found(store, siteId, { q: 'value' })).toHaveLength(1);
      expect(found(store, siteId, { utmSource: 'theirs' })).toEqual([]);
      expect(found(store, siteId, { formId: store.forms.list(other.id)[0]?.id ?? '' })).toEqual([]);
      expect(found(store, 'site_none', { q: 'value' })).toEqual([]);
    });

    test('a lead is found as it is now: spam, score, what goes to no sheet, and deletion', async () => {
      const { store, siteId } = await world();
      const [a, b] = await accept(store, siteId, newLead({ n: 'one' }), newLead({ n: 'one' }, { spamReason: 'x' }));
      if (!a || !b) throw new Error('two leads were stored');
      const list = (filter: Partial<LeadFilter>) => found(store, siteId, { q: 'one', ...filter });
      expect(list({ spam: 'exclude' })).toEqual([a.id]);
      expect(list({ syncStatus: 'skipped' })).toEqual([b.id]);
      await store.leads.setSpam(siteId, a.id, true);
      await store.leads.setSpam(siteId, b.id, false);
      expect(list({ spam: 'exclude' })).toEqual([b.id]);
      expect(list({ spam: 'only' })).toEqual([a.id]);
      expect(list({ syncStatus: 'skipped' })).toEqual([a.id]);
      const judge = (score: 'hot' | 'cold' | null) =>
        store.leads.amend(siteId, b.id, { judgement: { score, score_reason: null, summary: null, enrichment: null } });
      await judge('hot');
      expect(list({ score: 'hot' })).toEqual([b.id]);
      await judge('cold');
      expect([list({ score: 'hot' }), list({ score: 'cold' })]).toEqual([[], [b.id]]);
      await judge(null);
      expect(list({ score: 'cold' })).toEqual([]);
      await store.leads.remove(siteId, [b.id], { rows: false });
      expect(list({})).toEqual([a.id]);
      expect(store.leads.count(siteId, { spam: 'include', q: 'one' }, 10)).toBe(1);
      // The newest is gone, and what comes next is found.
      const [c] = await accept(store, siteId, newLead({ n: 'one' }));
      expect(list({})).toEqual([c?.id ?? '', a.id]);
    });

    test('what came for no sheet and is sent to it after all is no longer listed as skipped', async () => {
      const { store, siteId } = await world();
      const [first] = await accept(store, siteId, newLead({ n: 'one' }));
      await store.forms.update(siteId, first?.formId ?? '', { ignored: true });
      const [a, b] = await accept(store, siteId, newLead({ n: 'one' }), newLead({ n: 'one' }));
      const skipped: LeadFilter = { spam: 'exclude', syncStatus: 'skipped', q: 'one' };
      expect(store.leads.count(siteId, skipped, 10)).toBe(2);
      await store.forms.update(siteId, first?.formId ?? '', { ignored: false });
      await store.sheets.requeue(siteId, { which: 'ids', ids: [a?.id ?? ''] }, 10);
      expect(store.leads.count(siteId, skipped, 10)).toBe(1);
      expect(found(store, siteId, skipped)).toEqual([b?.id ?? '']);
    });

    test('a clock that was set back by weeks hides no lead, and lists stay in the order of ids', async () => {
      const { store, siteId, clock, again } = await world();
      const ids: string[] = [];
      const add = async (to = store) => {
        const [lead] = await accept(to, siteId, newLead({ n: 'one' }, { body: { utm_source: 'news' } }));
        ids.push(lead?.id ?? '');
        expect(found(to, siteId, { q: 'one' })).toEqual([...ids].sort().reverse());
        expect(walk(to, siteId, { spam: 'exclude', utmSource: 'news' }, false, 2)).toEqual([...ids].sort());
      };
      for (const days of [0, 0, -30, 0, 10, -40, 0, 100, -200, 0]) {
        clock.setTime(clock.now() + days * DAY);
        await add();
        await add();
      }
      const second = await again();
      await add(second);
      await add(second);
      expect(store.leads.count(siteId, { spam: 'include', q: 'one' }, 100)).toBe(22);
      expect(ids).not.toEqual([...ids].sort());
      await second.close();
    });

    test(`every filter and every few of them together give what a plain look at all leads gives (seed ${SEED})`, async () => {
      const made = await world();
      await compareWithModel(made, 60);
    }, 60_000);
  });
}

const WORDS = ['alice', 'albert', 'bob', 'newsletter', 'newsletters', 'newspaper', '東京', '東京都', 'crème', '42'];
const SOURCES: readonly Source[] = ['rest_api', 'mcp'];

/** Leads come in and change, and random lists are held against a plain filter over all leads. */
async function compareWithModel(made: World, rounds: number): Promise<void> {
  const { store, siteId, clock } = made;
  const random = new Random(SEED);
  const other = await store.sites.create({ name: 'Other' });
  const pick = <T>(values: readonly T[]) => values[random.int(0, values.length)] as T;
  const maybe = <T>(value: T): T | null => (random.chance(0.6) ? value : null);
  const one = () =>
    newLead(
      { a: Array.from({ length: random.int(0, 4) }, () => pick(WORDS)).join(' ') },
      {
        form: pick(['A', 'B', 'C', 'D', 'E']),
        source: pick(SOURCES),
        spamReason: random.chance(0.2) ? 'x' : null,
        body: { utm_source: maybe(pick(['news', 'ads'])), utm_campaign: maybe(pick(['autumn', 'spring'])) },
      },
    );
  for (let round = 0; round < rounds; round++) {
    clock.advance(random.int(0, 5_000));
    await Promise.all([
      accept(store, siteId, ...Array.from({ length: random.int(0, 6) }, one)),
      accept(store, other.id, one()),
    ]);
    const all = allLeads(store, siteId);
    if (all.length > 0) await change(store, siteId, pick(all).id, random.int(0, 8));
    // A form that was merged has no leads of its own any more: what leads say of theirs is what lists go by.
    const forms = store.forms.list(siteId);
    if (forms.length > 2 && random.chance(0.1)) await store.forms.merge(siteId, pick(forms).id, pick(forms).id);
    const merged = forms.flatMap(({ id }) => store.forms.merged(siteId, id));
    if (merged.length > 0 && random.chance(0.1)) await store.forms.part(siteId, pick(merged).id);
    const leads = allLeads(store, siteId);
    for (let i = 0; i < 12; i++)
      compare(store, siteId, leads, randomFilter(leads), random.chance(0.5), random.int(1, 9));
  }

  function randomFilter(leads: readonly Lead[]): LeadFilter {
    const any = () => random.chance(0.22);
    const start = () => [...pick(WORDS)].slice(0, random.int(1, 12)).join('');
    return {
      spam: pick(['exclude', 'include', 'only']),
      ...(any() ? { formId: pick(store.forms.list(siteId))?.id ?? 'frm_none' } : {}),
      ...(any() ? { source: pick(SOURCES) } : {}),
      ...(any() ? { syncStatus: pick(['pending', 'synced', 'failed', 'skipped'] as const) } : {}),
      ...(any() ? { score: pick(['hot', 'cold']) } : {}),
      ...(any() ? { utmSource: pick(['news', 'ads', 'none']) } : {}),
      ...(any() ? { utmCampaign: pick(['autumn', 'spring']) } : {}),
      ...(any() ? { createdFrom: (pick(leads)?.createdAt ?? 0) + random.int(0, 2) } : {}),
      ...(any() ? { createdBefore: (pick(leads)?.createdAt ?? 0) + random.int(0, 2) } : {}),
      ...(random.chance(0.4) ? { q: random.chance(0.5) ? start() : `${start()} ${start()}` } : {}),
    };
  }
}

function compare(
  store: Store,
  siteId: string,
  all: readonly Lead[],
  filter: LeadFilter,
  newestFirst: boolean,
  perPage: number,
): void {
  const expected = all.filter((lead) => matches(lead, filter)).map((lead) => lead.id);
  if (newestFirst) expected.reverse();
  const what = JSON.stringify({ filter, newestFirst, perPage });
  expect([what, walk(store, siteId, filter, newestFirst, perPage)]).toEqual([what, expected]);
  expect([what, store.leads.count(siteId, filter, 1_000)]).toEqual([what, expected.length]);
  expect([what, store.leads.count(siteId, filter, 3)]).toEqual([
    what,
    isKept(filter) ? expected.length : Math.min(4, expected.length),
  ]);
  const page = leadPage(store.leads, siteId, { filter, newestFirst, page: 2, perPage, afterId: null });
  expect([what, page.data.map((lead) => lead.id)]).toEqual([what, expected.slice(perPage, 2 * perPage)]);
  expect([what, page.pagination.total]).toEqual([what, expected.length]);
}

const isKept = ({ spam: _spam, formId: _formId, ...others }: LeadFilter) => Object.keys(others).length === 0;

async function change(store: Store, siteId: string, id: string, how: number): Promise<unknown> {
  const judgement = { score: 'hot' as const, score_reason: null, summary: null, enrichment: null };
  switch (how) {
    case 0:
      return store.leads.setSpam(siteId, id, true);
    case 1:
      return store.leads.setSpam(siteId, id, false);
    case 2:
      return store.leads.amend(siteId, id, { judgement });
    case 3:
      return store.leads.amend(siteId, id, { judgement: { ...judgement, score: 'cold' } });
    case 4:
      return store.sheets.markSynced(siteId, [id]);
    case 5:
      return store.sheets.fail(siteId, id, 'no');
    case 6:
      return store.sheets.requeue(siteId, { which: 'ids', ids: [id] }, 1);
    default:
      return store.leads.remove(siteId, [id], { rows: false });
  }
}

/** What spec 2 says of a filter, said once more and plainly. */
function matches(lead: Lead, filter: LeadFilter): boolean {
  const { formId, source, syncStatus, score, spam, createdFrom, createdBefore, utmSource, utmCampaign, q } = filter;
  const words = String(lead.body.fields.a ?? '')
    .replaceAll('è', 'e')
    .split(' ');
  const has = (asked: string) =>
    words.some((word) => (/[一-鿿]/.test(asked) ? word.includes(asked) : word.startsWith(asked)));
  return (
    (formId === undefined || lead.formId === formId) &&
    (source === undefined || lead.source === source) &&
    (syncStatus === undefined || lead.syncStatus === syncStatus) &&
    (score === undefined || lead.judgement?.score === score) &&
    (spam === 'include' || lead.spam === (spam === 'only')) &&
    (createdFrom === undefined || lead.createdAt >= createdFrom) &&
    (createdBefore === undefined || lead.createdAt < createdBefore) &&
    (utmSource === undefined || lead.body.utm_source === utmSource) &&
    (utmCampaign === undefined || lead.body.utm_campaign === utmCampaign) &&
    (q === undefined || q.replaceAll('è', 'e').split(' ').every(has))
  );
}
