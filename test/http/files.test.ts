import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestApp, testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

const PDF = '%PDF-1.7\nhello';
const DAY_MS = 86_400_000;

/** Sends a file as a form does; gives the link that its lead has, and the file as it is stored. */
async function upload(api: TestApp, content: BlobPart, name: string) {
  const body = new FormData();
  body.append('CV', new File([content], name));
  const headers = { accept: 'application/json' };
  const url = `http://localhost/f/${api.site.endpointId}`;
  const answer = await api.app.fetch(new Request(url, { method: 'POST', headers, body }));
  const { id } = (await answer.json()) as { id: string };
  const [file] = api.store.files.ofLead(api.site.id, id);
  const link = api.store.leads.get(api.site.id, id)?.body.files[0]?.url;
  if (!file || !link) throw new Error('no file was kept');
  return { link, file, leadId: id };
}

const get = (api: TestApp, link: string, method = 'GET') =>
  api.app.fetch(new Request(`http://localhost${link}`, { method }));

const path = join(tempDir(), 'files');
let api: TestApp;
let link: string;
beforeAll(async () => {
  api = await testApp({ files: { path } });
  ({ link } = await upload(api, PDF, 'My CV.pdf'));
});
afterAll(() => api.close());

test('what has gone to Google Drive makes room for others', async () => {
  const small = await testApp({ files: { path: join(tempDir(), 'files'), quota: 10 } });
  const first = await upload(small, '12345678', 'a.txt');
  await expect(upload(small, '12345678', 'b.txt')).rejects.toThrow('no file was kept');
  const { store } = small;
  await store.drive.begin(first.file, { account: 'alice@example.com', driveId: 'D' });
  await store.drive.keep(first.file.id, { driveId: 'D', link: 'https://drive.google.com/file/d/D/view' });
  await store.drive.cleared([first.file.id]);
  expect((await upload(small, '12345678', 'c.txt')).file.isHere).toBe(true);
  await small.close();
});

describe('a link', () => {
  test('gives the file as it came, with headers that keep it in its place', async () => {
    const answer = await get(api, link);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(PDF);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(PDF.length),
      'content-disposition': `inline; filename="My CV.pdf"; filename*=UTF-8''My%20CV.pdf`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
      'x-robots-tag': 'noindex',
      'referrer-policy': 'no-referrer',
    });
  });

  test('of a file in Google Drive leads there, and nowhere for who has no right one, or once its lead is deleted', async () => {
    const { link, file, leadId } = await upload(api, 'text', 'cv.txt');
    const { store, site } = api;
    await store.drive.begin(file, { account: 'alice@example.com', driveId: 'D' });
    expect((await get(api, link)).status).toBe(200);
    const there = 'https://drive.google.com/file/d/D/view';
    await store.drive.keep(file.id, { driveId: 'D', link: there });
    const answer = await get(api, link);
    expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([302, there, '']);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    await store.drive.cleared([file.id]);
    expect((await get(api, link)).status).toBe(302);
    expect((await get(api, `${link}0`)).status).toBe(404);
    await store.leads.remove(site.id, [leadId], { rows: false });
    const gone = await get(api, link);
    expect([gone.status, gone.headers.get('location')]).toEqual([404, null]);
  });

  test('is answered to HEAD with the same headers and nothing else', async () => {
    const { port } = api.app.start();
    const ask = (method: string, path: string) => fetch(`http://127.0.0.1:${port}${path}`, { method });
    const named = (answer: Response) =>
      [...answer.headers].filter(([name]) => !['x-request-id', 'date'].includes(name)).map((each) => each.join(': '));
    for (const path of [link, link.replace('sig=', 'sig=0')]) {
      const [all, head] = [await ask('GET', path), await ask('HEAD', path)];
      expect(head.status).toBe(all.status);
      expect(await head.text()).toBe('');
      expect(named(head).sort()).toEqual(named(all).sort());
    }
  });

  test('opens nothing when a part of it is wrong, and says no more than that', async () => {
    const { pathname, searchParams } = new URL(link, 'http://localhost');
    const sig = searchParams.get('sig') ?? '';
    const other = await upload(api, 'text', 'b.txt');
    const wrong = [
      pathname,
      `${pathname}?sig=`,
      `${pathname}?sig=${sig.slice(0, -1)}`,
      `${pathname}?sig=${sig}0`,
      `${pathname}?sig=${sig.toUpperCase()}`,
      `${pathname}?until=99999999999&sig=${sig}`,
      `${pathname}?until=&sig=${sig}x`,
      `/files/${other.file.id}?sig=${sig}`,
      `/files/file_none?sig=${sig}`,
      `/files/..%2f..%2fsecret?sig=${sig}`,
      `/files/%FF?sig=${sig}`,
    ];
    const pages = new Set<string>();
    for (const path of wrong) {
      const answer = await get(api, path);
      expect([path, answer.status]).toEqual([path, 404]);
      pages.add(await answer.text());
      expect((await get(api, path, 'HEAD')).status).toBe(404);
    }
    expect(pages.size).toBe(1);
    expect([...pages][0]).toContain('There is no file behind this link');
    expect((await get(api, link, 'POST')).status).toBe(405);
  });

  test('with an end holds until then', async () => {
    const clock = new TestClock();
    const timed = await testApp({ clock });
    const { file } = await upload(timed, PDF, 'a.pdf');
    const { createFileLinks } = await import('../../src/intake/files/links.ts');
    const week = createFileLinks(timed.vault, null).to(file.id, clock.now() + 7 * DAY_MS);
    expect((await get(timed, week)).status).toBe(200);
    expect((await get(timed, week.replace(/until=\d+/, 'until=99999999999'))).status).toBe(404);
    expect((await get(timed, week.replace(/until=\d+&/, ''))).status).toBe(404);
    clock.advance(7 * DAY_MS + 1_000);
    expect((await get(timed, week)).status).toBe(404);
    await timed.close();
  });

  test('without one ends as it is set for all of them, from the lead on', async () => {
    const clock = new TestClock();
    const timed = await testApp({ clock, files: { linkLifetimeMs: 30 * DAY_MS } });
    const made = await upload(timed, PDF, 'a.pdf');
    clock.advance(29 * DAY_MS);
    expect((await get(timed, made.link)).status).toBe(200);
    clock.advance(DAY_MS + 1_000);
    expect((await get(timed, made.link)).status).toBe(404);
    await timed.close();
  });

  test('ends with its lead, at once; and where the bytes are gone', async () => {
    const first = await upload(api, PDF, 'a.pdf');
    await api.store.leads.remove(api.site.id, [first.leadId], { rows: false });
    expect((await get(api, first.link)).status).toBe(404);
    const second = await upload(api, PDF, 'a.pdf');
    rmSync(join(path, second.file.path));
    expect((await get(api, second.link)).status).toBe(404);
  });

  test('is made with another key than those of sessions and hooks', () => {
    const purposes = ['session', 'csrf', 'link', 'recovery', 'hook', 'file'] as const;
    expect(new Set(purposes.map((purpose) => api.vault.hashToken(purpose, 'x'))).size).toBe(purposes.length);
  });
});

