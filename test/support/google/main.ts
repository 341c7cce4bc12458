import { answerControl } from './control.ts';
import { startServer } from './server.ts';

/**
 * The process: `bun test/support/google/main.ts [--port 0] [--demo] [--tied]`. Prints one JSON line when it listens.
 * `--tied` ends it with its standard input, so that no test run leaves one behind. `--demo` makes a service account, an
 * OAuth client and a shared spreadsheet, and prints them too.
 */
function main(args: readonly string[]): void {
  const at = args.indexOf('--port');
  const server = startServer(at < 0 ? 0 : Number(args[at + 1] ?? 0));
  const control = (name: string, ...list: unknown[]): Record<string, unknown> => {
    const url = new URL(`/__fake/${name}`, server.url);
    return (answerControl(server.world, url, JSON.stringify(list)).body as { result: Record<string, unknown> }).result;
  };
  const ready: Record<string, unknown> = { url: server.url };
  if (args.includes('--demo')) {
    const key = control('createServiceAccount');
    ready.serviceAccount = key;
    ready.oauthClient = control('registerOAuthClient', { redirectUris: [] });
    const sharedWith = [{ email: key.client_email, role: 'writer' }];
    ready.spreadsheetId = control('createSpreadsheet', { title: 'Leads', sharedWith }).spreadsheetId;
  }
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const end = () => {
    server.stop();
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (args.includes('--tied')) {
    process.stdin.on('end', end);
    process.stdin.on('close', end);
    process.stdin.resume();
  }
}

main(process.argv.slice(2));
