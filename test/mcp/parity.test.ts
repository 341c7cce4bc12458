import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { SubmissionCreate } from '../../src/contract/submission.ts';
import { killAll } from '../support/binary.ts';
import { tempDir } from '../support/temp.ts';
import { callTool, type McpServer, mcpServer } from './support.ts';

/*
 * Both doors lead to the same room: whatever REST takes or refuses the tools take or refuse, in the same words, and
 * the same is stored.
 */

setDefaultTimeout(120_000);

const SEED = Number(process.env.LTS_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env.LTS_TEST_RUNS ?? 150);

const folder = tempDir();
let server: McpServer;
let formId: string;
beforeAll(async () => {
  server = await mcpServer(folder);
  formId = (await byTool('create_submission', { fields: { a: '1' }, form_name: 'Known' })).data.form_id;
});
afterAll(killAll);

/** What a door made of a request: the data, or what was wrong with it. */
type Verdict = { data?: any; told?: string[] };

async function byRest(method: string, path: string, body?: unknown): Promise<Verdict> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await response.json()) as any;
  if (json.error === undefined) return { data: json.data };
  return { told: json.error.details.map(({ path, message }: any) => (path === '' ? message : `${path}: ${message}`)) };
}

async function byTool(name: string, args: object): Promise<Verdict> {
  const { structuredContent, isError, content } = await callTool(server, name, args);
  if (isError !== true) return { data: structuredContent.data };
  const [, ...lines] = content
    .map(({ text }) => text)
    .join('\n')
    .split('\n');
  return { told: lines.map((line) => line.replace(/^- /, '')) };
}

/** A stored lead without what differs by nature: ids, times, and the door itself. */
function substance(lead: any): object {
  const { id, created_at, submitted_at, source, ...rest } = lead;
  return rest;
}

/** Sends the same lead by both doors. A form is named where none is: that default is the door's own. */
async function sameLead(body: any): Promise<Verdict> {
  const isPlain = typeof body === 'object' && body !== null && !Array.isArray(body);
  const named = isPlain && body.form_id == null && body.form_name == null ? { ...body, form_name: 'Same' } : body;
  const rest = await byRest('POST', '/submissions', named);
  const tool = await byTool('create_submission', named);
  expect(tool.told).toEqual(rest.told as string[]);
  if (rest.data === undefined) return rest;
  const stored = async (id: string) => substance((await byRest('GET', `/submissions/${id}`)).data);
  const [one, other] = [await stored(rest.data.id), await stored(tool.data.id)];
  expect({ ...other, sync_status: null, synced_at: null }).toEqual({ ...one, sync_status: null, synced_at: null });
  if (typeof body.submitted_at === 'string') expect(tool.data.submitted_at).toBe(rest.data.submitted_at);
  return rest;
}

const DEEP = JSON.parse(`${'['.repeat(60)}${']'.repeat(60)}`);
const LEADS: readonly [name: string, taken: boolean, body: () => object][] = [
  ['one field', true, () => ({ fields: { Email: 'alice@example.com' } })],
  [
    'values of every kind',
    true,
    () => ({ fields: { a: 1.5, b: true, c: null, d: ['x', 2], e: { f: { g: 'h' } }, i: [{ j: 1 }] } }),
  ],
  [
    'names that are prototypes',
    true,
    () => ({ fields: JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') }),
  ],
  ['a form by name', true, () => ({ fields: { a: '1' }, form_name: 'kNoWn' })],
  ['a form by id', true, () => ({ fields: { a: '1' }, form_id: formId })],
  ['a form that is not there', false, () => ({ fields: { a: '1' }, form_id: 'frm_000000000000000000000' })],
  ['both form_id and form_name', false, () => ({ fields: { a: '1' }, form_id: formId, form_name: 'Known' })],
  ['an empty form name', false, () => ({ fields: { a: '1' }, form_name: '' })],
  ['an invisible form name', false, () => ({ fields: { a: '1' }, form_name: '\u200b \u00ad' })],
  ['a long form name', false, () => ({ fields: { a: '1' }, form_name: 'x'.repeat(201) })],
  ['no fields', false, () => ({})],
  ['empty fields', false, () => ({ fields: {} })],
  ['fields that are a list', false, () => ({ fields: ['a'] })],
  ['fields that are null', false, () => ({ fields: null })],
  ['201 fields', false, () => ({ fields: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, 'x'])) })],
  ['a long field name', false, () => ({ fields: { ['n'.repeat(201)]: 'x' } })],
  ['a text over the limit, which is cut', true, () => ({ fields: { a: 'x'.repeat(10_001) } })],
  [
    'sensitive fields, which are dropped',
    true,
    () => ({ fields: { a: '1', password: 'x', 'Card number': '4111111111111111' } }),
  ],
  ['a card number, which is masked', true, () => ({ fields: { note: 'my card is 4111 1111 1111 1111' } })],
  ['deep nesting', false, () => ({ fields: { a: DEEP } })],
  ['an unknown member', false, () => ({ fields: { a: '1' }, utm_sorce: 'x' })],
  ['several things wrong at once', false, () => ({ fields: 7, device_type: 'fridge', submitted_at: 'now', nope: 1 })],
  [
    'UTM values and click ids of the page',
    true,
    () => ({ fields: { a: '1' }, page_url: 'https://example.com/?utm_source=x&gclid=abc' }),
  ],
  ['raw click ids', true, () => ({ fields: { a: '1' }, fbclid: 'f', gclid: 'g' })],
  [
    'a user agent',
    true,
    () => ({ fields: { a: '1' }, user_agent: 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0' }),
  ],
  ['an unknown device type', false, () => ({ fields: { a: '1' }, device_type: 'fridge' })],
  ['an unknown network', false, () => ({ fields: { a: '1' }, paid_source: 'yahoo' })],
  [
    'nulls everywhere',
    true,
    () => ({
      fields: { a: '1' },
      ...Object.fromEntries(
        Object.keys(SubmissionCreate.properties)
          .filter((name) => name !== 'fields')
          .map((name) => [name, null]),
      ),
    }),
  ],
  ['a time with an offset', true, () => ({ fields: { a: '1' }, submitted_at: '2026-01-01T12:00:00.5+02:00' })],
  ['a day that is none', false, () => ({ fields: { a: '1' }, submitted_at: '2026-02-30T00:00:00Z' })],
  ['a time far ahead', false, () => ({ fields: { a: '1' }, submitted_at: '2999-01-01T00:00:00Z' })],
  ['metadata', true, () => ({ fields: { a: '1' }, metadata: { crm_id: 4711, tags: ['a', 'b'] } })],
  [
    'metadata with 51 members',
    false,
    () => ({ fields: { a: '1' }, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`m${i}`, i])) }),
  ],
  ['metadata that is a text', false, () => ({ fields: { a: '1' }, metadata: 'x' })],
];

