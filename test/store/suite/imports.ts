import { describe, expect, test } from 'bun:test';
import {
  IMPORT_SILENCE_MS,
  type ImportSettings,
  type ImportStep,
  type LeadImport,
} from '../../../src/store/imports.ts';
import type { AcceptItem, Store } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { allLeads } from './accept.ts';

const SETTINGS: ImportSettings = {
  ...{ format: 'csv', encoding: 'utf-8', separator: ',', header: true, columns: [{ name: 'a', target: 'field:a' }] },
  ...{ form: null, timezone: 'UTC', dateOrder: 'dmy' },
};

const newImport = (store: Store, siteId: string, fileHash = 'hash') =>
  store.imports.create({ siteId, fileName: 'l.csv', fileHash, fileSize: 9, kept: true, settings: SETTINGS });

const stepOf = (
  { id: importId }: LeadImport,
  from: number,
  to: number,
  more: Partial<ImportStep> = {},
): ImportStep => ({
  ...{ importId, runner: 'one', from, to, bytes: to * 10, rows: [to], problems: [], last: false },
  ...more,
});

const item = (a: string): AcceptItem => ({ lead: newLead({ a }, { source: 'import' }) });
const refused: AcceptItem = {
  refused: { code: 'validation_error', message: 'no', details: [{ path: '/fields/A b', message: 'is wrong.' }] },
};

