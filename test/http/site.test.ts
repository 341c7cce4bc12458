import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { Data } from '../../src/contract/schema.ts';
import { Site } from '../../src/contract/site.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';

const contract = compileContract(Data(Site));

let clock: TestClock;
let api: TestApp;
beforeEach(async () => {
  clock = new TestClock();
  api = await testApp({ clock });
});
afterEach(() => api.close());

async function site(key?: string): Promise<Site> {
  const answer = await api.call('GET', '/api/v1/site', key === undefined ? {} : { key });
  const body = (await answer.json()) as { data: Site };
  expect([answer.status, contract.details(body)]).toEqual([200, []]);
  return body.data;
}

/** Sends a lead at a time by the clock. @returns its id */
async function leadAt(time: string, form_name = 'Contact'): Promise<string> {
  clock.setTime(Date.parse(time));
  const answer = await api.call('POST', '/api/v1/submissions', { json: { fields: { a: '1' }, form_name } });
  return ((await answer.json()) as { data: { id: string } }).data.id;
}

async function usageAt(time: string) {
  clock.setTime(Date.parse(time));
  return (await site()).usage;
}

test('a new site: nothing has come, nothing is wrong', async () => {
  expect(await site()).toEqual({
    id: api.site.id,
    name: 'Shop',
    client: null,
    timezone: 'UTC',
    endpoint_id: api.site.endpointId,
    created_at: new Date(api.site.createdAt).toISOString(),
    usage: { month: '2026-11', submissions: 0, spam: 0, ignored: 0 },
    sheet: { target: 'local', status: 'ok', spreadsheet_url: null, problem: null },
    sync: { pending: 0, failed: 0, synced: 0, last_synced_at: null, success_rate: null },
  });
});

test('a key shows its own site, whatever its scopes; what is changed of it shows at once', async () => {
  const other = await api.store.sites.create({ name: 'Second', client: 'Example', timezone: 'Asia/Kathmandu' });
  const { key } = await api.key({ siteId: other.id, scopes: ['forms:write'] });
  expect(await site(key)).toMatchObject({
    id: other.id,
    name: 'Second',
    client: 'Example',
    timezone: 'Asia/Kathmandu',
  });
  await api.store.sites.update(other.id, { name: 'Renamed' });
  expect((await site(key)).name).toBe('Renamed');
  expect((await site()).name).toBe('Shop');
});

describe('usage', () => {
  test('is of the month: leads, spam and ignored, each apart', async () => {
    await leadAt('2026-11-03T10:00:00Z');
    await leadAt('2026-11-03T10:00:01Z');
    await leadAt('2026-11-03T10:00:02Z', 'Old');
    const old = api.store.forms.list(api.site.id).find(({ name }) => name === 'Old');
    await api.call('PATCH', `/api/v1/forms/${old?.id}`, { json: { ignored: true } });
    await leadAt('2026-11-03T10:00:03Z', 'Old');
    const items = [{ lead: newLead({ a: '1' }, { form: 'Contact', spamReason: 'honeypot' }) }];
    await api.store.leads.accept({ siteId: api.site.id, items, idempotency: null });
    const counted = { submissions: 3, spam: 1, ignored: 1 };
    expect(await usageAt('2026-11-30T23:59:59.999Z')).toEqual({ month: '2026-11', ...counted });
    expect(await usageAt('2026-12-01T00:00:00Z')).toEqual({ month: '2026-12', submissions: 0, spam: 0, ignored: 0 });
  });

  test('of another site is counted there', async () => {
    await leadAt('2026-11-03T10:00:00Z');
    const other = await api.store.sites.create({ name: 'Second' });
    const { key } = await api.key({ siteId: other.id });
    expect((await site(key)).usage.submissions).toBe(0);
  });

  /** In each zone, the last moment of a month and the first of the next, also where an offset is no whole hour, or changes. */
  const zones: [zone: string, before: string, after: string, months: [string, string]][] = [
    ['UTC', '2026-10-31T23:59:59.900Z', '2026-11-01T00:00:00.100Z', ['2026-10', '2026-11']],
    ['America/New_York', '2026-11-01T03:59:59.900Z', '2026-11-01T04:00:00.100Z', ['2026-10', '2026-11']],
    ['America/Los_Angeles', '2026-12-01T07:59:59.900Z', '2026-12-01T08:00:00.100Z', ['2026-11', '2026-12']],
    ['Europe/Paris', '2027-03-31T21:59:59.900Z', '2027-03-31T22:00:00.100Z', ['2027-03', '2027-04']],
    ['Asia/Kathmandu', '2026-11-30T18:14:59.900Z', '2026-11-30T18:15:00.100Z', ['2026-11', '2026-12']],
    ['Pacific/Kiritimati', '2026-12-31T09:59:59.900Z', '2026-12-31T10:00:00.100Z', ['2026-12', '2027-01']],
    ['Pacific/Niue', '2027-01-01T10:59:59.900Z', '2027-01-01T11:00:00.100Z', ['2026-12', '2027-01']],
    ['Pacific/Apia', '2028-02-29T10:59:59.900Z', '2028-02-29T11:00:00.100Z', ['2028-02', '2028-03']],
  ];
  for (const [timezone, before, after, months] of zones) {
    test(`is by the month of the site's time zone: ${timezone}`, async () => {
      await api.store.sites.update(api.site.id, { timezone });
      await leadAt(before);
      expect(await usageAt(before)).toMatchObject({ month: months[0], submissions: 1 });
      await leadAt(after);
      await leadAt(after);
      expect(await usageAt(after)).toMatchObject({ month: months[1], submissions: 2 });
    });
  }

  test('another time zone moves what is counted, lead by lead', async () => {
    await leadAt('2026-11-30T20:00:00Z');
    await leadAt('2026-12-01T02:00:00Z');
    await api.store.sites.update(api.site.id, { timezone: 'Asia/Tokyo' });
    expect(await usageAt('2026-12-05T00:00:00Z')).toMatchObject({ month: '2026-12', submissions: 2 });
    await api.store.sites.update(api.site.id, { timezone: 'America/New_York' });
    expect(await usageAt('2026-12-05T00:00:00Z')).toMatchObject({ month: '2026-12', submissions: 0 });
  });
});

