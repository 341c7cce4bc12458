import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Other people's clients, with dependencies of their own: see its package.json. Scripts in it run as processes. */
export const CLIENTS = join(import.meta.dir, '../clients');

let installed: Promise<string | null> | null = null;

/**
 * Installs other people's clients, once, where they are not installed yet. Null when they are there, else why not:
 * tests that need them are skipped then, visibly. With CI=true that is an error.
 */
export function missingClients(): Promise<string | null> {
  installed ??= install();
  return installed;
}

async function install(): Promise<string | null> {
  if (existsSync(join(CLIENTS, 'node_modules/.done'))) return null;
  const child = Bun.spawn([process.execPath, 'install', '--frozen-lockfile'], {
    cwd: CLIENTS,
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const [said, exit] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (exit === 0) {
    await Bun.write(join(CLIENTS, 'node_modules/.done'), '');
    return null;
  }
  const reason = `test/clients could not be installed: ${said.trim().split('\n').at(-1) ?? ''}`;
  if (process.env.CI === 'true') throw new Error(reason);
  console.error(reason);
  return reason;
}
