import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { urlencoded } from '../../src/http/forms/body.ts';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { tempDir } from '../support/temp.ts';
import { makeHook } from './hook-world.ts';

const folder = join(tempDir(), 'files');
let api: TestApp;
beforeAll(async () => {
  api = await testApp({ files: { path: folder } });
});
afterAll(() => api.close());

/** A part of a form; what it says and holds is Latin-1 unless given as bytes. */
interface Part {
  name: string | Buffer;
  value: string | Buffer;
  fileName?: string | Buffer;
  type?: string;
  /** Written as it is behind the name. */
  more?: string;
}

const bytes = (text: string | Buffer) => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text);

function multipart(...parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.flatMap(({ name, value, fileName, type, more = '' }) => [
    '--b\r\nContent-Disposition: form-data; name="',
    name,
    '"',
    ...(fileName === undefined ? [] : ['; filename="', fileName, '"']),
    more,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    value,
    '\r\n',
  ]);
  return new Uint8Array(Buffer.concat([...pieces, '--b--\r\n'].map(bytes)));
}

const MULTIPART = 'multipart/form-data; boundary=b';
const URLENCODED = 'application/x-www-form-urlencoded';

const send = (body: BodyInit, type = MULTIPART, to = `/f/${api.site.endpointId}`) =>
  api.app.fetch(
    new Request(`http://localhost${to}`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': type },
      body,
    }),
  );

async function lead(body: BodyInit, type = MULTIPART): Promise<Lead> {
  const answer = await send(body, type);
  expect(answer.status).toBe(200);
  const { id } = (await answer.json()) as { id: string };
  const found = api.store.leads.get(api.site.id, id);
  if (!found) throw new Error('the lead is not there');
  return found;
}

const leads = () => api.store.leads.count(api.site.id, { spam: 'include' }, 1_000);
const files = () =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
    : [];

const NAME: Part = { name: 'Name', value: 'J\xfcrgen' };
const CV: Part = { name: 'CV', fileName: 'cv.txt', value: 'text' };
const charset = (value: string): Part => ({ name: '_charset_', value });
const utf8 = (text: string) => Buffer.from(text);
/** 日本 in Shift_JIS and in ISO-2022-JP, which has no byte beyond ASCII. */
const SHIFT_JIS = Buffer.from([0x93, 0xfa, 0x96, 0x7b]);
const ISO_2022 = Buffer.from([0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42]);

describe('letters are read in the character set that a form names', () => {
  const named: [what: string, parts: Part[], fields: Record<string, string>][] = [
    ['UTF-8 where it names none', [{ name: utf8('Größe'), value: utf8('日本 \ufffd') }], { Größe: '日本 \ufffd' }],
    ['its field comes first', [charset('windows-1252'), NAME], { Name: 'Jürgen' }],
    ['its field comes last', [{ name: 'Gr\xf6\xdfe', value: '5 \x80' }, charset('ISO-8859-1')], { Größe: '5 €' }],
    ['another script', [{ name: 'Name', value: SHIFT_JIS }, charset('Shift_JIS')], { Name: '日本' }],
    ['nothing but ASCII bytes', [{ name: 'Name', value: ISO_2022 }, charset('iso-2022-jp')], { Name: '日本' }],
    ['the type of a part', [{ ...NAME, type: 'text/plain; charset="ISO-8859-1"' }], { Name: 'Jürgen' }],
    [
      'the type of a part comes before the field',
      [charset('Shift_JIS'), { ...NAME, type: 'text/plain; charset=latin1' }],
      { Name: 'Jürgen' },
    ],
    [
      'a field that nobody filled in says nothing',
      [charset(''), { ...NAME, value: utf8('Jürgen') }],
      { Name: 'Jürgen' },
    ],
    ['letters that were escaped', [{ name: 'a \\"b\\" %22c%22', value: '1' }], { 'a "b" "c"': '1' }],
  ];
  test.each(named)('%s', async (_, parts, fields) => {
    expect((await lead(multipart(...parts))).body.fields).toEqual(fields);
  });

  test('urlencoded forms too', async () => {
    const body = '_charset_=windows-1252&Gr%F6%DFe=5+%80+100%';
    expect((await lead(body, URLENCODED)).body.fields).toEqual({ Größe: '5 € 100%' });
    expect((await lead('Name=J%C3%BCrgen+%&_charset_=utf-8', URLENCODED)).body.fields).toEqual({ Name: 'Jürgen %' });
  });

  const names: [what: string, parts: Part[], kept: string][] = [
    ['UTF-8', [{ ...CV, fileName: utf8('Größe.txt') }], 'Größe.txt'],
    ['the field that comes before it', [charset('windows-1252'), { ...CV, fileName: 'Gr\xf6\xdfe.txt' }], 'Größe.txt'],
    ['the field that comes after it, where that says the same', [CV, charset('windows-1252')], 'cv.txt'],
    ['a name that says its own', [{ ...CV, more: "; filename*=ISO-8859-1'de'Gr%F6%DFe.txt" }], 'Größe.txt'],
    ['no name but one that says its own', [{ name: 'CV', value: 'text', more: "; filename*=''%C3%BC" }], 'ü'],
  ];
  test.each(names)('the name of a file: %s', async (_, parts, kept) => {
    expect((await lead(multipart(...parts))).body.files.map(({ name }) => name)).toEqual([kept]);
  });
});

