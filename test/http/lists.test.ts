import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Page, type Pagination } from '../../src/contract/page.ts';
import { Submission } from '../../src/contract/submission.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { errorOf } from './answers.ts';

const contract = compileContract(Page(Submission));
type List = { data: Submission[]; pagination: Pagination };

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

/** One page, by the parameters as they stand in the address. */
async function list(query: string, of: TestApp = api): Promise<List> {
  const answer = await of.call('GET', `/api/v1/submissions?${query}`);
  const body = (await answer.json()) as List;
  expect({ query, status: answer.status, wrong: contract.details(body) }).toEqual({ query, status: 200, wrong: [] });
  return body;
}

/** Sends leads, in one batch or several. */
async function send(of: TestApp, count: number, lead: (i: number) => object): Promise<void> {
  for (let sent = 0; sent < count; sent += 1_000) {
    const submissions = Array.from({ length: Math.min(1_000, count - sent) }, (_, i) => lead(sent + i));
    const answer = await of.call('POST', '/api/v1/submissions/batch', { json: { submissions } });
    expect(answer.status).toBe(200);
  }
}

describe('totals', () => {
  /** What each count says of itself: no filter and a form are counted as leads come in, all else one by one. */
  const counts: [count: number, kept: Partial<Pagination>, counted: Partial<Pagination>][] = [
    [
      0,
      { total: 0, total_capped: false, total_pages: 0, has_more: false, next_cursor: null },
      { total: 0, total_capped: false, total_pages: 0, has_more: false, next_cursor: null },
    ],
    [
      1,
      { total: 1, total_capped: false, total_pages: 1, has_more: false, next_cursor: null },
      { total: 1, total_capped: false, total_pages: 1, has_more: false, next_cursor: null },
    ],
    [
      25,
      { total: 25, total_capped: false, total_pages: 1, has_more: false, next_cursor: null },
      { total: 25, total_capped: false, total_pages: 1, has_more: false, next_cursor: null },
    ],
    [
      26,
      { total: 26, total_capped: false, total_pages: 2, has_more: true, next_cursor: expect.any(String) },
      { total: 26, total_capped: false, total_pages: 2, has_more: true, next_cursor: expect.any(String) },
    ],
    [
      10_000,
      { total: 10_000, total_capped: false, total_pages: 400, has_more: true },
      { total: 10_000, total_capped: false, total_pages: 400, has_more: true },
    ],
    [
      10_001,
      { total: 10_001, total_capped: false, total_pages: 401, has_more: true },
      { total: 10_000, total_capped: true, total_pages: 400, has_more: true },
    ],
  ];

  test('of 0, 1, 25, 26, 10,000 and 10,001 leads', async () => {
    const fresh = await testApp();
    let stored = 0;
    for (const [count, kept, counted] of counts) {
      await send(fresh, count - stored, () => ({ fields: { a: '1' }, utm_source: 'x', form_name: 'Contact' }));
      stored = count;
      const form = fresh.store.forms.list(fresh.site.id)[0]?.id;
      expect((await list('', fresh)).pagination).toMatchObject({ page: 1, per_page: 25, ...kept });
      if (form) expect((await list(`form_id=${form}`, fresh)).pagination).toMatchObject(kept);
      expect((await list('spam=include', fresh)).pagination).toMatchObject(kept);
      expect((await list('utm_source=x', fresh)).pagination).toMatchObject(counted);
      expect((await list('source=rest_api&sync_status=pending', fresh)).pagination).toMatchObject(counted);
      expect((await list('created_after=2020-01-01T00:00:00Z', fresh)).pagination).toMatchObject(counted);
      expect((await list('utm_source=y', fresh)).pagination).toMatchObject(counts[0]?.[1] ?? {});
    }
    await pagesOfMany(fresh);
    await fresh.close();
  });

  /** 10,001 leads: pages end at 10,000, from there a cursor goes on. */
  async function pagesOfMany(fresh: TestApp): Promise<void> {
    const last = await list('per_page=100&page=100', fresh);
    expect([last.data.length, last.pagination.has_more]).toEqual([100, true]);
    const beyond = await list(`per_page=100&cursor=${last.pagination.next_cursor}`, fresh);
    expect(beyond.data).toHaveLength(1);
    expect(beyond.pagination).toMatchObject({ page: null, total: 10_001, has_more: false, next_cursor: null });
    expect((await list('per_page=3&page=3333', fresh)).data).toHaveLength(3);
    for (const query of ['per_page=100&page=101', 'per_page=3&page=3334', 'page=401', 'per_page=1&page=10001']) {
      const answer = await fresh.call('GET', `/api/v1/submissions?${query}`);
      const { details } = await errorOf(answer, 422, 'validation_error');
      expect(details).toEqual([{ path: '/page', message: expect.stringContaining('cursor') }]);
    }
    expect((await list('per_page=1&page=10000', fresh)).data).toHaveLength(1);
  }

  test('a page beyond the last is empty and says that there is no more', async () => {
    await send(api, 3, (i) => ({ fields: { i } }));
    const { data, pagination } = await list('page=2');
    expect(data).toEqual([]);
    expect(pagination).toMatchObject({ page: 2, total: 3, total_pages: 1, has_more: false, next_cursor: null });
  });
});

