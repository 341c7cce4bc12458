import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import type { LeadImport } from '../../src/store/imports.ts';
import { allLeads } from '../store/suite/accept.ts';
import { until } from '../support/server.ts';
import { siteWorld } from './site-world.ts';

const world = await siteWorld(ADMIN_ROUTES);
const admin = await world.person('admin');
const base = `/admin/s/${world.site.id}/sources/imports`;

const CSV = 'Name;E-Mail;Date;Note\r\nJürgen;alice@example.com;04/03/2026 10:00;=1+1\r\nBob;bob@example.com;soon;x\r\n';

/** Sends a file as a browser does. */
async function send(content: string | Uint8Array, options: { csrf?: string; name?: string; headers?: object } = {}) {
  const page = await admin.get(base);
  const csrf = options.csrf ?? /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
  const form = new FormData();
  form.append('csrf', csrf);
  form.append('file', new File([content as string], options.name ?? 'leads.csv', { type: 'text/csv' }));
  const body = new Response(form);
  const headers = { cookie: admin.cookie, 'content-type': body.headers.get('content-type') ?? '', ...options.headers };
  const bytes = await body.bytes();
  return world.fetch(
    new Request(`http://localhost${base}`, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(bytes.length) },
      body: bytes,
    }),
  );
}

async function sent(content: string | Uint8Array, name?: string): Promise<string> {
  const response = await send(content, name === undefined ? {} : { name });
  expect([response.status, await response.text()]).toEqual([303, '']);
  return response.headers.get('location') ?? '';
}

const jobAt = (path: string): LeadImport | null =>
  world.services.store.imports.get(world.site.id, path.split('/').at(-1) ?? '');
const folder = () => join(world.services.importsPath ?? '', world.site.id);
const done = (path: string) => until('the import ends', () => jobAt(path)?.status === 'done');
const form = (more: Record<string, string> = {}) => ({
  ...{
    form: 'Fair',
    timezone: 'Europe/Berlin',
    dateOrder: 'dmy',
    encoding: 'utf-8',
    separator: 'semicolon',
    header: 'yes',
  },
  ...more,
});

