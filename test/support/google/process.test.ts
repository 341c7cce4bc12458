import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { connectFakeGoogle, startFakeGoogle } from './client.ts';
import { Caller, requestToken } from './harness.ts';

const MAIN = join(import.meta.dir, 'main.ts');

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('\n')) break;
  }
  return text;
}

test('it ends with its standard input when tied, and on SIGTERM', async () => {
  const tied = Bun.spawn([process.execPath, MAIN, '--tied'], { stdin: 'pipe', stdout: 'pipe' });
  expect(JSON.parse(await firstLine(tied.stdout)).url).toStartWith('http://127.0.0.1:');
  tied.stdin.end();
  expect(await tied.exited).toBe(0);
  const google = await startFakeGoogle();
  await google.stop();
  await expect(fetch(google.url)).rejects.toThrow();
});

test('the demo has an account that can write at once', async () => {
  const demo = Bun.spawn([process.execPath, MAIN, '--demo', '--tied'], { stdin: 'pipe', stdout: 'pipe' });
  const { url, serviceAccount, spreadsheetId } = JSON.parse(await firstLine(demo.stdout));
  const google = connectFakeGoogle(url);
  const { body } = await requestToken(google, serviceAccount);
  expect((await new Caller(google, body.access_token).get(spreadsheetId, 'properties.title')).status).toBe(200);
  demo.kill();
  expect(await demo.exited).toBe(0);
});
