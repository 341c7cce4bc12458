import { expect, setDefaultTimeout, test } from 'bun:test';
import { niceTop } from '../../src/http/admin/components/chart.tsx';
import { auditRoutes } from '../../src/http/admin/pages/audit.tsx';
import { dashboardRoutes } from '../../src/http/admin/pages/dashboard.tsx';
import { cameIn } from '../../src/http/admin/pages/dashboard-data.ts';
import { privacyRoutes } from '../../src/http/admin/pages/privacy.tsx';
import { newLead } from '../support/leads.ts';
import { until } from '../support/server.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld([...dashboardRoutes, ...privacyRoutes, ...auditRoutes]);
const { services, site } = world;
const home = `/admin/s/${site.id}`;
const owner = await world.person('owner');

test('a new site shows what is to be done first; who may not do it sees none of it', async () => {
  const page = await owner.get(home);
  expect(page.status).toBe(200);
  for (const step of ['First steps', 'keep the local workbook', 'Send a test lead and see its row', 'Make a key']) {
    expect(page.html).toContain(step);
  }
  expect(page.html).toContain('No leads yet');
  const viewer = await (await world.person('viewer')).get(home);
  expect(viewer.status).toBe(200);
  expect(viewer.html).not.toContain('First steps');
  expect(viewer.html).not.toContain('Send a test lead');
});

test('a test lead goes the way of every lead, and the page says when its row is there', async () => {
  const sent = await owner.post(`${home}/test-lead`);
  expect(sent.status).toBe(303);
  const id = /test=(sub_\w+)/.exec(sent.location ?? '')?.[1] ?? '';
  expect(services.store.leads.get(site.id, id)).toMatchObject({ formName: 'Test', source: 'rest_api', spam: false });
  expect((await owner.get(sent.location ?? '')).html).toContain('The test lead is stored.');
  await until('the row is there', async () =>
    (await owner.get(`${home}/health?test=${id}`)).html.includes('The test lead has its row.'),
  );
  const page = await owner.get(home);
  expect(page.html).toContain('First steps');
  expect(page.html.match(/aria-label="Done"/g)).toHaveLength(2);
  expect(services.store.audit.list({ limit: 1 })[0]).toMatchObject({ action: 'lead.test_sent', objectId: id });
  const key = { siteId: site.id, name: 'k', prefix: 'lts_x', hash: 'h', scopes: [], expiresAt: null };
  await services.store.keys.create(key);
  expect((await owner.get(home)).html).not.toContain('First steps');
});

test('a viewer may not send one, and another’s site is not there', async () => {
  const viewer = await world.person('viewer');
  expect((await viewer.post(`${home}/test-lead`)).status).toBe(403);
  const other = await services.store.sites.create({ name: 'Other' });
  const before = services.store.leads.count(other.id, { spam: 'include' }, 10);
  const member = await world.person('member');
  for (const path of ['', '/health']) expect((await member.get(`/admin/s/${other.id}${path}`)).status).toBe(404);
  expect((await member.post(`/admin/s/${other.id}/test-lead`)).status).toBe(404);
  expect(services.store.leads.count(other.id, { spam: 'include' }, 10)).toBe(before);
});

test('today, spam, the chart with its table and the latest leads show what came in, escaped', async () => {
  const { id: siteId } = await services.store.sites.create({ name: 'Chart' });
  const empty = await owner.get(`/admin/s/${siteId}`);
  expect(empty.html).not.toContain('class="chart days"');
  const hostile = '<script>alert(1)</script>';
  const items = [
    newLead({ Name: hostile, Email: 'alice@example.com' }),
    newLead({ Name: 'Two' }, { source: 'mcp' }),
    newLead({ Name: 'Spam' }, { spamReason: 'links' }),
  ].map((lead) => ({ lead }));
  await services.store.leads.accept({ siteId, items, idempotency: null });
  const { html } = await owner.get(`/admin/s/${siteId}`);
  expect(html).not.toContain(hostile);
  expect(html).toContain('&lt;script>alert(1)');
  expect(html).toContain('<p class="figure">2<small> · 1 spam</small></p>');
  for (const name of ['Last 7 days', 'This month']) {
    expect(html).toContain(`<dt>${name}</dt><dd>2<span class="muted"> · 1 spam</span></dd>`);
  }
  expect(html).toContain('<dt>Yesterday</dt><dd>0</dd>');
  expect(html).toMatch(/role="img" aria-label="[^"]*2 in all, at most 2 a day/);
  expect(html).toContain('<td class="number">1</td><td class="number">1</td>');
  expect(html.match(/<rect class="bar(?: second)?"/g)?.length).toBeGreaterThanOrEqual(2);
  expect(html).toContain('REST API');
  expect(html).toContain('hx-trigger="every 5s"');
});

test('the days before are counted by the calendar: a week with today, a month from its first day', () => {
  const days = Array.from({ length: 31 }, (_, n) =>
    new Date(Date.UTC(2026, 10, 4 - 30 + n)).toISOString().slice(0, 10),
  );
  const daily = days.map((day) => ({
    day,
    formId: 'form_1',
    source: 'mcp' as const,
    submissions: 10,
    spam: 1,
    ignored: 0,
  }));
  expect(cameIn(daily, days)).toEqual({
    today: { submissions: 10, spam: 1 },
    yesterday: { submissions: 10, spam: 1 },
    week: { submissions: 70, spam: 7 },
    month: { submissions: 40, spam: 4 },
  });
});

test('the sidebar says where one is, also on pages that it does not name', async () => {
  const marked = async (path: string) =>
    [...(await owner.get(path)).html.matchAll(/<a href="([^"]+)" aria-current="page">/g)].map(([, href]) => href);
  expect(await marked(home)).toEqual([home]);
  expect(await marked(`${home}/privacy`)).toEqual([`${home}/settings`]);
  expect(await marked('/admin/audit')).toEqual(['/admin/system']);
});

test('what needs a person is on top, in plain words', async () => {
  const { id: siteId } = await services.store.sites.create({ name: 'Broken' });
  const problem = {
    code: 'not_shared',
    message: 'The spreadsheet is not shared with us.',
    technical: 'PERMISSION_DENIED',
  };
  await services.store.sheets.pause(siteId, problem, null);
  const page = await owner.get(`/admin/s/${siteId}`);
  expect(page.html).toContain('The sheet is paused. Leads are kept and wait.');
  expect(page.html).toContain(problem.message);
  expect(page.html).not.toContain('PERMISSION_DENIED');
  const id = await world.lead({ Name: 'x' }, 'Contact', siteId);
  await services.store.sheets.fail(siteId, id, 'too long');
  expect((await owner.get(`/admin/s/${siteId}`)).html).toContain('1 lead has no row.');
});

test('the axis ends at a round number that no bar passes', () => {
  for (let most = 0; most < 2_000; most++) {
    const top = niceTop(most);
    expect(top).toBeGreaterThanOrEqual(Math.max(most, 2));
    expect(top).toBeLessThanOrEqual(Math.max(2, most * 2));
  }
  expect([3, 11, 41, 99, 101].map(niceTop)).toEqual([4, 20, 50, 100, 200]);
});
