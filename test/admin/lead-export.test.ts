import { expect, setDefaultTimeout, test } from 'bun:test';
import { createAccounts } from '../../src/accounts/create.ts';
import { leadRoutes } from '../../src/http/admin/pages/leads.tsx';
import { adminRoutes } from '../../src/http/admin/routes.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLog, type LogData } from '../../src/lib/log.ts';
import { parseCsv } from '../../src/sheets/csv.ts';
import { runJson, startServer } from '../support/binary.ts';
import { missingClients } from '../support/clients.ts';
import { newLead } from '../support/leads.ts';
import { api, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';
import { readXlsx } from '../support/xlsx.ts';
import { HERE, siteWorld } from './site-world.ts';

setDefaultTimeout(120_000);
const missing = await missingClients();
const world = await siteWorld(leadRoutes);
const { services } = world;
const { store } = services;
const owner = await world.person('owner');
const FORMATS = ['csv', 'xlsx', 'jsonl'] as const;

async function siteWith(leads: readonly ReturnType<typeof newLead>[]) {
  const site = await store.sites.create({ name: 'Shop', timezone: 'Europe/Berlin' });
  for (let at = 0; at < leads.length; at += 500) {
    const items = leads.slice(at, at + 500).map((lead) => ({ lead }));
    await store.leads.accept({ siteId: site.id, items, idempotency: null });
  }
  return { site, base: `/admin/s/${site.id}/leads` };
}

/** The form of an export as a browser sends it; the session's token is taken from the page. */
async function sendForm(fetch: (request: Request) => Promise<Response>, url: string, path: string, cookie: string) {
  const page = await (await fetch(new Request(url + path, { headers: { cookie } }))).text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
  return (form: Record<string, string>, signal?: AbortSignal) => {
    const body = new URLSearchParams({ csrf, list: '', ...form }).toString();
    const headers = {
      cookie,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
    };
    return fetch(new Request(`${url}${path}/export`, { method: 'POST', headers, body, signal: signal ?? null }));
  };
}

test.skipIf(missing !== null)('a workbook has what the CSV has: its columns, its rows, its values', async () => {
  const evil = '=HYPERLINK("http://example.com")';
  const { site, base } = await siteWith([
    newLead({ Name: 'Alice', Budget: 5000, Agreed: true, Form: 'mine' }, { body: { timezone: 'Asia/Tokyo' } }),
    newLead({ Name: evil, Phone: '+49 30 1234' }, { form: 'Other', spamReason: null }),
    newLead({ Name: 'Eve' }, { spamReason: 'links' }),
  ]);
  const [newest] = store.leads.list(site.id, { filter: { spam: 'exclude' }, newestFirst: true, limit: 1, offset: 0 });
  const form = await sendForm(world.fetch, 'http://localhost', base, owner.cookie);
  const [head = [], ...rows] = parseCsv(await (await form({ format: 'csv' })).text());
  const answer = await form({ format: 'xlsx' });
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="leads-[\d-]+\.xlsx"$/);
  expect(answer.headers.get('content-type')).toStartWith('application/vnd.openxmlformats');
  const [sheet, ...more] = await readXlsx(await answer.bytes());
  expect(more).toEqual([]);
  const places = (row: number) => head.map((_, n) => sheet?.cells[place(n, row)]);
  expect(places(1).map((cell) => cell?.value)).toEqual(head);
  expect(rows).toHaveLength(2);
  const cell = (name: string, row: number) => sheet?.cells[place(head.indexOf(name), row)];
  expect(cell('Name', 2)).toMatchObject({ kind: 'string', value: evil });
  expect(cell('Phone', 2)).toMatchObject({ kind: 'string', value: '+49 30 1234' });
  expect(cell('Budget', 3)).toMatchObject({ kind: 'number', value: 5000 });
  expect(cell('Agreed', 3)).toMatchObject({ kind: 'boolean', value: true });
  expect(cell('Form (form)', 3)).toMatchObject({ value: 'mine' });
  expect(cell('Spam', 2)).toMatchObject({ kind: 'boolean', value: false });
  for (const name of ['Received at', 'Submitted at']) {
    // The visitor's zone is a column; the times of a table are all of one, in both files.
    const inFile = rows.map((row) => row[head.indexOf(name)]);
    const found = [cell(name, 2), cell(name, 3)];
    expect(found.map((each) => each?.kind)).toEqual(['date', 'date']);
    expect(found.map((each) => String(each?.value).slice(0, 19).replace('T', ' '))).toEqual(inFile.map(String));
    const wanted = new Intl.DateTimeFormat('sv', {
      dateStyle: 'short',
      timeStyle: 'medium',
      timeZone: 'Europe/Berlin',
    });
    expect(inFile[0]).toBe(wanted.format(newest?.createdAt));
  }
});

function place(column: number, row: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return `${column < 26 ? '' : String.fromCharCode(64 + Math.floor(column / 26))}${letter}${row}`;
}

