import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileSettings } from '../../src/intake/files/desk.ts';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { tempDir } from '../support/temp.ts';

const MEBIBYTE = 1_048_576;
const JSON_ASKED = { accept: 'application/json' };
const PDF = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\nhello';

/** A server with its folder of files. */
interface Place {
  api: TestApp;
  folder: string;
  send(body: BodyInit, headers?: Record<string, string>): Promise<Response>;
  /** Sends it, and gives the lead it became. */
  lead(body: BodyInit, headers?: Record<string, string>): Promise<Lead>;
  leads(): number;
}

const root = tempDir();
let places = 0;

async function place(files: Partial<FileSettings> = {}): Promise<Place> {
  const folder = join(root, `files-${places++}`);
  const api = await testApp({ files: { path: folder, ...files } });
  const send: Place['send'] = (body, headers = {}) =>
    api.app.fetch(
      new Request(`http://localhost/f/${api.site.endpointId}`, {
        method: 'POST',
        headers: { ...JSON_ASKED, ...headers },
        body,
      }),
    );
  return {
    api,
    folder,
    send,
    async lead(body, headers) {
      const answer = await send(body, headers);
      expect(answer.status).toBe(200);
      const { id } = (await answer.json()) as { id: string };
      const lead = api.store.leads.get(api.site.id, id);
      if (!lead) throw new Error('the lead is not there');
      return lead;
    },
    leads: () => api.store.leads.count(api.site.id, { spam: 'include' }, 1_000),
  };
}

/** Every file below a folder, as paths from it. */
function tree(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(folder.length + 1));
}

/** A form with these fields, and files as `[field, content, name]`. */
function form(fields: Record<string, string>, ...files: [field: string, content: BlobPart, name: string][]): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  for (const [field, content, name] of files) data.append(field, new File([content], name));
  return data;
}

const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

let main: Place;
beforeAll(async () => {
  main = await place();
});
afterAll(() => main.api.close());

const latin = (text: string) => Buffer.from(text, 'latin1');

describe('a form with files', () => {
  test('becomes a lead that names them, with their bytes on disk for their owner alone, under another name', async () => {
    const lead = await main.lead(
      form(
        { Name: 'Alice' },
        ['CV', latin(PDF), 'My CV.pdf'],
        ['Photos', 'GIF89a…', 'a.gif'],
        ['Photos', 'x', 'b.txt'],
      ),
    );
    expect(lead.body.fields).toEqual({ Name: 'Alice' });
    expect(lead.body.warnings).toEqual([]);
    expect(lead.body.files).toMatchObject([
      { field: 'CV', name: 'My CV.pdf', size: PDF.length, content_type: 'application/pdf' },
      { field: 'Photos', name: 'a.gif', content_type: 'image/gif' },
      { field: 'Photos', name: 'b.txt', size: 1, content_type: 'text/plain' },
    ]);
    const kept = main.api.store.files.ofLead(main.api.site.id, lead.id);
    expect(tree(main.folder).sort()).toEqual(kept.map(({ path }) => path).sort());
    for (const { path, name } of kept) {
      expect(path).not.toContain(name);
      expect(statSync(join(main.folder, path)).mode & 0o777).toBe(0o600);
    }
    const [cv] = kept.filter(({ name }) => name === 'My CV.pdf');
    expect(readFileSync(join(main.folder, cv?.path ?? '')).equals(latin(PDF))).toBe(true);
    expect(lead.formName).toBe('Website');
    expect([...(main.api.store.forms.outline(main.api.site.id, lead.formId)?.fields ?? [])]).toContain('CV');
  });

  test('inputs left empty are no files, and a form of files alone is a lead', async () => {
    const empty = await main.lead(form({ Name: 'Alice' }, ['CV', '', ''], ['Letter', '', 'empty.txt']));
    expect(empty.body.files).toEqual([]);
    const alone = await main.lead(form({}, ['CV', 'text', 'cv.txt']));
    expect([alone.body.fields, alone.body.files.length]).toEqual([{}, 1]);
    const nothing = await main.send(form({}, ['CV', '', '']));
    expect([nothing.status, await codeOf(nothing)]).toEqual([422, 'validation_error']);
  });

  test('sent again with its key it is one lead with one set of files; with another file it is another request', async () => {
    const before = tree(main.folder).length;
    const key = { 'idempotency-key': 'again' };
    const once = await main.lead(form({ Name: 'Alice' }, ['CV', 'one', 'cv.txt']), key);
    const again = await main.lead(form({ Name: 'Alice' }, ['CV', 'one', 'cv.txt']), key);
    expect(again.id).toBe(once.id);
    const other = await main.send(form({ Name: 'Alice' }, ['CV', 'two', 'cv.txt']), key);
    expect([other.status, await codeOf(other)]).toEqual([409, 'idempotency_key_reused']);
    expect(tree(main.folder)).toHaveLength(before + 1);
  });

  test('what fails for its fields leaves no file', async () => {
    const before = [tree(main.folder), main.leads()];
    const fields = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, '1']));
    expect((await main.send(form(fields, ['CV', 'text', 'cv.txt']))).status).toBe(422);
    expect([tree(main.folder), main.leads()]).toEqual(before);
  });
});

