import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeGoogle } from './google/client.ts';

/*
 * `bun run demo`: the server against the stand-in for Google, so that anyone can watch the whole thing on one machine:
 * leads go in, and the spreadsheet is printed whenever it changes. Ends with Ctrl-C; leaves nothing behind.
 */

const MAIN = join(import.meta.dir, '../../src/main.ts');
const SAMPLES = [
  { Email: 'alice@example.com', 'Full name': 'Alice', Message: 'What does it cost?' },
  { Email: 'bob@example.com', 'Full name': 'Bob', Phone: '+44 20 7946 0000' },
  { Email: 'chloé@example.com', 'Full name': 'Chloé', Formula: '=1+1', Code: '007' },
];
const LOOK_EVERY_MS = 500;

const dir = mkdtempSync(join(tmpdir(), 'lts-demo-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
const google = await startFakeGoogle();
const account = await google.createServiceAccount();
const { spreadsheetId } = await google.createSpreadsheet({
  title: 'Leads',
  sharedWith: [{ email: account.client_email, role: 'writer' }],
});
const keyFile = join(dir, 'service-account.json');
writeFileSync(keyFile, JSON.stringify(account));
const port = process.env.LTS_PORT ?? '3000';
// Somebody sits at the consent page of the stand-in: whoever tries "Connect with Google" in the admin UI.
const client = await google.registerOAuthClient({
  redirectUris: [`http://localhost:${port}/admin/google/callback`],
});
await google.consent({ email: 'alice@example.com', ask: true });
const env = {
  ...process.env,
  ...google.env(),
  LTS_GOOGLE_CLIENT_ID: client.clientId,
  LTS_GOOGLE_CLIENT_SECRET: client.clientSecret,
  LTS_DATA_DIR: join(dir, 'data'),
};

async function command(...words: string[]): Promise<any> {
  const child = Bun.spawn([process.execPath, MAIN, ...words, '--json'], { env, stdout: 'pipe', stderr: 'inherit' });
  return JSON.parse(await new Response(child.stdout).text());
}

const site = await command('site', 'create', '--name', 'Demo');
const { key } = await command('key', 'create', '--name', 'Demo', '--scopes', 'submissions:write,submissions:read');
await command('sheet', 'connect', '--spreadsheet', spreadsheetId, '--service-account', keyFile);

const server = Bun.spawn([process.execPath, MAIN], { env, stdout: 'inherit', stderr: 'inherit' });
const url = `http://127.0.0.1:${port}/api/v1/submissions`;
const stop = async () => {
  server.kill('SIGTERM');
  await server.exited;
  await google.stop();
  process.exit(0);
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
void server.exited.then(stop);

async function send(fields: Record<string, string>): Promise<void> {
  const body = JSON.stringify({ fields });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body }).catch(() => {});
}

for (let tries = 0; tries < 100; tries++) {
  if (
    await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (answer) => answer.ok,
      () => false,
    )
  )
    break;
  await Bun.sleep(100);
}
console.log(`
The site "Demo" (${site.id}) writes to a spreadsheet of a stand-in for Google at ${google.url}.
Send it more leads from another terminal:

curl ${url} \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '{"fields":{"Email":"you@example.com","Full name":"You"}}'

The set-up link above leads into the admin UI, where a sheet can also be connected by a Google account: the stand-in
shows a page with "Allow" and "Cancel", as Google would.
`);
for (const fields of SAMPLES) await send(fields);

let shown = '';
for (;;) {
  const rows = await google.rows(spreadsheetId, 'API').catch(() => []);
  const filled = (rows[0] ?? [])
    .map((_, column) => column)
    .filter((column) => rows.some((row, i) => i > 0 && row[column]));
  const table = rows.map((row) => filled.map((column) => row[column] ?? ''));
  const text = JSON.stringify(table);
  if (text !== shown && table.length > 1) {
    console.log(`\nThe tab "API" of the spreadsheet, without its empty columns:`);
    console.table(table.slice(1).map((row) => Object.fromEntries(row.map((cell, i) => [table[0]?.[i] ?? i, cell]))));
    shown = text;
  }
  await Bun.sleep(LOOK_EVERY_MS);
}