describe('create_submission and POST /submissions', () => {
  test.each(LEADS)('%s', async (_, taken, body) => {
    expect((await sameLead(body())).told === undefined).toBe(taken);
  });

  test(`whatever is sent (seed ${SEED})`, async () => {
    const names = Object.keys(SubmissionCreate.properties);
    const value = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom(
        '',
        'desktop',
        'google',
        '2026-05-05T05:05:05Z',
        'https://example.com/?utm_term=a',
        '1440x900',
        '\u0000',
        '😀',
      ),
      fc.jsonValue({ maxDepth: 3 }),
      fc.constant(null),
    );
    const fields = fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
    const members = fc.dictionary(fc.constantFrom(...names.filter((name) => name !== 'fields'), 'feilds'), value, {
      maxKeys: 4,
    });
    let taken = 0;
    const property = fc.asyncProperty(fields, members, async (given, rest) => {
      if ((await sameLead({ fields: { Ref: 'x', ...given }, ...rest })).told === undefined) taken++;
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
    // Both outcomes are worth something only if both come up.
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(RUNS);
  });
});

describe('list_submissions and GET /submissions', () => {
  const LISTS: readonly Record<string, string | number>[] = [
    {},
    { per_page: 1 },
    { per_page: 100 },
    { per_page: 0 },
    { per_page: 101 },
    { per_page: 2.5 },
    { sort: 'created_at' },
    { sort: 'name' },
    { cursor: 'nonsense' },
    { cursor: 'x'.repeat(101) },
    { form_id: 'KNOWN' },
    { form_id: 'frm_000000000000000000000' },
    { form_id: 'x'.repeat(101) },
    { source: 'mcp' },
    { source: 'fax' },
    { sync_status: 'pending' },
    { sync_status: 'lost' },
    { score: 'hot' },
    { score: 'boiling' },
    { spam: 'include' },
    { spam: 'maybe' },
    { created_after: '2026-01-01T00:00:00Z', created_before: '2999-01-01T00:00:00+02:00' },
    { created_after: 'yesterday' },
    { utm_source: 'x' },
    { utm_campaign: '' },
    { q: 'alice' },
    { q: '' },
    { q: 'x'.repeat(501) },
    { colour: 'red' },
    { formid: 'x', per_page: 0 },
  ];
  test.each(LISTS.map((query) => [query]))('%j', async (given) => {
    const query = { per_page: 5, ...given, ...(given.form_id === 'KNOWN' ? { form_id: formId } : {}) };
    const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const rest = await byRest('GET', `/submissions?${params}`);
    const tool = await byTool('list_submissions', query);
    expect(tool.told).toEqual(rest.told as string[]);
    // A page of the tool may be shorter, never another.
    const shown = tool.data?.map(({ id }: any) => id);
    expect(shown).toEqual(rest.data?.map(({ id }: any) => id).slice(0, shown.length));
  });
});

describe('update_form and PATCH /forms/{id}', () => {
  const CHANGES: readonly [taken: boolean, change: object][] = [
    [true, { name: 'Contact' }],
    [true, { sheet_tab: 'Leads' }],
    [true, { ignored: true }],
    [true, { name: 'Kontakt', sheet_tab: 'Kontakte', ignored: false }],
    [false, {}],
    [false, { name: '' }],
    [false, { name: '\u200b' }],
    [false, { name: 'x'.repeat(201) }],
    [false, { name: null }],
    [false, { name: 'Taken' }],
    [false, { sheet_tab: '' }],
    [false, { sheet_tab: 'x'.repeat(101) }],
    [false, { ignored: 'yes' }],
    [false, { source: 'mcp' }],
    [false, { nmae: 'Contact' }],
  ];
  test.each(CHANGES)('taken: %p, %j', async (taken, change) => {
    await byTool('create_submission', { fields: { a: '1' }, form_name: 'Taken' });
    const before = (await byRest('GET', `/forms/${formId}`)).data;
    const rest = await byRest('PATCH', `/forms/${formId}`, change);
    expect(rest.told === undefined).toBe(taken);
    const { name, sheet_tab, ignored } = before;
    await byRest('PATCH', `/forms/${formId}`, { name, sheet_tab, ignored });
    const tool = await byTool('update_form', { id: formId, ...change });
    expect(tool).toEqual(rest);
    expect((await byRest('GET', `/forms/${formId}`)).data).toEqual(tool.data ?? before);
  });
});
