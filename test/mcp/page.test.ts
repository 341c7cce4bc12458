import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { Form } from '../../src/contract/form.ts';
import { Submission } from '../../src/contract/submission.ts';
import { formsWithin } from '../../src/http/mcp/form-page.ts';
import { PAGE_BYTES, withinBudget } from '../../src/http/mcp/lead-page.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { killAll } from '../support/binary.ts';
import { tempDir } from '../support/temp.ts';
import { callTool, type McpServer, mcpServer, resultOf } from './support.ts';

setDefaultTimeout(60_000);

const folder = tempDir();
let server: McpServer;
const stored: string[] = [];
const GIANT_AT = 70;
const GIANT_TEXT = `“${'ä'.repeat(9_998)}”`;
const contract = compileContract(Submission);

beforeAll(async () => {
  server = await mcpServer(folder);
  const ordinary = (i: number) => ({ fields: { Ref: `${i}`, Message: `${i} `.repeat(400) } });
  const giant = { fields: Object.fromEntries(Array.from({ length: 48 }, (_, i) => [`Field ${i}`, GIANT_TEXT])) };
  const submissions = Array.from({ length: 120 }, (_, i) => (i === GIANT_AT ? giant : ordinary(i)));
  const response = await fetch(`${server.url}/api/v1/submissions/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ submissions }),
  });
  const { data } = (await response.json()) as { data: { id: string }[] };
  stored.push(...data.map(({ id }) => id));
});
afterAll(killAll);

/** Walks all leads. @returns the pages as the model gets them */
async function walk(args: object): Promise<any[]> {
  const pages: any[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < 200; i++) {
    const page = await resultOf(server, 'list_submissions', { ...args, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page);
    expect(page.pagination.has_more).toBe(page.pagination.next_cursor !== null);
    if (page.pagination.next_cursor === null) return pages;
    cursor = page.pagination.next_cursor;
  }
  throw new Error('the walk has no end');
}

describe.each(['created_at', '-created_at'])('a walk, %s', (sort) => {
  test.each([1, 7, 25, 100])(
    'of %d leads a page has each lead once, in order, whatever the pages are cut to',
    async (per_page) => {
      const pages = await walk({ sort, per_page });
      const ids = pages.flatMap(({ data }) => data.map(({ id }: Submission) => id));
      expect(ids).toEqual(sort === 'created_at' ? stored : [...stored].reverse());
      for (const page of pages) {
        expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(PAGE_BYTES);
        expect(page.pagination).toMatchObject({ page: null, per_page, total: stored.length });
        expect(page.data.flatMap((lead: unknown) => contract.details(lead))).toEqual([]);
        const short = page.data.length < per_page && page.pagination.has_more;
        const partial = page.data.some(({ id }: Submission) => id === stored[GIANT_AT]);
        expect([page.data.length, page.notice !== undefined]).toEqual([page.data.length, short || partial]);
      }
    },
  );
});

test('a page that is cut says so, and how to go on', async () => {
  const { data, pagination, notice } = await resultOf(server, 'list_submissions', { per_page: 100 });
  expect(data.length).toBeGreaterThan(10);
  expect(data.length).toBeLessThan(100);
  expect(pagination.has_more).toBe(true);
  expect(notice).toBe(`This page ends early, after ${data.length} leads: it is full. Go on with next_cursor.`);
});

test('a lead that is too large for any page is shown in part, named, and whole by its id', async () => {
  const pages = await walk({ per_page: 100, sort: 'created_at' });
  const at = pages.findIndex(({ data }) => data.some(({ id }: Submission) => id === stored[GIANT_AT]));
  const { data, notice } = pages[at];
  expect(data).toHaveLength(1);
  expect(notice).toBe(
    `The lead ${stored[GIANT_AT]} is too large for a list and shown in part. get_submission has all of it.`,
  );
  expect(data[0].fields['Field 0']).toBe(`${GIANT_TEXT.slice(0, 200)}…`);
  const whole = await callTool(server, 'get_submission', { id: stored[GIANT_AT] });
  expect(Object.values(whole.structuredContent.data.fields)).toEqual(Array(48).fill(GIANT_TEXT));
});

test('the largest lead that can be stored fits in part: every text, list and name at its limit', () => {
  // Of three bytes each in UTF-8, the most a UTF-16 unit can take.
  const long = '漢'.repeat(10_000);
  const name = (i: number) => `${i}${'漢'.repeat(195)}`;
  const text = Object.fromEntries(
    Object.entries(Submission.properties).map(([member]) => [member, long]),
  ) as unknown as Submission;
  const lead: Submission = {
    ...text,
    id: 'sub_01jd8x4k2m3n4p5q6r7st',
    fields: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [name(i), i % 2 === 0 ? long : [long, 1, null]])),
    metadata: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [name(i), long])),
    warnings: Array.from({ length: 200 }, (_, i) => ({ code: 'field_cut', field: name(i), message: long })),
    files: Array.from({ length: 10 }, () => ({ field: long, name: long, size: 1, content_type: long, url: long })),
    enrichment: {
      ...{ match_confidence: 1, company: long, job_title: long, linkedin_url: long },
      ...{ industry: long, company_size: long, country: long },
    },
  };
  const pagination = {
    page: 1,
    per_page: 2,
    total: 2,
    total_capped: false,
    total_pages: 1,
    has_more: false,
    next_cursor: null,
  };
  const page = withinBudget({ data: [lead, lead], pagination }, true);
  expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(PAGE_BYTES);
  expect(Object.keys(page.data[0]?.fields ?? {}).length).toBeGreaterThan(3);
  expect(page.pagination.has_more).toBe(true);
});

function form(i: number, fields: readonly string[]): Form {
  return {
    ...{ id: `frm_${String(i).padStart(21, '0')}`, name: `Form ${i}`, sheet_tab: `Form ${i}`, ignored: false },
    ...{ source: 'rest_api', fields: [...fields], submission_count: 1, spam_rate_7d: 0, last_submission_at: null },
    created_at: '2026-11-22T14:05:00.000Z',
  };
}
/** As many fields as a form can have, of names as long as they can be. */
const ALL_FIELDS = Array.from({ length: 1_000 }, (_, i) => `${i}${'漢'.repeat(195)}`);

test('a list of forms ends where the page is full, and goes on by cursor: each once, one that is too large in part', () => {
  const giant = { ...form(7, ALL_FIELDS), name: '漢'.repeat(200), sheet_tab: '漢'.repeat(100) };
  const all = Array.from({ length: 400 }, (_, i) =>
    i === 7
      ? giant
      : form(
          i,
          Array.from({ length: i % 50 }, (_, n) => `Field ${n}`),
        ),
  );
  const formContract = compileContract(Form);
  const seen: Form[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = formsWithin(all, cursor);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(PAGE_BYTES);
    expect(page.data.length).toBeGreaterThan(0);
    seen.push(...page.data);
    cursor = page.next_cursor;
    pages++;
  } while (cursor !== undefined);
  expect(seen.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  expect(pages).toBeLessThan(20);
  const { fields_omitted: omitted, ...shown } = seen[7] as Form & { fields_omitted: number };
  expect(shown.fields.length).toBeGreaterThan(10);
  expect(shown.fields.length + omitted).toBe(1_000);
  expect(formContract.details(shown)).toEqual([]);
  expect(seen.filter((_, i) => i !== 7)).toEqual(all.filter((_, i) => i !== 7));
  expect(formsWithin(all.slice(0, 5), undefined)).toEqual({ data: all.slice(0, 5) });
  expect(formsWithin([giant], undefined).next_cursor).toBeUndefined();
});