describe('what a browser may show by itself', () => {
  const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const HTML = '<!doctype html><script>alert(1)</script>';
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const kinds: [name: string, content: BlobPart, type: string, how: 'inline' | 'attachment'][] = [
    ['a.png', bytes('\x89PNG\r\n\x1a\n'), 'image/png', 'inline'],
    ['a.jpg', bytes('\xff\xd8\xff\xe0'), 'image/jpeg', 'inline'],
    ['a.webp', bytes('RIFF\0\0\0\0WEBP'), 'image/webp', 'inline'],
    ['a.svg', SVG, 'application/octet-stream', 'attachment'],
    ['a.svg', `\ufeff \n${SVG}`, 'application/octet-stream', 'attachment'],
    ['a.html', HTML, 'application/octet-stream', 'attachment'],
    ['a.png', HTML, 'application/octet-stream', 'attachment'],
    ['a.html', `hello ${HTML}`, 'text/plain; charset=utf-8', 'attachment'],
    ['a.pdf', `x${PDF}`, 'text/plain; charset=utf-8', 'attachment'],
    ['a.csv', 'a,b\n=1+1,2', 'text/csv; charset=utf-8', 'attachment'],
    [
      'a.docx',
      bytes('PK\x03\x04....'),
      `application/vnd.openxmlformats-officedocument.wordprocessingml.document`,
      'attachment',
    ],
    ['a.constructor', bytes('PK\x03\x04....'), 'application/zip', 'attachment'],
    ['a.doc', bytes('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'application/msword', 'attachment'],
    ['a.txt', bytes('caf\xe9'), 'application/octet-stream', 'attachment'],
    ['a.exe', bytes('MZ\0\0'), 'application/octet-stream', 'attachment'],
  ];
  test.each(kinds)('%s as %p', async (name, content, type, how) => {
    const answer = await get(api, (await upload(api, content, name)).link);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-disposition')).toStartWith(`${how};`);
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'; sandbox");
  });
});

test('names of any script come through, with one of ASCII beside', async () => {
  const disposition = async (name: string) =>
    (await get(api, (await upload(api, PDF, name)).link)).headers.get('content-disposition');
  expect(await disposition("Résumé (履歴書)*'.pdf")).toBe(
    `inline; filename="Resume (___)*'.pdf"; filename*=UTF-8''R%C3%A9sum%C3%A9%20%28%E5%B1%A5%E6%AD%B4%E6%9B%B8%29%2A%27.pdf`,
  );
  expect(await disposition('50% "off"\\; x=y.pdf')).toBe(
    `inline; filename="; x=y.pdf"; filename*=UTF-8''%3B%20x%3Dy.pdf`,
  );
  expect(await disposition('a%b"c.pdf')).toBe(`inline; filename="a_b_c.pdf"; filename*=UTF-8''a%25b%22c.pdf`);
});
