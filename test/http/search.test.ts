import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import type { Pagination } from '../../src/contract/page.ts';
import type { Submission } from '../../src/contract/submission.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { until } from '../support/server.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
  for (const [ref, fields] of Object.entries(LEADS)) await send(ref, fields);
  // The last one is found: all before it are.
  await until('the leads are found', async () => (await found('zuletzt')).length === 1);
});
afterAll(() => api.close());

const LEADS: Record<string, object> = {
  alice: { Email: 'alice@example.com', 'Full name': 'Alice Liddell', Budget: 12_500, Newsletter: true },
  bob: {
    Email: 'bob@example.com',
    Message: 'I met Alice at the fair.\nCall me: +1 555 0100',
    Tags: ['new', 'VIP customer'],
  },
  cafe: { Message: 'Müller & Söhne, Café Größe, naïve façade' },
  greek: { Message: 'Καλημέρα κόσμε' },
  russian: { Message: 'Ёлка стоит в углу' },
  hebrew: { Message: 'שלום עולם' },
  arabic: { Message: 'مرحبا بالعالم' },
  hindi: { Message: 'नमस्ते दुनिया' },
  chinese: { Message: '我想要一份报价单' },
  japanese: { Message: '見積もりをお願いします' },
  thai: { Message: 'ขอใบเสนอราคา' },
  korean: { Message: '견적서를 보내주세요' },
  nested: { address: { city: 'Reykjavík', zip: '101' } },
  syntax: { Message: 'NEAR OR AND NOT "quoted" col:value prefix* (group) a-b ^x' },
  last: { Message: 'zuletzt' },
};

const FORM = 'Search';

async function send(ref: string, fields: object): Promise<void> {
  const json = { fields, form_name: FORM, utm_source: ref, metadata: { note: 'onlyinmetadata' } };
  expect((await api.call('POST', '/api/v1/submissions', { json })).status).toBe(201);
}

async function search(q: string, more = ''): Promise<{ data: Submission[]; pagination: Pagination }> {
  const answer = await api.call('GET', `/api/v1/submissions?q=${encodeURIComponent(q)}${more}`);
  expect({ q, status: answer.status }).toEqual({ q, status: 200 });
  return (await answer.json()) as { data: Submission[]; pagination: Pagination };
}

/** What a search finds, oldest first. */
const found = async (q: string, more = '') =>
  (await search(q, `&sort=created_at&per_page=100${more}`)).data.map(({ utm_source }) => utm_source ?? '');

describe('q', () => {
  const searches: [q: string, refs: string[]][] = [
    ['alice', ['alice', 'bob']],
    ['ALICE', ['alice', 'bob']],
    ['ali', ['alice', 'bob']],
    ['lice', []],
    ['alice liddell', ['alice']],
    ['liddell alice', ['alice']],
    ['lid ali', ['alice']],
    ['alice nobody', []],
    ['alice@example.com', ['alice', 'bob']],
    ['example.com', ['alice', 'bob']],
    ['12500', ['alice']],
    ['true', ['alice']],
    ['vip cust', ['bob']],
    ['+1 555 0100', ['bob']],
    ['muller', ['cafe']],
    ['MÜLLER', ['cafe']],
    ['mu\u0308ller', ['cafe']],
    ['cafe grosse', ['cafe']],
    ['facade', ['cafe']],
    ['καλημερα', ['greek']],
    ['ΚΌΣΜΕ', ['greek']],
    ['елка', ['russian']],
    ['УГЛУ', ['russian']],
    ['שלום', ['hebrew']],
    ['مرحبا', ['arabic']],
    ['दुनिया', ['hindi']],
    ['报价', ['chinese']],
    ['报价单', ['chinese']],
    ['报', ['chinese']],
    ['見積', ['japanese']],
    ['お願い', ['japanese']],
    ['เสนอราคา', ['thai']],
    ['견적', ['korean']],
    ['reykjavik', ['nested']],
    ['101', ['nested']],
    ['quoted', ['syntax']],
    ['"quoted"', ['syntax']],
    ['near', ['syntax']],
    ['onlyinmetadata', []],
    ['Message', []],
    [FORM, []],
  ];
  for (const [q, refs] of searches) {
    test(`${q} finds ${refs.join(' and ') || 'nothing'}`, async () => {
      expect(await found(q)).toEqual(refs);
      expect((await search(q)).pagination).toMatchObject({ total: refs.length, total_capped: false });
    });
  }

  test('what is syntax elsewhere is text here: never a fault, never everything', async () => {
    for (const q of [
      'alice OR bob',
      'alice AND zzz',
      'NOT alice',
      '-alice zzz',
      'Message:alice zzz',
      'alice* zzz',
      'NEAR(alice zzz)',
    ]) {
      expect([q, (await found(q)).includes('hebrew')]).toEqual([q, false]);
    }
    expect(await found('alice OR')).toEqual([]);
    expect(await found('prefix*')).toEqual(['syntax']);
    expect(await found("alice' OR 1=1 --")).toEqual([]);
  });

  test('hostile searches answer all the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), async (q) => {
        const answer = await api.call('GET', `/api/v1/submissions?q=${encodeURIComponent(q.toWellFormed())}`);
        expect([200, 422]).toContain(answer.status);
      }),
      { numRuns: 200 },
    );
    for (const q of ['"', '*', '\0', '%', '_', '(', 'a"b', 'a OR', ':', '^', '{', "'", '\\', '😀', 'a'.repeat(500)])
      await search(q);
  });

  test('together with other filters, with pages and cursors', async () => {
    const form = api.store.forms.list(api.site.id).find(({ name }) => name === FORM);
    expect(await found('alice', `&form_id=${form?.id}`)).toEqual(['alice', 'bob']);
    expect(await found('alice', '&utm_source=bob')).toEqual(['bob']);
    expect(await found('alice', '&spam=only')).toEqual([]);
    expect(await found('alice', '&created_before=2020-01-01T00:00:00Z')).toEqual([]);
    const first = await search('alice', '&per_page=1');
    expect(first.pagination).toMatchObject({ total: 2, total_pages: 2, has_more: true });
    const second = await search('alice', `&per_page=1&cursor=${first.pagination.next_cursor}`);
    expect([first, second].flatMap(({ data }) => data.map(({ utm_source }) => utm_source))).toEqual(['bob', 'alice']);
    expect(second.pagination.has_more).toBe(false);
  });

  test("another site's leads are not found", async () => {
    const other = await api.store.sites.create({ name: 'Other' });
    const { key } = await api.key({ siteId: other.id });
    const answer = await api.call('GET', '/api/v1/submissions?q=alice', { key });
    expect(((await answer.json()) as { data: unknown[] }).data).toEqual([]);
  });

  test('a lead is found soon after it is stored, and a walk by cursor neither skips nor repeats while more come', async () => {
    for (let i = 0; i < 20; i++) await send(`walk-${i}`, { Message: `needle number${i}` });
    await until('all are found', async () => (await search('needle')).pagination.total === 20);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof search>> = await search(
        'needle',
        `&sort=created_at&per_page=3${cursor ? `&cursor=${cursor}` : ''}`,
      );
      seen.push(...page.data.map(({ utm_source }) => utm_source ?? ''));
      cursor = page.pagination.next_cursor;
      if (seen.length < 15) await send(`late-${seen.length}`, { Message: 'needle late' });
    } while (cursor !== null);
    expect(seen.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => `walk-${i}`));
    expect(new Set(seen).size).toBe(seen.length);
    await until('the late ones are found', async () => (await search('needle late')).pagination.total === 4);
  });
});
