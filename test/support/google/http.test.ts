import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakeGoogle, startFakeGoogle } from './client.ts';
import { append, type Caller, signIn } from './harness.ts';

let google: FakeGoogle;
let caller: Caller;
let email: string;

beforeAll(async () => {
  google = await startFakeGoogle();
  await google.quota('off');
  const signed = await signIn(google);
  caller = signed.caller;
  email = signed.key.client_email;
});
afterAll(() => google.stop());

test('a body may come in chunks', async () => {
  const { spreadsheetId } = await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }] });
  const text = JSON.stringify({ requests: [append(0, ['x'.repeat(40_000)], ['é'])] });
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 7001) controller.enqueue(bytes.slice(at, at + 7001));
      controller.close();
    },
  });
  const response = await fetch(`${google.url}/v4/spreadsheets/${spreadsheetId}:batchUpdate?fields=replies`, {
    method: 'POST',
    headers: { authorization: `Bearer ${caller.token}` },
    body,
  });
  expect(response.status).toBe(200);
  expect((await google.rows(spreadsheetId))[1]).toEqual(['é']);
});

test('two requests on one connection are answered in order', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let seen = '';
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(new URL(google.url).port),
    socket: {
      data(_, bytes) {
        seen += new TextDecoder().decode(bytes);
        if (seen.split('HTTP/1.1').length === 3 && seen.endsWith('}')) resolve(seen);
      },
    },
  });
  const request = (name: string) => `POST /__fake/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n[]`;
  socket.write(request('nope') + request('counts'));
  const text = await promise;
  socket.end();
  expect(text.indexOf('404')).toBeLessThan(text.indexOf('"total"'));
});

test('a big answer arrives whole', async () => {
  const rows = Array.from({ length: 20_000 }, (_, n) => [`row ${n}`, 'y'.repeat(200)]);
  const sheets = [{ title: 'T', rowCount: 20_000, columnCount: 2, rows }];
  const { spreadsheetId } = await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }], sheets });
  const { body } = await caller.call('GET', `/v4/spreadsheets/${spreadsheetId}/values/T!A1:B20000?fields=values`);
  expect(body.values).toEqual(rows);
});