test('every kind of export wants the password again once it is older than 15 minutes', async () => {
  const { base } = await siteWith([newLead({ Name: 'Alice' })]);
  const clock = { ...systemClock, now: () => systemClock.now() + 15 * 60_000 };
  const accounts = createAccounts({ store, vault: services.vault, clock });
  const later = adminRoutes(leadRoutes, { ...services, accounts });
  const person = await world.person('owner');
  const form = await sendForm(async (request) => later.fetch(request), 'http://localhost', base, person.cookie);
  const before = store.audit.list({ limit: 100 }).length;
  for (const format of FORMATS) {
    const asked = await form({ format });
    expect([format, asked.headers.get('content-type')]).toEqual([format, 'text/html; charset=utf-8']);
    const html = await asked.text();
    expect(html).toContain('This needs your password again');
    expect(html).not.toContain('Alice');
    // What was asked for is kept, so that it is done right after.
    expect(html).toContain(`name="format" value="${format}"`);
    const wrong = await form({ format, confirm_password: 'not the password' });
    expect([wrong.status, wrong.headers.get('content-disposition')]).toEqual([422, null]);
  }
  expect((await form({ act: 'chosen', ids: 'sub_x' })).headers.get('content-type')).toStartWith('text/html');
  expect(store.audit.list({ limit: 100 }).length - before).toBe(0);
  const done = await form({ format: 'jsonl', confirm_password: 'correct horse battery staple' });
  expect(await done.text()).toContain('Alice');
});

test('whoever goes away while an export is fetched ends the work, and a whole one says so', async () => {
  const random = () => crypto.getRandomValues(Buffer.alloc(6_000)).toString('hex');
  const total = 2_000;
  const { site, base } = await siteWith(Array.from({ length: total }, () => newLead({ Text: random() })));
  const told: LogData[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    now: () => 0,
    write: (line) => void told.push(JSON.parse(line)),
  });
  const app = adminRoutes(leadRoutes, { ...services, log });
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => app.fetch(request) });
  const form = await sendForm(fetch, `http://127.0.0.1:${server.port}`, base, owner.cookie);
  for (const format of FORMATS) {
    told.length = 0;
    const leaving = new AbortController();
    const answer = await form({ format }, leaving.signal);
    await answer.body?.getReader().read();
    leaving.abort();
    await until(`the export as ${format} ended`, () => told.length > 0);
    expect(told).toEqual([
      expect.objectContaining({ event: 'admin.export_ended', format, site: site.id, whole: false }),
    ]);
    expect(Number(told[0]?.leads)).toBeLessThan(total);
  }
  told.length = 0;
  const whole = await (await form({ format: 'jsonl' })).text();
  expect(whole.trimEnd().split('\n')).toHaveLength(total);
  expect(told).toEqual([expect.objectContaining({ leads: total, whole: true })]);
  expect(JSON.stringify(told)).not.toContain('Text');
  await server.stop(true);
});

test('a file ends where the session, the access or the role of whoever fetches it does', async () => {
  const random = () => crypto.getRandomValues(Buffer.alloc(6_000)).toString('hex');
  const { site, base } = await siteWith(Array.from({ length: 800 }, () => newLead({ Text: random() })));
  const { accounts } = services;
  const token = (cookie: string) => cookie.slice(cookie.indexOf('=') + 1);
  const ends: ((cookie: string, id: string) => Promise<unknown>)[] = [
    (cookie) => accounts.signOut(token(cookie), HERE),
    (_, id) => accounts.updateUser('cli', id, { role: 'viewer' }),
    (_, id) => accounts.updateUser('cli', id, { siteIds: [] }),
    (_, id) => accounts.updateUser('cli', id, { disabled: true }),
  ];
  for (const [n, format] of FORMATS.entries()) {
    // Every reason once, and every format.
    for (const end of n === 0 ? ends : ends.slice(0, 1)) {
      const { cookie } = await world.person('member', [site.id]);
      const id = accounts.visit(token(cookie), HERE)?.user.id ?? '';
      const form = await sendForm(world.fetch, 'http://localhost', base, cookie);
      const parts = (await form({ format })).body?.values();
      expect((await parts?.next())?.done).toBe(false);
      await end(cookie, id);
      expect(
        await Array.fromAsync(parts ?? []).then(
          () => 'whole',
          () => 'broken off',
        ),
      ).toBe('broken off');
    }
  }
});

test('whatever else there is to do gets its turn between two parts of an export', async () => {
  const { base } = await siteWith(Array.from({ length: 2_000 }, (_, n) => newLead({ Name: `Alice ${n}` })));
  const form = await sendForm(world.fetch, 'http://localhost', base, owner.cookie);
  for (const format of FORMATS) {
    const answer = await form({ format });
    let turns = 0;
    let over = false;
    const turn = () => {
      turns += 1;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    await answer.bytes();
    over = true;
    // 200 leads are read at once.
    expect([format, turns >= 10]).toEqual([format, true]);
  }
});

test.skipIf(missing !== null)('the compiled program makes a workbook that other programs open', async () => {
  const dir = tempDir();
  const server = await startServer({ dir });
  const sent = await api(server, '/submissions', {
    method: 'POST',
    body: JSON.stringify({ fields: { Name: '=1+1', Count: 7 }, form_name: 'Contact' }),
  });
  expect(sent.status).toBe(201);
  const link = new URL(((await runJson(['setup-link'], { dir })) as { url: string }).url).pathname;
  const body = new URLSearchParams({
    email: 'alice@example.com',
    name: 'Alice',
    password: 'correct horse battery staple',
  });
  const joined = await fetch(server.url + link, { method: 'POST', body, redirect: 'manual' });
  const cookie = joined.headers.get('set-cookie')?.split(';')[0] ?? '';
  const form = await sendForm(fetch, server.url, `/admin/s/${server.siteId}/leads`, cookie);
  const [sheet] = await readXlsx(await (await form({ format: 'xlsx' })).bytes());
  const values = Object.values(sheet?.cells ?? {});
  expect(values).toContainEqual({ kind: 'string', value: '=1+1', bold: false });
  expect(values).toContainEqual({ kind: 'number', value: 7, bold: false });
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});
