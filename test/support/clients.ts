import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Other people's clients, with dependencies of their own: see its package.json. Scripts in it run as processes. */
export const CLIENTS = join(import.meta.dir, '../clients');

const MARK = join(CLIENTS, 'node_modules/.installed');
const pins = () => readFileSync(join(CLIENTS, 'bun.lock'), 'utf8');

/**
 * Null when other people's clients are installed as pinned, else what to do: tests that need them are skipped then,
 * visibly. With CI=true that is an error. It installs nothing itself: a test process that has once looked for a
 * package in vain does not find it later.
 */
export async function missingClients(): Promise<string | null> {
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === pins()) return null;
  const reason =
    'other people’s clients are not installed: `bun run test` does that, or bun test/support/install-clients.ts';
  if (process.env.CI === 'true') throw new Error(reason);
  console.error(reason);
  return reason;
}

/** Installs them where they are not there as pinned. @returns why that failed, or null */
export async function installClients(): Promise<string | null> {
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === pins()) return null;
  const child = Bun.spawn([process.execPath, 'install', '--frozen-lockfile'], {
    cwd: CLIENTS,
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const [said, exit] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (exit !== 0) return `test/clients could not be installed: ${said.trim().split('\n').at(-1) ?? ''}`;
  await Bun.write(MARK, pins());
  return null;
}