describe('parameters', () => {
  const bad: [query: string, path: string][] = [
    ['foo=1', '/foo'],
    ['Page=1', '/Page'],
    ['page[]=1', '/page[]'],
    ['site_id=x', '/site_id'],
    ['=1', '/'],
    ['__proto__=1', '/__proto__'],
    ['constructor=1', '/constructor'],
    ['hasOwnProperty=1', '/hasOwnProperty'],
    ['a%2Fb~c=1', '/a~1b~0c'],
    ...['0', '-1', '1.5', 'x', '1e2', '0x1', '', '%20', '１', '9'.repeat(30), '1,000', 'null'].flatMap(
      (value): [string, string][] => [
        [`page=${value}`, '/page'],
        [`per_page=${value}`, '/per_page'],
      ],
    ),
    ['per_page=101', '/per_page'],
    ['sort=', '/sort'],
    ['sort=name', '/sort'],
    ['sort=-CREATED_AT', '/sort'],
    ['source=fax', '/source'],
    ['source=', '/source'],
    ['sync_status=done', '/sync_status'],
    ['score=0', '/score'],
    ['spam=true', '/spam'],
    ['spam=', '/spam'],
    ['cursor=', '/cursor'],
    ['cursor=abc', '/cursor'],
    [`cursor=${'a'.repeat(101)}`, '/cursor'],
    ['created_after=', '/created_after'],
    ['created_after=yesterday', '/created_after'],
    ['created_after=2026-11-01', '/created_after'],
    ['created_after=2026-11-01T00:00:00', '/created_after'],
    ['created_before=2026-02-30T00:00:00Z', '/created_before'],
    ['created_before=1767225600', '/created_before'],
    ['form_id=frm_000000000000000000000', '/form_id'],
    ['form_id=', '/form_id'],
    ['form_id=__proto__', '/form_id'],
    [`form_id=${'f'.repeat(101)}`, '/form_id'],
    ['q=', '/q'],
    [`q=${'x'.repeat(501)}`, '/q'],
    [`utm_source=${'x'.repeat(10_001)}`, '/utm_source'],
    ['page=1&page=1', '/page'],
    ['spam=only&spam=only', '/spam'],
    ['q=a&q=b', '/q'],
  ];
  for (const [query, path] of bad) {
    test(`422 that names it: ${query.slice(0, 60)}`, async () => {
      const answer = await api.call('GET', `/api/v1/submissions?${query}`);
      const { details } = await errorOf(answer, 422, 'validation_error');
      expect(details.map((detail) => detail.path)).toEqual([path]);
    });
  }

  test('each wrong one is named at once', async () => {
    const answer = await api.call('GET', '/api/v1/submissions?foo=1&per_page=0&sort=x&created_after=x');
    const { details } = await errorOf(answer, 422, 'validation_error');
    expect(details.map(({ path }) => path).sort()).toEqual(['/created_after', '/foo', '/per_page', '/sort']);
  });

  test('a cursor with a page, of the other sort, or of something else is refused', async () => {
    await send(api, 3, () => ({ fields: { a: '1' } }));
    const { next_cursor } = (await list('per_page=1')).pagination;
    const refused = async (query: string) =>
      (await errorOf(await api.call('GET', `/api/v1/submissions?${query}`), 422, 'validation_error')).details[0]?.path;
    expect(await refused(`cursor=${next_cursor}&page=1`)).toBe('/page');
    expect(await refused(`cursor=${next_cursor}&sort=created_at`)).toBe('/cursor');
    expect(await refused(`cursor=${btoa('dfrm_000000000000000000000')}`)).toBe('/cursor');
    expect(await refused(`cursor=${btoa(`d${'sub_'}' OR 1=1 --`)}`)).toBe('/cursor');
    const { data } = await list(`cursor=${next_cursor}&per_page=1`);
    expect(data).toHaveLength(1);
  });
});

describe('times', () => {
  test('from, inclusive, to, exclusive: in any offset, to the millisecond', async () => {
    const fresh = await testApp();
    await send(fresh, 1, () => ({ fields: { n: 1 } }));
    const [{ created_at } = { created_at: '' }] = (await list('', fresh)).data;
    const at = Date.parse(created_at);
    const found = async (query: string) => (await list(query, fresh)).data.length;
    /** The same moment as clocks elsewhere show it. */
    const elsewhere = (ms: number, hours: number) =>
      `${new Date(ms + hours * 3_600_000).toISOString().slice(0, -1)}${hours < 0 ? '-' : '%2B'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
    for (const offset of [0, 1, -5, 14, -12]) {
      expect(await found(`created_after=${elsewhere(at, offset)}`)).toBe(1);
      expect(await found(`created_after=${elsewhere(at + 1, offset)}`)).toBe(0);
      expect(await found(`created_before=${elsewhere(at, offset)}`)).toBe(0);
      expect(await found(`created_before=${elsewhere(at + 1, offset)}`)).toBe(1);
    }
    const plus = elsewhere(at, 2).replace('%2B', '+');
    expect(await found(`created_after=${plus}`)).toBe(1);
    expect(await found(`created_after=${plus.toLowerCase()}`)).toBe(1);
    for (const early of ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+23:59', '1969-12-31T23:59:59Z']) {
      expect([await found(`created_after=${early}`), await found(`created_before=${early}`)]).toEqual([1, 0]);
    }
    for (const late of ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59-23:59']) {
      expect([await found(`created_after=${late}`), await found(`created_before=${late}`)]).toEqual([0, 1]);
    }
    await fresh.close();
  });

  test('a time range that ends before it begins is empty', async () => {
    const { pagination } = await list('created_after=2027-01-01T00:00:00Z&created_before=2026-01-01T00:00:00Z');
    expect(pagination).toMatchObject({ total: 0, has_more: false });
  });
});
