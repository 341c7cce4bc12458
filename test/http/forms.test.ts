import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { Form } from '../../src/contract/form.ts';
import { Data } from '../../src/contract/schema.ts';
import type { Submission } from '../../src/contract/submission.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { errorOf } from './answers.ts';

const oneContract = compileContract(Data(Form));
const listContract = compileContract(Data(Type.Array(Form)));
const DAY = 86_400_000;

let clock: TestClock;
let api: TestApp;
beforeEach(async () => {
  clock = new TestClock();
  api = await testApp({ clock });
});
afterEach(() => api.close());

/** Sends a lead of a form. */
async function lead(form_name: string, fields: object = { a: '1' }): Promise<Submission> {
  const answer = await api.call('POST', '/api/v1/submissions', { json: { fields, form_name } });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { data: Submission }).data;
}

/** Stores a lead that was taken for spam. */
async function spam(form: string): Promise<void> {
  const items = [{ lead: newLead({ a: '1' }, { form, spamReason: 'honeypot' }) }];
  await api.store.leads.accept({ siteId: api.site.id, items, idempotency: null });
}

async function form(id: string): Promise<Form> {
  const answer = await api.call('GET', `/api/v1/forms/${id}`);
  const body = (await answer.json()) as { data: Form };
  expect([answer.status, oneContract.details(body)]).toEqual([200, []]);
  return body.data;
}

async function forms(): Promise<Form[]> {
  const answer = await api.call('GET', '/api/v1/forms');
  const body = (await answer.json()) as { data: Form[] };
  expect([answer.status, listContract.details(body)]).toEqual([200, []]);
  return body.data;
}

const patch = (id: string, json: unknown) => api.call('PATCH', `/api/v1/forms/${id}`, { json });

/** Changes a form; the answer is the form as it is from now on. */
async function changed(id: string, json: unknown): Promise<Form> {
  const answer = await patch(id, json);
  const body = (await answer.json()) as { data: Form };
  expect([answer.status, oneContract.details(body)]).toEqual([200, []]);
  expect(await form(id)).toEqual(body.data);
  return body.data;
}

/** A change that is refused: the paths that are named. The form stays as it was. */
async function refused(id: string, json: unknown): Promise<string[]> {
  const before = await form(id);
  const { details } = await errorOf(await patch(id, json), 422, 'validation_error');
  expect(await form(id)).toEqual(before);
  expect(details.every(({ message }) => message.length > 5)).toBe(true);
  return details.map(({ path }) => path);
}

describe('GET /forms', () => {
  test('none at first, then each in order of discovery, the same as one by one', async () => {
    expect(await forms()).toEqual([]);
    await lead('Contact');
    clock.advance(1_000);
    await lead('Newsletter');
    const listed = await forms();
    expect(listed.map(({ name }) => name)).toEqual(['Contact', 'Newsletter']);
    for (const each of listed) expect(await form(each.id)).toEqual(each);
  });

  test("says what is known of a form, and shows nothing of another site's", async () => {
    const first = await lead('Contact', { Email: 'alice@example.com', Name: 'Alice' });
    clock.advance(60_000);
    const second = await lead('contact', { Name: 'Alice', Phone: '1', address: { city: 'Paris' } });
    const other = await api.store.sites.create({ name: 'Other' });
    const { key } = await api.key({ siteId: other.id });
    await api.call('POST', '/api/v1/submissions', { key, json: { fields: { a: '1' }, form_name: 'Theirs' } });
    expect(await forms()).toEqual([
      {
        id: first.form_id,
        name: 'Contact',
        sheet_tab: 'Contact',
        ignored: false,
        source: 'rest_api',
        fields: ['Email', 'Name', 'Phone', 'address.city'],
        submission_count: 2,
        spam_rate_7d: 0,
        last_submission_at: second.created_at,
        created_at: first.created_at,
      },
    ]);
  });

  test('names of fields are data, whatever they are', async () => {
    const fields = JSON.parse('{"__proto__":"1","constructor":"2","toString":"3","10":"4","2":"5"}') as object;
    const { form_id } = await lead('Odd', fields);
    expect([...(await form(form_id)).fields].sort()).toEqual(['10', '2', '__proto__', 'constructor', 'toString']);
  });

  test('a refused lead leaves no form behind, nor a field', async () => {
    const { form_id } = await lead('Contact');
    const json = { fields: { b: '1', c: 'x' }, form_name: 'New', submitted_at: 'never' };
    await errorOf(await api.call('POST', '/api/v1/submissions', { json }), 422, 'validation_error');
    expect((await forms()).map(({ id, fields }) => [id, fields])).toEqual([[form_id, ['a']]]);
  });

  test('spam is counted apart: its rate is of the last seven days, and it moves no count', async () => {
    const { form_id } = await lead('Contact');
    for (let i = 0; i < 3; i++) await spam('Contact');
    expect(await form(form_id)).toMatchObject({ submission_count: 1, spam_rate_7d: 0.75 });
    clock.advance(6 * DAY);
    await lead('Contact');
    expect(await form(form_id)).toMatchObject({ submission_count: 2, spam_rate_7d: 0.6 });
    clock.advance(DAY + 900_000);
    expect(await form(form_id)).toMatchObject({ submission_count: 2, spam_rate_7d: 0 });
    clock.advance(7 * DAY);
    expect((await forms())[0]).toMatchObject({ submission_count: 2, spam_rate_7d: 0 });
  });

  test('a form that only spam ever came by', async () => {
    await spam('Trap');
    const [only] = await forms();
    expect(only).toMatchObject({ name: 'Trap', submission_count: 0, spam_rate_7d: 1 });
  });

  test('a lead put into spam and back again moves the counts and back', async () => {
    const { id, form_id } = await lead('Contact');
    await lead('Contact');
    await api.store.leads.setSpam(api.site.id, id, true);
    expect(await form(form_id)).toMatchObject({ submission_count: 1, spam_rate_7d: 0.5 });
    await api.store.leads.setSpam(api.site.id, id, false);
    expect(await form(form_id)).toMatchObject({ submission_count: 2, spam_rate_7d: 0 });
  });
});

