import { expect, test } from 'bun:test';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createIntake } from '../../src/intake/accept.ts';
import { examine, readSurface } from '../../src/intake/imports/examine.ts';
import { importPath } from '../../src/intake/imports/folder.ts';
import { runImport } from '../../src/intake/imports/run.ts';
import { type ImportJobDeps, resumeImports } from '../../src/jobs/imports.ts';
import { silentLog } from '../../src/lib/log.ts';
import { IMPORT_SILENCE_MS } from '../../src/store/imports.ts';
import { allLeads } from '../store/suite/accept.ts';
import { TestClock } from '../support/clock.ts';
import { testStore } from '../support/store.ts';
import { tempDir } from '../support/temp.ts';

const ROWS = 400;
const REFS = Array.from({ length: ROWS }, (_, i) => `r-${i}`);

async function house() {
  const clock = new TestClock();
  const { store } = testStore({ clock });
  const { id: siteId } = await store.sites.create({ name: 'Shop' });
  const spam = { reasonFor: () => null };
  const intake = createIntake({ store, clock, log: silentLog, spam, onStored: () => {} });
  const importsPath = tempDir();
  const stopping = new AbortController();
  const deps: ImportJobDeps = { store, intake, clock, log: silentLog, importsPath, signal: stopping.signal };

  /** An import of the pages whose server is gone after so many steps. */
  async function brokenOff(steps: number) {
    const draft = `${importsPath}/draft.csv`;
    await Bun.write(draft, `Ref\n${REFS.join('\n')}\n`);
    const { hash, size, encoding } = await readSurface(draft);
    const { settings } = await examine(draft, encoding, { timezone: 'UTC' }, []);
    const file = { fileName: 'leads.csv', fileHash: hash, fileSize: size, kept: true };
    const { id } = await store.imports.create({ siteId, ...file, settings });
    const path = importPath(importsPath, siteId, id);
    mkdirSync(dirname(path), { recursive: true });
    await Bun.write(path, Bun.file(draft));
    const job = await store.imports.start(siteId, id, 'a server that is no more');
    if (job === null || job === 'busy') throw new Error('not started');
    let left = steps;
    const pause = async () => {
      if (--left <= 0) throw new Error('the power is cut');
    };
    const run = runImport(deps, job, { path, runner: 'a server that is no more', pause });
    await expect(run).rejects.toThrow('the power is cut');
    return { id, path };
  }
  /** The job, while the clock goes on. */
  async function resumed() {
    const work = resumeImports(deps);
    let over = false;
    void work.finally(() => {
      over = true;
    });
    while (!over) await clock.advanceAndSettle(10);
    await work;
  }
  const refs = () => allLeads(store, siteId).map(({ body }) => body.fields.Ref);
  return { clock, store, siteId, brokenOff, resumed, refs, stopping };
}

test('an import whose server was killed goes on by itself: each row once, the file gone at its end', async () => {
  const { clock, store, siteId, brokenOff, resumed, refs } = await house();
  const { id, path } = await brokenOff(3);
  // For all that is known it still runs.
  await resumed();
  expect(refs()).toHaveLength(150);
  await clock.advance(2 * IMPORT_SILENCE_MS);
  await resumed();
  expect(refs()).toEqual(REFS);
  expect(store.imports.get(siteId, id)).toMatchObject({ status: 'done', taken: ROWS, bad: 0 });
  expect(existsSync(path)).toBe(false);
  const told = store.audit.list({ limit: 2 });
  expect(told.map(({ action, actor, objectId }) => [action, actor.kind, objectId])).toEqual([
    ['import.ended', 'server', id],
    ['import.resumed', 'server', id],
  ]);
});

test('one that was stopped by hand waits for a person', async () => {
  const { clock, store, siteId, brokenOff, resumed, refs } = await house();
  const { id } = await brokenOff(2);
  await store.imports.stop(siteId, id);
  await clock.advance(10 * IMPORT_SILENCE_MS);
  await resumed();
  expect(refs()).toHaveLength(100);
  expect(store.imports.get(siteId, id)?.status).toBe('stopped');
});

test('a server that stops leaves it to the next one; a file that is gone is said', async () => {
  const { clock, store, siteId, brokenOff, resumed, refs, stopping } = await house();
  const { id, path } = await brokenOff(2);
  stopping.abort();
  await clock.advance(2 * IMPORT_SILENCE_MS);
  await resumed();
  expect(refs()).toHaveLength(100);
  expect(store.imports.get(siteId, id)?.status).toBe('running');
  expect(existsSync(path)).toBe(true);
  // However often: that is not for a row of its file.
  await clock.advance(2 * IMPORT_SILENCE_MS);
  await resumed();
  expect(store.imports.get(siteId, id)).toMatchObject({ status: 'running', problem: null });

  const next = await house();
  const other = await next.brokenOff(2);
  await Bun.file(other.path).delete();
  await next.clock.advance(2 * IMPORT_SILENCE_MS);
  await next.resumed();
  expect(next.store.imports.get(next.siteId, other.id)).toMatchObject({ status: 'failed', taken: 100 });
});