describe('sheet and sync', () => {
  const problem = { code: 'sheet_gone', message: 'The spreadsheet was deleted. Connect another one.', technical: 'x' };

  test('leads wait, are written, are given up: counts and rate', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await leadAt(`2026-11-25T10:00:0${i}Z`));
    expect((await site()).sync).toMatchObject({ pending: 5, synced: 0, failed: 0, success_rate: null });
    clock.setTime(Date.parse('2026-11-25T11:00:00Z'));
    await api.store.sheets.settleLocal({ siteId: api.site.id, tabs: [], leadIds: ids.slice(0, 3) });
    expect(Date.parse((await site()).sync.last_synced_at ?? '') - clock.now()).toBeWithin(0, 10);
    expect((await site()).sync).toMatchObject({ pending: 2, synced: 3, failed: 0, success_rate: 1 });
    await api.store.sheets.fail(api.site.id, ids[3] ?? '', 'A cell is too long.');
    expect((await site()).sync).toMatchObject({ pending: 1, synced: 3, failed: 1, success_rate: 0.75 });
    const failed = await api.call('GET', '/api/v1/submissions?sync_status=failed');
    expect(((await failed.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual([ids[3] ?? '']);
  });

  test('a paused sheet says so, what is wrong and what to do, and nothing technical; resumed it is well', async () => {
    await api.store.sheets.pause(api.site.id, problem, null);
    const paused = await site();
    expect(paused.sheet).toEqual({
      target: 'local',
      status: 'paused',
      spreadsheet_url: null,
      problem: problem.message,
    });
    expect(JSON.stringify(paused)).not.toContain('technical');
    await api.store.sheets.resume(api.site.id);
    expect((await site()).sheet).toMatchObject({ status: 'ok', problem: null });
  });

  test('what is being retried is told too, and is no pause', async () => {
    await api.store.sheets.noteTrouble(api.site.id, problem);
    expect((await site()).sheet).toMatchObject({ status: 'ok', problem: problem.message });
    await api.store.sheets.noteTrouble(api.site.id, null);
    expect((await site()).sheet.problem).toBeNull();
  });

  test('leads are taken all the same while it is paused', async () => {
    await api.store.sheets.pause(api.site.id, problem, null);
    await leadAt('2026-11-25T10:00:00Z');
    expect(await site()).toMatchObject({ sync: { pending: 1 }, usage: { submissions: 1 } });
  });

  test('a site whose rows go nowhere has none waiting', async () => {
    await api.store.sites.update(api.site.id, { syncEnabled: false });
    await leadAt('2026-11-25T10:00:00Z');
    expect((await site()).sync).toMatchObject({ pending: 0, success_rate: null });
  });
});