describe('a letter that is none is refused, never replaced; nothing is stored', () => {
  const LATE = 'before the files';
  const refused: [what: string, parts: Part[], words: string][] = [
    ['a value', [CV, NAME], 'accept-charset="utf-8"'],
    ['a name', [CV, { name: 'Gr\xf6\xdfe', value: '5' }], 'accept-charset="utf-8"'],
    ['the name of a file', [{ ...CV, fileName: 'Gr\xf6\xdfe.txt' }], 'accept-charset="utf-8"'],
    ['the field of a file', [{ ...CV, name: 'Gr\xf6\xdfe' }], 'accept-charset="utf-8"'],
    [
      'a name of a file that is another in the set named after it',
      [{ ...CV, fileName: utf8('ü') }, charset('latin1')],
      LATE,
    ],
    ['a set that nobody knows', [CV, NAME, charset('x-none')], 'not known here'],
    ['a set of a part that nobody knows', [{ ...NAME, type: 'text/plain; charset=utf-7' }], 'not known here'],
    ['not in the set it names', [charset('shift_jis'), NAME], 'shift_jis'],
    ['not in the set of its part', [charset('latin1'), { ...NAME, type: 'text/plain; charset=utf-8' }], 'UTF-8'],
  ];
  test.each(refused)('%s', async (_, parts, words) => {
    const before = [leads(), files().length];
    const answer = await send(multipart(...parts));
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect([answer.status, error.code]).toEqual([400, 'bad_request']);
    expect(error.message).toContain(words);
    expect([leads(), files().length]).toEqual(before);
  });

  test('an urlencoded form in a set that nobody knows', async () => {
    expect((await send('_charset_=x-none&a=1', URLENCODED)).status).toBe(400);
  });

  test('a form that another service sends', async () => {
    const { token } = await makeHook(api);
    const before = leads();
    expect((await send(multipart(NAME, CV), MULTIPART, `/hooks/${token}`)).status).toBe(400);
    expect(leads()).toBe(before);
    expect((await send(multipart(NAME, charset('latin1'), CV), MULTIPART, `/hooks/${token}`)).status).toBe(202);
    expect(leads()).toBe(before + 1);
    const many = Array.from({ length: 1_500 }, (_, i): Part => ({ name: `f${i}`, value: '1' }));
    expect((await send(multipart(...many), MULTIPART, `/hooks/${token}`)).status).toBe(202);
  });
});

test('a form comes in whatever pieces it is sent', async () => {
  const whole = multipart(charset('latin1'), NAME, { ...CV, value: 'x'.repeat(70_000) }, { name: 'Note', value: '' });
  // What comes after the end of a form is nothing of it.
  const sent = Buffer.concat([whole, bytes('\r\nafter it')]);
  for (const size of [1, 7, 1_000, 40_000, sent.length]) {
    let at = 0;
    const pieces = new ReadableStream<Uint8Array>({
      pull(stream) {
        stream.enqueue(sent.subarray(at, at + size));
        at += size;
        if (at >= sent.length) stream.close();
      },
    });
    const { body } = await lead(pieces);
    expect(body.fields).toEqual({ Name: 'Jürgen', Note: '' });
    expect(body.files.map((file) => file.size)).toEqual([70_000]);
  }
});

test('urlencoded names and values end where the standard ends them', () => {
  const pieces = ['', 'a', '=', '&', '%41', '+', '%3D'];
  let texts = [''];
  for (let i = 0; i < 4; i++) texts = texts.flatMap((text) => pieces.map((piece) => text + piece));
  for (const text of new Set(texts)) expect([text, urlencoded(text)]).toEqual([text, [...new URLSearchParams(text)]]);
});
