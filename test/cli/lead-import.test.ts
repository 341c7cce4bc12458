import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../support/temp.ts';
import { program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

function file(content: string, name = 'leads.csv'): string {
  const path = join(tempDir(), name);
  writeFileSync(path, content);
  return path;
}

async function withSite() {
  const made = program();
  await made.json(['site', 'create', '--name', 'Shop', '--timezone', 'Europe/Paris']);
  return made;
}

const CSV = 'Name;Sent;Mail\nAlice;03/04/2026 10:00;alice@example.com\nBob;soon;x\n';

test('a dry run says what would be, and stores nothing; then each row is a lead, with its time and form', async () => {
  const { run, json } = await withSite();
  const path = file(CSV);
  const columns = file('{"Sent":"submitted_at","Name":"field:Full name"}', 'columns.json');
  const how = [path, '--columns', columns, '--form', 'Fair', '--date-order', 'mdy'];
  const dry = await json(['lead', 'import', ...how, '--dry-run'], 5);
  expect(dry).toMatchObject({
    ...{ dry_run: true, format: 'csv', encoding: 'utf-8', separator: ';', header: true, timezone: 'Europe/Paris' },
    columns: [
      { name: 'Name', becomes: 'field:Full name' },
      { name: 'Sent', becomes: 'submitted_at' },
      { name: 'Mail', becomes: 'field:Email' },
    ],
    ...{ leads: 1, bad_rows: 1, problems: [{ row: 3, message: expect.stringContaining('Sent is no time') }] },
  });
  expect((await json(['lead', 'list'])).data).toEqual([]);

  const report = join(tempDir(), 'report.csv');
  const done = await json(['lead', 'import', ...how, '--report', report], 5);
  expect(done).toMatchObject({ status: 'done', file: 'leads.csv', leads: 1, bad_rows: 1 });
  expect(readFileSync(report, 'utf8')).toMatch(/^row,problem\r\n3,"Sent is no time/);
  const { data } = await json(['lead', 'list']);
  expect(data).toMatchObject([
    {
      ...{ source: 'import', form_name: 'Fair', submitted_at: '2026-03-04T09:00:00.000Z' },
      fields: { 'Full name': 'Alice', Email: 'alice@example.com' },
    },
  ]);

  const again = await run(['lead', 'import', path]);
  expect([again.exit, again.stderr]).toEqual([4, expect.stringContaining('With --again each of them is there twice.')]);
  await json(['lead', 'import', path, '--columns', columns, '--again'], 5);
  expect((await json(['lead', 'list'])).data).toHaveLength(2);
});

test('JSON lines come in without a problem: exit code 0', async () => {
  const { json } = await withSite();
  const path = file('{"Name":"Alice","tags":["a","b"]}\n{"Name":"Bob"}\n', 'leads.jsonl');
  expect(await json(['lead', 'import', path])).toMatchObject({ leads: 2, bad_rows: 0, problems: [] });
  const { data } = await json(['lead', 'list', '--oldest']);
  expect(data.map(({ fields }: any) => fields)).toEqual([{ Name: 'Alice', tags: ['a', 'b'] }, { Name: 'Bob' }]);
});

test.each([
  ['no such file', () => ['nowhere.csv'], 3, 'ENOENT'],
  ['an empty file', () => [file('')], 2, 'The file is empty.'],
  ['a file of blank lines', () => [file('\n\n ,\n')], 2, 'No row with something in it'],
  ['a zone that is none', () => [file(CSV), '--timezone', 'Mars'], 2, '--timezone must be'],
  ['an order that is none', () => [file(CSV), '--date-order', 'ymd'], 2, '--date-order must be one of dmy, mdy.'],
  ['a column that is not there', () => [file(CSV), '--columns', file('{"Nope":""}')], 2, 'There is no column "Nope".'],
  ['a target that is none', () => [file(CSV), '--columns', file('{"Name":"nope"}')], 2, 'What "Name" becomes must be'],
  ['columns that are no JSON', () => [file(CSV), '--columns', file('nope')], 2, '--columns must name a file'],
])('%s: told in a sentence', async (_, words, exit, text) => {
  const { run, json } = await withSite();
  const ran = await run(['lead', 'import', ...words()]);
  expect([ran.exit, ran.stderr]).toEqual([exit, expect.stringContaining(text)]);
  expect((await json(['lead', 'list'])).data).toEqual([]);
});