describe('names', () => {
  const long = 'ä'.repeat(10_000);
  const names: [what: string, given: string, kept: string][] = [
    ['with folders', '../../etc/passwd', 'passwd'],
    ['with folders of Windows', 'C:\\Users\\alice\\cv.pdf', 'cv.pdf'],
    ['hidden', '.htaccess', 'htaccess'],
    ['nothing but dots', '..', 'file'],
    ['with control characters', 'c\x00v\x07.p\x1bdf', 'cv.pdf'],
    ['that turn the reading direction', 'cv\u202efdp.exe', 'cvfdp.exe'],
    ['with quotes and line ends', 'a"b\r\nc.txt', 'a"bc.txt'],
    ['in other scripts', 'résumé 履歴書.pdf', 'résumé 履歴書.pdf'],
    ['of 10,000 characters', `${long}.pdf`, `${'ä'.repeat(116)}.pdf`],
    ['with an ending of 10,000 characters', `cv.${long}`, `cv.${'ä'.repeat(117)}`],
  ];
  test.each(names)('%s', async (_, given, kept) => {
    const before = tree(main.folder).length;
    // As browsers write them.
    const escaped = given.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
    const body = `--b\r\nContent-Disposition: form-data; name="CV"; filename="${escaped}"\r\n\r\ntext\r\n--b--\r\n`;
    const lead = await main.lead(body, { 'content-type': 'multipart/form-data; boundary=b' });
    expect(lead.body.files.map(({ name }) => name)).toEqual([kept]);
    expect(tree(main.folder)).toHaveLength(before + 1);
    for (const path of tree(main.folder)) expect(path).toMatch(/^site_\w+\/file_\w+$/);
  });
});