describe('imports by the pages', () => {
  test('a file is sent, looked at, checked and imported; its bad rows are named and can be downloaded', async () => {
    const path = await sent(CSV);
    const draft = await admin.get(path);
    expect(draft.status).toBe(200);
    expect(draft.html).toContain('Jürgen · Bob');
    expect(draft.html).toContain('value="Email"');
    expect(draft.html).toMatch(/<option value="submitted_at" selected/);
    expect(allLeads(world.services.store, world.site.id)).toEqual([]);

    const checked = await admin.post(path, form({ next: 'check', 'target-3': '' }));
    expect([checked.status, checked.location]).toEqual([303, path]);
    await until('the check ends', async () =>
      (await admin.get(path)).html.includes('1 row becomes a lead, 1 is wrong.'),
    );
    expect((await admin.get(path)).html).toContain('Date is no time that can be read.');
    expect(allLeads(world.services.store, world.site.id)).toEqual([]);

    expect((await admin.get(`${path}/report`)).html).toContain('3,"Date is no time');
    const started = await admin.post(path, form({ next: 'start', 'target-3': 'field', 'name-3': 'Message' }));
    expect([started.status, started.location]).toEqual([303, path]);
    await done(path);
    const [lead, ...others] = allLeads(world.services.store, world.site.id);
    expect(others).toEqual([]);
    expect(lead).toMatchObject({ formName: 'Fair', source: 'import', submittedAt: Date.UTC(2026, 2, 4, 9) });
    expect(lead?.body.fields).toEqual({ Name: 'Jürgen', Email: 'alice@example.com', Message: '=1+1' });
    const over = await admin.get(path);
    expect(over.html).toContain('Done: 1 lead stored.');
    expect(over.html).not.toContain('hx-get');
    const report = await admin.get(`${path}/report`);
    expect(report.headers.get('content-disposition')).toContain('attachment');
    expect(report.html).toBe(
      'row,problem\r\n3,"Date is no time that can be read. Write it as 2026-11-22T14:05:00Z or 2026-11-22 14:05."\r\n',
    );
    await until('the file is deleted', () => !existsSync(join(folder(), path.split('/').at(-1) ?? '')));
    const said = () =>
      world.services.store.audit.list({ limit: 20, siteId: world.site.id }).map(({ action }) => action);
    await until('its end is told', () => said().includes('import.ended'));
    expect(said()).toEqual(expect.arrayContaining(['import.uploaded', 'import.started']));
    expect((await admin.get(base)).html).toContain('leads.csv');
  });

  test('the same file again says so, and wants to be told twice', async () => {
    const before = allLeads(world.services.store, world.site.id).length;
    const path = await sent(CSV);
    expect((await admin.get(path)).html).toContain('This file was imported before');
    const refused = await admin.post(path, form({ next: 'start' }));
    expect([refused.status, refused.html.includes('Say so here, or discard the file.')]).toEqual([422, true]);
    expect(jobAt(path)?.status).toBe('draft');
    await admin.post(path, form({ next: 'start', twice: 'yes' }));
    await done(path);
    expect(allLeads(world.services.store, world.site.id)).toHaveLength(before + 1);
  });

  test('another separator or header makes other columns, which are looked at first; wrong input is kept', async () => {
    const path = await sent('a;b,c\nd;e,f\n');
    const changed = await admin.post(path, form({ separator: 'comma', header: 'no', next: 'start' }));
    expect([changed.status, changed.location]).toEqual([303, `${path}?notice=saved`]);
    expect(jobAt(path)).toMatchObject({ status: 'draft', settings: { separator: ',', header: false, form: 'Fair' } });
    expect(jobAt(path)?.settings.columns.map(({ name }) => name)).toEqual(['Column 1', 'Column 2']);
    const wrong = await admin.post(path, form({ timezone: 'Mars', separator: 'comma', header: 'no' }));
    expect([wrong.status, wrong.html.includes('value="Mars"')]).toEqual([422, true]);
    expect(wrong.html).toContain('Name a time zone');
    const removed = await admin.post(`${path}/remove`);
    expect([removed.status, removed.location]).toEqual([303, `${base}?notice=import_removed`]);
    expect(jobAt(path)).toBeNull();
    expect(existsSync(join(folder(), path.split('/').at(-1) ?? ''))).toBe(false);
  });

  test('it can be stopped and gone on with: each row once', async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) => `r-${i}\n`).join('');
    const path = await sent(`Ref\n${rows}`);
    await admin.post(path, form({ separator: 'comma', next: 'start' }));
    await until('some rows are taken', () => (jobAt(path)?.position ?? 0) > 100);
    const live = await admin.get(path);
    if (jobAt(path)?.status === 'running') expect(live.html).toContain('hx-get');
    await admin.post(`${path}/stop`);
    await until('it is stopped', () => jobAt(path)?.status !== 'running');
    if (jobAt(path)?.status === 'stopped') {
      expect((await admin.get(path)).html).toContain('Stopped after');
      expect((await admin.post(`${path}/go-on`)).status).toBe(303);
    }
    await done(path);
    const refs = allLeads(world.services.store, world.site.id).flatMap(({ body }) => body.fields.Ref ?? []);
    expect(refs).toHaveLength(3_000);
    expect(new Set(refs).size).toBe(3_000);
  });

  test('one whose server was killed says so, and can be gone on with or given up', async () => {
    const { store } = world.services;
    const path = await sent('Ref\nk-1\nk-2\n');
    const id = path.split('/').at(-1) ?? '';
    await store.imports.start(world.site.id, id, 'a server that is no more');
    expect((await admin.get(path)).html).toContain('Importing…');
    const other = await sent('Ref\nother\n');
    const busy = await admin.post(other, form({ separator: 'comma', next: 'start' }));
    expect([busy.status, busy.html.includes('Another import of this site is under way.')]).toEqual([422, true]);
    expect((await admin.post(`${path}/remove`)).status).toBe(409);
    // As if it had been silent for long.
    const db = new Database(world.path);
    db.run('UPDATE lead_import SET beat_at = 0 WHERE id = ?', [id]);
    db.close();
    const { html } = await admin.get(path);
    expect(html).toContain('Broken off after 0 leads: the server or the command ended.');
    expect(html).toContain('It goes on by itself in a moment');
    expect([html.includes(`${path}/stop"`), html.includes(`${path}/go-on"`)]).toEqual([true, false]);
    expect((await admin.post(`${path}/stop`)).status).toBe(303);
    expect((await admin.get(path)).html).toContain(`${path}/go-on"`);
    expect((await admin.post(`${path}/go-on`)).status).toBe(303);
    await done(path);
    expect(jobAt(path)).toMatchObject({ taken: 2 });
    expect((await admin.post(`${other}/remove`)).location).toBe(`${base}?notice=import_removed`);
  });

  test('a header of 10,000 columns and a cell of 10 MB: the page stays small, the lead is cut with a warning', async () => {
    const wide = Array.from({ length: 10_000 }, (_, i) => `c${i}`).join(',');
    const path = await sent(`${wide}\n1,2\n`);
    const page = await admin.get(path);
    expect(page.status).toBe(200);
    expect(page.html).toContain('more columns');
    expect(page.html.length).toBeLessThan(1_000_000);
    await admin.post(path, form({ separator: 'comma', next: 'start' }));
    await done(path);
    expect(allLeads(world.services.store, world.site.id).at(-1)?.body.fields).toEqual({ c0: '1', c1: '2' });

    const long = await sent(`Name,Text\nAlice,"${'long text\n'.repeat(1_048_576)}"\nBob,x\n`);
    await admin.post(long, form({ separator: 'comma', next: 'start' }));
    await done(long);
    const [alice, bob] = allLeads(world.services.store, world.site.id).slice(-2);
    expect(String(alice?.body.fields.Text)).toHaveLength(10_000);
    expect(alice?.body.warnings).toMatchObject([{ code: 'field_cut', field: 'Text' }]);
    expect(bob?.body.fields).toEqual({ Name: 'Bob', Text: 'x' });
  });

  test('what strangers wrote is shown as text', async () => {
    const path = await sent('"<script>alert(1)</script>",b\n"<img src=x>",c\n', '"><b>.csv');
    for (const { html } of [await admin.get(path), await admin.get(base)])
      expect(html).not.toMatch(/<script>alert|<img src=x|"><b>/);
  });

  test('forms that are none of ours leave nothing behind; so do empty ones and those of others', async () => {
    const before = readdirSync(folder());
    const jobs = world.services.store.imports.list(world.site.id, 1_000).length;
    expect((await send('a\n1\n', { csrf: 'f'.repeat(64) })).status).toBe(403);
    expect((await send('a\n1\n', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await send('')).status).toBe(422);
    expect((await send('\n\n  \n')).status).toBe(422);
    const response = await send('a\n1\n', { headers: { 'content-type': 'multipart/form-data; boundary=other' } });
    expect([400, 403]).toContain(response.status);
    expect(readdirSync(folder())).toEqual(before);
    expect(world.services.store.imports.list(world.site.id, 1_000)).toHaveLength(jobs);
    const member = await world.person('member');
    expect((await member.get(base)).status).toBe(403);
    const other = await world.services.store.sites.create({ name: 'Other' });
    const path = await sent('x\n1\n');
    const owner = await world.person('owner', []);
    expect((await owner.get(path.replace(world.site.id, other.id))).status).toBe(404);
  });
});
