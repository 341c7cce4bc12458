import { describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { createIntake } from '../../src/intake/accept.ts';
import { checkImport, type RunOptions, runImport, runToEnd } from '../../src/intake/imports/run.ts';
import { AppError } from '../../src/lib/errors.ts';
import { createLog, silentLog } from '../../src/lib/log.ts';
import type { LeadImport } from '../../src/store/imports.ts';
import { allLeads } from '../store/suite/accept.ts';
import { TestClock } from '../support/clock.ts';
import { testStore } from '../support/store.ts';
import { examined } from './files.ts';

const DAY_MS = 86_400_000;

async function house() {
  const clock = new TestClock();
  const { store } = testStore({ clock });
  const { id: siteId } = await store.sites.create({ name: 'Shop' });
  const spam = { reasonFor: () => 'nobody is to ask: imports are not looked through' };
  const intake = createIntake({ store, clock, log: silentLog, spam, onStored: () => {} });
  const deps = { store, intake, clock, log: silentLog };
  let runs = 0;

  async function importOf(text: string) {
    const { path, settings } = await examined(text);
    const file = { fileName: 'leads.csv', fileHash: 'hash', fileSize: text.length, kept: true };
    return { path, job: await store.imports.create({ siteId, ...file, settings }) };
  }
  /** Starts it for a new runner, and runs it. */
  async function run({ id }: LeadImport, path: string, more: Partial<RunOptions> = {}) {
    const runner = `runner ${++runs}`;
    const job = await store.imports.start(siteId, id, runner);
    if (job === null || job === 'busy') throw new Error(`not started: ${job}`);
    return runImport(deps, job, { path, runner, pause: async () => {}, ...more });
  }
  const refs = () => allLeads(store, siteId).map(({ body }) => body.fields.Ref);
  const at = ({ id }: LeadImport) => store.imports.get(siteId, id);
  return { clock, store, siteId, deps, importOf, run, refs, at };
}

const rows = (n: number) => Array.from({ length: n }, (_, i) => `r-${i}\n`).join('');
const expected = (n: number) => Array.from({ length: n }, (_, i) => `r-${i}`);

describe('a run', () => {
  test('that breaks off anywhere is gone on with days later: each row once, in the order of the file', async () => {
    const { clock, store, siteId, importOf, run, refs, at } = await house();
    const { job, path } = await importOf(`Ref\n${rows(500)}`);
    for (const steps of [1, 3, 2]) {
      let left = steps;
      const pause = async () => {
        if (--left === 0) throw new Error('the power is cut');
      };
      await expect(run(job, path, { pause })).rejects.toThrow('the power is cut');
      await clock.advance(3 * DAY_MS);
      await store.prune(clock.now());
    }
    expect(refs().length).toBeGreaterThan(200);
    expect(refs().length).toBeLessThan(500);
    expect(await run(job, path)).toBe('done');
    expect(refs()).toEqual(expected(500));
    expect(at(job)).toMatchObject({ status: 'done', taken: 500, bad: 0, position: 501 });
    expect(
      allLeads(store, siteId).every(
        ({ source, spam, formName }) => source === 'import' && !spam && formName === 'Import',
      ),
    ).toBe(true);
  });

  test('that is stopped, or taken over, ends at its next step and takes nothing more', async () => {
    const { store, siteId, importOf, run, refs, at } = await house();
    const { job, path } = await importOf(`Ref\n${rows(500)}`);
    const stop = async () => void (await store.imports.stop(siteId, job.id));
    expect(await run(job, path, { pause: stop })).toBe('over');
    const before = refs().length;
    expect(at(job)?.status).toBe('stopped');
    let others: Promise<unknown> | null = null;
    const takeOver = async () => {
      others ??= run(job, path);
      await others;
    };
    expect(await run(job, path, { pause: takeOver })).toBe('over');
    expect(refs().length).toBeGreaterThan(before);
    expect(refs()).toEqual(expected(500));
    expect(at(job)?.status).toBe('done');
  });

  test('bad rows are told with their number, whoever finds them out, and stop nothing', async () => {
    const { clock, store, siteId, importOf, run, at } = await house();
    const text = 'Ref,Date\nr-1,2026-01-01\nr-2,1999-12-31\nr-3,soon\n,,\nr-4,2099-01-01\n"r-5,x\nr-6,\nr-7,a,b\n';
    const { job, path } = await importOf(text);
    const told = [
      { row: 3, message: 'submitted_at must not be before the year 2000.' },
      { row: 4, message: expect.stringContaining('Date is no time') },
      { row: 6, message: 'submitted_at must be at most 24 hours ahead.' },
      { row: 7, message: expect.stringContaining('never closed') },
      { row: 9, message: expect.stringContaining('more cells than the 2 columns') },
    ];
    const { settings } = job;
    const checked = await checkImport({ path, settings, clock, maxProblems: 100 });
    expect(checked).toEqual({ good: 2, bad: 5, problems: told });
    expect((await checkImport({ path, settings, clock, maxProblems: 2 })).problems).toHaveLength(2);
    expect(allLeads(store, siteId)).toEqual([]);
    expect(await run(job, path)).toBe('done');
    expect(at(job)).toMatchObject({ taken: 2, bad: 5 });
    expect(store.imports.problems(siteId, job.id, 100).toSorted((a, b) => a.row - b.row)).toEqual(told);
    const [first, second] = allLeads(store, siteId);
    expect([first?.submittedAt, second?.submittedAt]).toEqual([Date.UTC(2026, 0, 1), clock.now()]);
  });

  test('a file of bad rows, or of none, comes to its end too', async () => {
    const { importOf, run, at } = await house();
    const bad = await importOf(`Ref,Date\n${'x,soon\n'.repeat(130)}`);
    expect(await run(bad.job, bad.path)).toBe('done');
    expect(at(bad.job)).toMatchObject({ taken: 0, bad: 130 });
    const none = await importOf('Ref,Date\n\n,,\n');
    expect(await run(none.job, none.path)).toBe('done');
    expect(at(none.job)).toMatchObject({ status: 'done', taken: 0, bad: 0 });
  });

  test('whose file is gone, or that can’t store, says so and can be started again', async () => {
    const { store, siteId, deps, importOf, run, refs, at } = await house();
    const { job, path } = await importOf(`Ref\n${rows(10)}`);
    const started = await store.imports.start(siteId, job.id, 'one');
    if (started === null || started === 'busy') throw new Error('not started');
    const options = { path, runner: 'one', pause: async () => {} };
    const submitBatch = () => Promise.reject(new AppError('unavailable', 'The disk is full.'));
    await runToEnd({ ...deps, intake: { submitBatch } }, started, options);
    expect(at(job)).toMatchObject({ status: 'failed', problem: 'The disk is full.', taken: 0 });
    expect(await run(job, path)).toBe('done');
    expect(refs()).toEqual(expected(10));

    const other = await importOf(`Ref\n${rows(10)}`);
    rmSync(other.path);
    const lines: string[] = [];
    const log = createLog({ level: 'info', format: 'json', now: () => 0, write: (line) => lines.push(line) });
    const again = await store.imports.start(siteId, other.job.id, 'two');
    if (again === null || again === 'busy') throw new Error('not started');
    await runToEnd({ ...deps, log }, again, { ...options, path: other.path, runner: 'two' });
    expect(at(other.job)).toMatchObject({ status: 'failed', problem: expect.stringContaining('could not be read') });
    expect(lines.join('')).toContain('import.failed');
  });
});