describe('what is too much is refused, and stores nothing', () => {
  async function refused(body: BodyInit, status: number, code: string, at = main, headers = {}) {
    const before = [tree(at.folder), at.leads()];
    const answer = await at.send(body, headers);
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
    expect([tree(at.folder), at.leads()]).toEqual(before);
  }
  const big = (mebibytes: number) => new Uint8Array(mebibytes * MEBIBYTE + 1);

  test('a file over the limit, whether its size is said or not', async () => {
    await refused(form({ a: '1' }, ['CV', big(25), 'a']), 413, 'payload_too_large');
    const parts = new Response(form({ a: '1' }, ['CV', big(25), 'a']));
    await refused(await parts.clone().bytes(), 413, 'payload_too_large', main, {
      'content-type': parts.headers.get('content-type') ?? '',
    });
  });

  test('files over the limit together; up to it they are taken', async () => {
    const at = await place({ maxUpload: 2 * MEBIBYTE });
    const half = new Uint8Array(MEBIBYTE);
    await refused(form({ a: '1' }, ['A', half, 'a'], ['B', half, 'b'], ['C', 'x', 'c']), 413, 'payload_too_large', at);
    await refused(form({ a: '1' }, ['A', big(6), 'a']), 413, 'payload_too_large', at);
    expect((await at.lead(form({ a: '1' }, ['A', half, 'a'], ['B', half, 'b']))).body.files).toHaveLength(2);
    await at.api.close();
  });

  test('eleven files', async () => {
    const files = Array.from({ length: 11 }, (_, i): [string, string, string] => ['F', 'text', `${i}.txt`]);
    await refused(form({ a: '1' }, ...files), 413, 'payload_too_large');
    expect((await main.lead(form({ a: '1' }, ...files.slice(1)))).body.files).toHaveLength(10);
  });

  test('more than 1 MiB of text, in one field or in many', async () => {
    await refused(form({ a: 'x'.repeat(MEBIBYTE + 1) }), 413, 'payload_too_large');
    const fields = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 'x'.repeat(60_000)]));
    await refused(form(fields, ['CV', 'text', 'a']), 413, 'payload_too_large');
  });

  test('10,000 parts', async () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`f${i}`, '1']));
    await refused(form(fields, ['CV', 'text', 'a']), 422, 'validation_error');
  });

  const head = '--b\r\nContent-Disposition: form-data; name="CV"; filename="a.txt"\r\n\r\n';
  const broken: [what: string, type: string, body: string][] = [
    ['no boundary', 'multipart/form-data', `${head}text\r\n--b--\r\n`],
    ['another boundary', 'multipart/form-data; boundary=c', `${head}text\r\n--b--\r\n`],
    ['no end', 'multipart/form-data; boundary=b', `${head}text`],
    ['an end within a header', 'multipart/form-data; boundary=b', head.slice(0, 30)],
    ['an empty body', 'multipart/form-data; boundary=b', ''],
    ['a second part cut off', 'multipart/form-data; boundary=b', `${head}text\r\n${head}te`],
  ];
  test.each(broken)('broken parts: %s', async (_, type, body) => {
    await refused(body, 400, 'bad_request', main, { 'content-type': type });
  });
});

describe('no room', () => {
  const DROPPED = { code: 'file_dropped', field: 'CV' };

  test('beyond the quota leads are kept without their files, and say so', async () => {
    const at = await place({ quota: 1_000 });
    const first = await at.lead(form({ a: '1' }, ['CV', 'x'.repeat(600), 'a.txt']));
    expect(first.body.files).toHaveLength(1);
    const second = await at.lead(form({ a: '2' }, ['CV', 'x'.repeat(600), 'b.txt'], ['Note', 'y', 'c.txt']));
    expect(second.body.files).toMatchObject([{ field: 'Note', name: 'c.txt' }]);
    expect(second.body.warnings).toMatchObject([DROPPED]);
    const only = await at.lead(form({}, ['CV', 'x'.repeat(600), 'b.txt']));
    expect([only.body.fields, only.body.files, only.body.warnings.length]).toEqual([{}, [], 1]);
    expect(tree(at.folder)).toHaveLength(2);
    await at.api.store.leads.remove(at.api.site.id, [first.id], { rows: false });
    const { usage } = at.api.store.files;
    expect(usage().bytes).toBe(601);
    await at.api.close();
  });

  test('a quota that is used up half-way through a file drops it all', async () => {
    const at = await place({ quota: 5 * MEBIBYTE });
    const lead = await at.lead(form({ a: '1' }, ['CV', new Uint8Array(6 * MEBIBYTE), 'a']));
    expect(lead.body.warnings).toMatchObject([DROPPED]);
    expect(tree(at.folder)).toEqual([]);
    expect((await at.lead(form({ a: '1' }, ['CV', new Uint8Array(4 * MEBIBYTE), 'a']))).body.files).toHaveLength(1);
    await at.api.close();
  });

  test('a folder that can’t be written to costs the files, never the lead', async () => {
    const at = await place({ path: '/proc/no-such-place' });
    const lead = await at.lead(form({ a: '1' }, ['CV', 'text', 'a.txt']));
    expect([lead.body.fields, lead.body.warnings.length]).toEqual([{ a: '1' }, 1]);
    await at.api.close();
  });
});
