import createClient from 'openapi-fetch';
// Made from the document of the server: see tsconfig of the run.
import type { components, paths } from '#api';

/*
 * A client as anybody would generate it, which does everything the API offers. Its types are checked before it runs;
 * here it checks what came. Prints the ids of the operations it has called. Started by test/openapi/client.test.ts.
 */

const [baseUrl = '', key = '', readOnlyKey = ''] = process.argv.slice(2);
const called = new Set<string>();

type Submission = components['schemas']['Submission'];
type ApiError = components['schemas']['Error'];

const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });
const stranger = createClient<paths>({ baseUrl });
const reader = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${readOnlyKey}` } });

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** The error of an answer, by its code. */
function refused(answer: { error?: ApiError; response: Response }, status: number, code: ApiError['error']['code']) {
  must(answer.response.status === status, `${answer.response.status} in place of ${status}`);
  must(answer.error?.error.code === code, `${answer.error?.error.code} in place of ${code}`);
  must(answer.error.error.request_id === answer.response.headers.get('x-request-id'), 'another request id');
  return answer.error.error;
}

async function create(): Promise<Submission> {
  const body: components['schemas']['SubmissionCreate'] = {
    fields: { Email: 'alice@example.com', 'Full name': 'Alice', Seats: 20, Topics: ['a', null, true] },
    form_name: 'Contact form',
    page_url: 'https://example.com/pricing?utm_source=google',
    referrer: null,
    device_type: 'desktop',
  };
  const send = () =>
    client.POST('/api/v1/submissions', { params: { header: { 'Idempotency-Key': 'client-1' } }, body });
  const { data, error, response } = await send();
  called.add('createSubmission');
  must(data !== undefined, JSON.stringify(error));
  const lead: Submission = data.data;
  must(
    response.status === 201 && lead.utm_source === 'google' && lead.fields.Seats === 20,
    'not the lead that was sent',
  );
  const score: 'hot' | 'warm' | 'cold' | null = lead.score;
  const company: string | null | undefined = lead.enrichment?.company;
  must(score === null && company === undefined, 'nothing has judged it yet');
  const again = await send();
  must(again.data?.data.id === lead.id, 'another lead');
  must(again.response.headers.get('idempotent-replayed') === 'true', 'not said to be a replay');
  const other = await client.POST('/api/v1/submissions', {
    params: { header: { 'Idempotency-Key': 'client-1' } },
    body: { fields: { Email: 'bob@example.com' } },
  });
  refused(other, 409, 'idempotency_key_reused');
  return lead;
}

async function createMany(): Promise<void> {
  const { data, error } = await client.POST('/api/v1/submissions/batch', {
    body: { submissions: [{ fields: { Email: 'carol@example.com' } }, { fields: {}, form_name: 'Empty' }] },
  });
  called.add('createSubmissions');
  must(data !== undefined, JSON.stringify(error));
  const told = data.data.map((result) =>
    // The status tells them apart, for the compiler too.
    result.status === 'created' ? result.id.slice(0, 4) : `${result.index} ${result.error.details[0]?.path}`,
  );
  must(told.join() === 'sub_,1 /fields', told.join());
  refused(await client.POST('/api/v1/submissions/batch', { body: { submissions: [] } }), 422, 'validation_error');
}

async function list(): Promise<void> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { per_page: 1, sort: 'created_at' as const, spam: 'include' as const, ...(cursor ? { cursor } : {}) };
    const { data, error } = await client.GET('/api/v1/submissions', { params: { query } });
    must(data !== undefined, JSON.stringify(error));
    seen.push(...data.data.map(({ id }) => id));
    cursor = data.pagination.next_cursor ?? undefined;
  } while (cursor !== undefined);
  called.add('listSubmissions');
  must(seen.length === 2 && new Set(seen).size === 2, `${seen.length} leads`);
  // @ts-expect-error: a parameter that is not there is found by the compiler, and refused by the server
  const wrong = await client.GET('/api/v1/submissions', { params: { query: { scores: 'hot' } } });
  must(refused(wrong, 422, 'validation_error').details[0]?.path === '/scores', 'does not name it');
}

async function forms(lead: Submission): Promise<void> {
  const all = await client.GET('/api/v1/forms');
  called.add('listForms');
  must(all.data?.data.some(({ id }) => id === lead.form_id) === true, 'the form is not there');
  const path = { id: lead.form_id };
  const one = await client.GET('/api/v1/forms/{id}', { params: { path } });
  called.add('getForm');
  must(one.data?.data.name === 'Contact form', `${one.data?.data.name}`);
  const changed = await client.PATCH('/api/v1/forms/{id}', {
    params: { path },
    body: { name: 'Contact', ignored: true },
  });
  called.add('updateForm');
  must(changed.data?.data.ignored === true && changed.data.data.name === 'Contact', 'not changed');
  const nothing = await client.PATCH('/api/v1/forms/{id}', { params: { path }, body: {} });
  refused(nothing, 422, 'validation_error');
  const missing = { params: { path: { id: 'frm_000000000000000000000' } } };
  refused(await client.GET('/api/v1/forms/{id}', missing), 404, 'not_found');
  refused(await client.PATCH('/api/v1/forms/{id}', { ...missing, body: { ignored: false } }), 404, 'not_found');
}

async function readOne(lead: Submission): Promise<void> {
  const params = { path: { id: lead.id } };
  const { data } = await client.GET('/api/v1/submissions/{id}', { params });
  called.add('getSubmission');
  must(data?.data.id === lead.id, 'another lead');
  refused(await stranger.GET('/api/v1/submissions/{id}', { params }), 401, 'invalid_token');
  const unknown = await client.GET('/api/v1/submissions/{id}', { params: { path: { id: 'sub_x' } } });
  refused(unknown, 404, 'not_found');
}

async function site(): Promise<void> {
  const { data } = await reader.GET('/api/v1/site');
  called.add('getSite');
  must(data?.data.usage.submissions === 2 && data.data.sheet.target === 'local', JSON.stringify(data));
  const denied = await reader.POST('/api/v1/submissions', { body: { fields: { a: '1' } } });
  refused(denied, 403, 'insufficient_scope');
}

async function bodies(): Promise<void> {
  const raw = (body: string, type: string) =>
    client.POST('/api/v1/submissions', {
      body: { fields: {} },
      bodySerializer: () => body,
      headers: { 'content-type': type },
    });
  refused(await raw('{', 'application/json'), 400, 'invalid_json');
  refused(await raw('a=1', 'application/x-www-form-urlencoded'), 415, 'unsupported_media_type');
  refused(await raw(`{"fields":{"a":"${'x'.repeat(1_048_576)}"}}`, 'application/json'), 413, 'payload_too_large');
}

async function document(): Promise<void> {
  const { data, response } = await stranger.GET('/api/v1/openapi.json');
  called.add('getOpenApi');
  must(data?.openapi === '3.1.0', 'no document');
  const etag = response.headers.get('etag') ?? '';
  const again = await stranger.GET('/api/v1/openapi.json', { params: { header: { 'If-None-Match': etag } } });
  must(again.response.status === 304, `${again.response.status}`);
}

const lead = await create();
await createMany();
await list();
await readOne(lead);
await site();
await forms(lead);
await bodies();
await document();
process.stdout.write(JSON.stringify([...called]));