export function describeImports(world: MakeWorld): void {
  describe('imports', () => {
    test('a step and its leads are kept together; one that was made is not made again', async () => {
      const { store, siteId, again } = await world();
      const made = await newImport(store, siteId);
      expect(made).toMatchObject({ status: 'draft', position: 0, settings: SETTINGS, kept: true, startedAt: null });
      const take = (step: ImportStep, ...items: AcceptItem[]) =>
        store.leads.accept({ siteId, items, idempotency: null, step });

      // Nobody runs it yet.
      expect(await take(stepOf(made, 0, 1), item('x'))).toEqual({ kind: 'import_over' });
      expect(await store.imports.start(siteId, made.id, 'one')).toMatchObject({ status: 'running' });
      const first = stepOf(made, 0, 3, { rows: [2, 3], problems: [{ row: 1, message: 'has no time.' }] });
      expect((await take(first, item('x'), refused)).kind).toBe('accepted');
      expect(await take(first, item('x'), refused)).toEqual({ kind: 'import_over' });
      expect(await take(stepOf(made, 2, 4), item('y'))).toEqual({ kind: 'import_over' });
      expect(await take(stepOf(made, 3, 4, { runner: 'two' }), item('y'))).toEqual({ kind: 'import_over' });
      expect(allLeads(store, siteId).map(({ body }) => body.fields)).toEqual([{ a: 'x' }]);
      expect(store.imports.get(siteId, made.id)).toMatchObject({ position: 3, bytes: 30, taken: 1, bad: 2 });
      expect(store.imports.problems(siteId, made.id, 10)).toEqual([
        { row: 1, message: 'has no time.' },
        { row: 3, message: 'A b is wrong.' },
      ]);

      // Another process goes on in its place: the first may do nothing any more.
      const other = await again();
      expect(await other.imports.start(siteId, made.id, 'two')).toMatchObject({ position: 3 });
      expect(await store.imports.advance(siteId, stepOf(made, 3, 4))).toBe(false);
      expect(await store.imports.beat(siteId, made.id, 'one')).toBe(false);
      const last = stepOf(made, 3, 5, { runner: 'two', last: true, rows: [] });
      expect(await other.imports.advance(siteId, last)).toBe(true);
      expect(other.imports.get(siteId, made.id)).toMatchObject({ status: 'done', position: 5, taken: 1, bad: 2 });
      expect(await other.imports.start(siteId, made.id, 'one')).toBeNull();
      await other.close();
    });

    test('one at a time for each site, unless the other has been silent for long; another site is not in the way', async () => {
      const { store, siteId, clock } = await world();
      const [one, two] = [await newImport(store, siteId), await newImport(store, siteId)];
      await store.imports.start(siteId, one.id, 'one');
      expect(await store.imports.start(siteId, two.id, 'two')).toBe('busy');
      const other = await store.sites.create({ name: 'Other' });
      const theirs = await newImport(store, other.id);
      expect(await store.imports.start(other.id, theirs.id, 'three')).toMatchObject({ status: 'running' });
      expect(await store.imports.remove(siteId, one.id)).toBe(false);
      await clock.advance(IMPORT_SILENCE_MS - 5_000);
      expect(await store.imports.beat(siteId, one.id, 'one')).toBe(true);
      await clock.advance(IMPORT_SILENCE_MS - 5_000);
      expect(await store.imports.start(siteId, two.id, 'two')).toBe('busy');
      await clock.advance(10_000);
      expect(await store.imports.start(siteId, two.id, 'two')).toMatchObject({ status: 'running' });
    });

    test('one whose runner is gone is taken over, by one of those who would; one that gets no further has failed', async () => {
      const { store, siteId, clock } = await world();
      const made = await newImport(store, siteId);
      const brokenOff = () => store.imports.brokenOff(clock.now()).map(({ id }) => id);
      const over = (name: string) => store.imports.takeOver(siteId, made.id, name);
      expect(await over('a')).toBeNull();
      await store.imports.start(siteId, made.id, 'one');
      await store.imports.advance(siteId, stepOf(made, 0, 1));
      expect([brokenOff(), await over('a')]).toEqual([[], null]);
      await clock.advance(2 * IMPORT_SILENCE_MS);
      expect(brokenOff()).toEqual([made.id]);
      const [first, second] = [await over('a'), await over('b')];
      expect(second).toBeNull();
      expect(first?.job).toMatchObject({ id: made.id, position: 1, status: 'running' });
      expect(await store.imports.advance(siteId, stepOf(made, 1, 2))).toBe(false);
      expect(brokenOff()).toEqual([]);
      // It got further: it may break off again.
      const step = stepOf(made, 1, 2, { runner: first?.runner ?? '' });
      expect(await store.imports.advance(siteId, step)).toBe(true);
      await clock.advance(2 * IMPORT_SILENCE_MS);
      expect(await over('c')).not.toBeNull();
      await clock.advance(2 * IMPORT_SILENCE_MS);
      expect(await over('d')).toBeNull();
      expect(store.imports.get(siteId, made.id)).toMatchObject({ status: 'failed', position: 2 });
      expect(store.imports.get(siteId, made.id)?.problem).toContain('twice at the same row');
      // A person may still say so.
      expect(await store.imports.start(siteId, made.id, 'two')).toMatchObject({ status: 'running', problem: null });
    });

    test('what was stopped, is of the command line, or stands behind another import is not taken over', async () => {
      const { store, siteId, clock } = await world();
      const [one, two, three] = [
        await newImport(store, siteId),
        await store.imports.create({
          ...{ siteId, fileName: 'l.csv', fileHash: 'h', fileSize: 9, kept: false, settings: SETTINGS },
        }),
        await newImport(store, siteId),
      ];
      await store.imports.start(siteId, one.id, 'one');
      await store.imports.stop(siteId, one.id);
      await store.imports.start(siteId, two.id, 'two');
      await clock.advance(2 * IMPORT_SILENCE_MS);
      expect(store.imports.brokenOff(clock.now())).toEqual([]);
      expect(await store.imports.takeOver(siteId, one.id, 'x')).toBeNull();
      await store.imports.start(siteId, three.id, 'three');
      await clock.advance(2 * IMPORT_SILENCE_MS);
      expect(store.imports.brokenOff(clock.now()).map(({ id }) => id)).toEqual([three.id]);
      await store.imports.start(siteId, one.id, 'four');
      expect(await store.imports.takeOver(siteId, three.id, 'x')).toBeNull();
      const other = await store.sites.create({ name: 'Other' });
      expect(await store.imports.takeOver(other.id, three.id, 'x')).toBeNull();
    });

    test('stopped, it takes nothing; how it is read can be changed until its first row is read', async () => {
      const { store, siteId } = await world();
      const made = await newImport(store, siteId);
      const changed = { ...SETTINGS, separator: ';' };
      expect(await store.imports.configure(siteId, made.id, changed)).toMatchObject({ settings: changed });
      expect(await store.imports.stop(siteId, made.id)).toBeNull();
      await store.imports.start(siteId, made.id, 'one');
      expect(await store.imports.configure(siteId, made.id, SETTINGS)).toBeNull();
      await store.imports.advance(siteId, stepOf(made, 0, 1));
      expect(await store.imports.stop(siteId, made.id)).toMatchObject({ status: 'stopped' });
      expect(await store.imports.advance(siteId, stepOf(made, 1, 2))).toBe(false);
      expect(await store.imports.configure(siteId, made.id, SETTINGS)).toBeNull();
      await store.imports.start(siteId, made.id, 'two');
      await store.imports.fail(siteId, made.id, 'one', 'not yours');
      expect(store.imports.get(siteId, made.id)?.status).toBe('running');
      await store.imports.fail(siteId, made.id, 'two', 'The file is gone.');
      expect(store.imports.get(siteId, made.id)).toMatchObject({ status: 'failed', problem: 'The file is gone.' });
    });

    test('they are listed newest first and found by their file; another site’s are not there', async () => {
      const { store, siteId, clock } = await world();
      const one = await newImport(store, siteId, 'a');
      await clock.advance(1_000);
      const two = await newImport(store, siteId, 'a');
      await clock.advance(1_000);
      const three = await newImport(store, siteId, 'b');
      expect(store.imports.list(siteId, 2).map(({ id }) => id)).toEqual([three.id, two.id]);
      expect(store.imports.byHash(siteId, 'a').map(({ id }) => id)).toEqual([two.id, one.id]);
      const other = (await store.sites.create({ name: 'Other' })).id;
      expect(store.imports.byHash(other, 'a')).toEqual([]);
      expect(store.imports.get(other, one.id)).toBeNull();
      expect(await store.imports.start(other, one.id, 'x')).toBeNull();
      expect(await store.imports.remove(other, one.id)).toBe(false);
      expect(await store.imports.remove(siteId, one.id)).toBe(true);
      expect(store.imports.get(siteId, one.id)).toBeNull();
    });
  });
}