describe('PATCH /forms/{id}', () => {
  let id: string;
  beforeEach(async () => {
    id = (await lead('Contact')).form_id;
  });

  test('each member alone, and all together; the others stay', async () => {
    const before = await form(id);
    expect(await changed(id, { name: 'Kontakt' })).toEqual({ ...before, name: 'Kontakt' });
    expect(await changed(id, { sheet_tab: 'Leads' })).toEqual({ ...before, name: 'Kontakt', sheet_tab: 'Leads' });
    const all = { name: 'Form', sheet_tab: 'Tab', ignored: true };
    expect(await changed(id, all)).toEqual({ ...before, ...all });
    expect(await changed(id, all)).toEqual({ ...before, ...all });
    expect(await changed(id, { ignored: false })).toEqual({ ...before, ...all, ignored: false });
  });

  const wrong: [name: string, json: unknown, paths: string[]][] = [
    ['nothing', {}, ['']],
    ['an array', [], ['']],
    ['null', null, ['']],
    ['a text', 'name', ['']],
    ['an unknown member', { title: 'x' }, ['/title']],
    [
      'a member that is not to be changed',
      { name: 'x', id: 'frm_x', submission_count: 0 },
      ['/id', '/submission_count'],
    ],
    ['a member of every object', JSON.parse('{"__proto__":{"name":"x"}}'), ['/__proto__']],
    ['wrong types', { name: 1, sheet_tab: [], ignored: 'yes' }, ['/name', '/sheet_tab', '/ignored']],
    ['nulls', { name: null, sheet_tab: null, ignored: null }, ['/name', '/sheet_tab', '/ignored']],
    ['empty texts', { name: '', sheet_tab: '' }, ['/name', '/sheet_tab']],
    ['blanks', { name: ' \t\n', sheet_tab: '\u00a0\u3000' }, ['/name', '/sheet_tab']],
    ['what can not be seen', { name: '\u200b\u200e', sheet_tab: '\u202e\u2066\0' }, ['/name', '/sheet_tab']],
    ['too long', { name: 'x'.repeat(201), sheet_tab: 'x'.repeat(101) }, ['/name', '/sheet_tab']],
    ['far too long', { name: 'x'.repeat(500_000) }, ['/name']],
    ['a good name beside a bad tab', { name: 'Good', sheet_tab: '' }, ['/sheet_tab']],
  ];
  for (const [name, json, paths] of wrong) {
    test(`422 for ${name}, naming it; nothing is changed`, async () => {
      expect(await refused(id, json)).toEqual(paths);
    });
  }

  test('the longest that is allowed, in characters; a pair of surrogates is one', async () => {
    expect((await changed(id, { name: 'x'.repeat(200) })).name).toHaveLength(200);
    expect((await changed(id, { sheet_tab: '😀'.repeat(50) })).sheet_tab).toBe('😀'.repeat(50));
    expect(await refused(id, { sheet_tab: '😀'.repeat(101) })).toEqual(['/sheet_tab']);
  });

  test('what can not be seen is taken out of what can', async () => {
    const cleaned = await changed(id, { name: '  Kon\u202etakt\0\n ', sheet_tab: '\ufeffA\tB\u2028C ' });
    expect(cleaned).toMatchObject({ name: 'Kontakt', sheet_tab: 'ABC' });
  });

  test('half a surrogate pair is stored as what it can be read as', async () => {
    const body = '{"name":"x\\ud800y","sheet_tab":"\\udc00z"}';
    const headers = { 'content-type': 'application/json' };
    const answer = await api.call('PATCH', `/api/v1/forms/${id}`, { body, headers });
    expect(answer.status).toBe(200);
    const { name, sheet_tab } = await form(id);
    expect([name.isWellFormed(), sheet_tab.isWellFormed()]).toEqual([true, true]);
  });

  test('422 for a name or tab that another form has, whatever the case or the encoding of accents', async () => {
    await lead('Café');
    const of = async (json: object) => (await refused(id, json)).sort();
    expect(await of({ name: 'CAFÉ' })).toEqual(['/name']);
    expect(await of({ name: 'Cafe\u0301' })).toEqual(['/name']);
    expect(await of({ name: ' café\u200b ' })).toEqual(['/name']);
    expect(await of({ sheet_tab: 'cafÉ' })).toEqual(['/sheet_tab']);
    expect(await of({ name: 'café', sheet_tab: 'café', ignored: true })).toEqual(['/name', '/sheet_tab']);
    expect(await changed(id, { name: 'CONTACT', sheet_tab: 'contact' })).toMatchObject({ name: 'CONTACT' });
    const other = await api.store.sites.create({ name: 'Other' });
    const { key } = await api.key({ siteId: other.id });
    await api.call('POST', '/api/v1/submissions', { key, json: { fields: { a: '1' }, form_name: 'Theirs' } });
    expect(await changed(id, { name: 'Theirs', sheet_tab: 'Theirs' })).toMatchObject({ name: 'Theirs' });
  });

  test('a name that became free can be taken, by a form and by leads', async () => {
    const second = (await lead('Second')).form_id;
    await changed(second, { name: 'Third', sheet_tab: 'Third' });
    await changed(id, { name: 'Second', sheet_tab: 'Second' });
    // What a lead calls its form is looked for by discovery first, so that no form loses its leads by a rename.
    expect((await lead('Second')).form_id).toBe(second);
    expect((await lead('Third')).form_id).toBe(second);
    expect((await lead('Contact')).form_id).toBe(id);
  });

  test('leads show the new name at once, old ones too; a new tab is where they wait to be written', async () => {
    await changed(id, { name: 'Kontakt', sheet_tab: 'Leads' });
    const { id: leadId } = await lead('Contact');
    const answer = await api.call('GET', '/api/v1/submissions');
    const { data } = (await answer.json()) as { data: Submission[] };
    expect(data.map(({ form_name, sheet_tab }) => [form_name, sheet_tab])).toEqual([
      ['Kontakt', 'Leads'],
      ['Kontakt', 'Leads'],
    ]);
    expect(data[0]?.id).toBe(leadId);
  });

  test('ignored: new leads are kept and go nowhere, counted apart in the month; those before are as they were', async () => {
    const before = await lead('Contact');
    expect(before.sync_status).toBe('pending');
    await changed(id, { ignored: true });
    const ignored = await lead('Contact');
    expect(ignored).toMatchObject({ sync_status: 'skipped', sheet_tab: null, spam: false });
    const get = async (path: string) => (await (await api.call('GET', path)).json()) as { data: { usage: object } };
    expect((await get('/api/v1/site')).data.usage).toMatchObject({ submissions: 2, ignored: 1, spam: 0 });
    expect((await get(`/api/v1/submissions/${before.id}`)).data).toMatchObject({ sync_status: 'pending' });
    expect(
      api.store.sheets.nextLeads(api.site.id, `local:${api.site.id}`, 10, 1e9).map((each) => each.id),
    ).not.toContain(ignored.id);
    await changed(id, { ignored: false });
    expect((await lead('Contact')).sync_status).toBe('pending');
    expect((await get(`/api/v1/submissions/${ignored.id}`)).data).toMatchObject({ sync_status: 'skipped' });
    expect(await form(id)).toMatchObject({ submission_count: 4, ignored: false });
  });

  test('404 for a form that is not there, also for a change that is wrong', async () => {
    for (const path of ['frm_000000000000000000000', 'nonsense', '__proto__', id.toUpperCase()]) {
      for (const json of [{ name: 'x' }, {}, { nonsense: 1 }]) await errorOf(await patch(path, json), 404, 'not_found');
    }
  });

  test('many at once: each is whole, the last one stays', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => patch(id, { name: `Name ${i}`, sheet_tab: `Tab ${i}` })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { name, sheet_tab } = await form(id);
    expect(sheet_tab.replace('Tab', 'Name')).toBe(name);
  });

  test('two forms that want one name at once: one gets it', async () => {
    const second = (await lead('Second')).form_id;
    const answers = await Promise.all([patch(id, { name: 'Wanted' }), patch(second, { name: 'WANTED' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
  });
});
