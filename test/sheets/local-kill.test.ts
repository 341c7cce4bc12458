import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { localHarness } from './local-harness.ts';
import { flushAll, idsOf } from './target.suite.ts';

/** Lines the child may say before it is killed: it dies at another place each time. */
const LIVES = [1, 3, 8, 20, 33, 34];

test('a server killed with -9 again and again: every lead it took stands there exactly once', async () => {
  const h = await localHarness();
  try {
    for (const lines of LIVES) await runAndKill(h.root, h.site.id, lines);
    await h.restart();
    await flushAll(h);
    const { pending, synced } = h.store.sheets.counts(h.site.id);
    expect(pending).toBe(0);
    expect(synced).toBeGreaterThan(100);
    let rows = 0;
    for (const form of h.store.forms.list(h.site.id)) {
      const ids = idsOf(await h.readTab(form.name));
      expect(ids).toEqual(h.store.sheets.syncedIds(h.site.id, form.id, 10_000, null));
      rows += ids.length;
    }
    expect(rows).toBe(synced);
    expect(h.events.map(({ event }) => event)).toEqual([]);
    expect(h.files()).toEqual(['Form 0.csv', 'Form 1.csv']);
  } finally {
    await h.close();
  }
}, 60_000);

/** Starts a server on the folder and kills it after it said so many lines. */
async function runAndKill(dir: string, siteId: string, lines: number): Promise<void> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'local-kill.child.ts'), dir, siteId], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let seen = 0;
  for await (const chunk of child.stdout) {
    for (const byte of chunk) if (byte === 10) seen += 1;
    if (seen >= lines) break;
  }
  expect(seen).toBeGreaterThanOrEqual(lines);
  child.kill('SIGKILL');
  await child.exited;
}
