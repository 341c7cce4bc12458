import { describe, expect, test } from 'bun:test';
import { guardId } from '../../src/sheets/targets/google/mapping.ts';
import { Bench } from './google-harness.ts';

describe('rows', () => {
  test('the first lead makes its tab and stands in it once, under the right headers', async () => {
    const bench = await Bench.start();
    const fields = { Email: 'alice@example.com', Phone: '+44 20 7946 0000', Code: '007' };
    const lead = await bench.accept(fields, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([lead.id]);
    expect(bench.column('f:Email', 'Contact')).toEqual(['Email', 'alice@example.com']);
    expect(bench.column('f:Phone', 'Contact')).toEqual(['Phone', '+44 20 7946 0000']);
    expect(bench.column('f:Code', 'Contact')).toEqual(['Code', '007']);
    expect(bench.rows('Contact')[0]?.slice(0, 5)).toEqual(['Lead Quality', 'Submitted at', 'Email', 'Phone', 'Code']);
    expect(bench.status(lead)).toBe('synced');
    expect(bench.violations()).toEqual([]);
  });

  test('a new tab is small, its header frozen and guarded by a warning, quality a drop-down, times formatted', async () => {
    const bench = await Bench.start();
    await bench.accept({ Email: 'a@example.com' }, { form: 'Contact' });
    await bench.drain();
    const tab = bench.tab('Contact');
    expect(tab).toMatchObject({ frozenRowCount: 1 });
    expect(tab.rowCount).toBeLessThanOrEqual(60);
    expect(tab.protectedRanges).toMatchObject([{ warningOnly: true, range: { startRow: 0, endRow: 1 } }]);
    const choices = bench.site.qualityChoices.map((choice) => ({ userEnteredValue: choice }));
    expect(tab.validations).toMatchObject([
      { range: { startColumn: 0, endColumn: 1 }, rule: { condition: { type: 'ONE_OF_LIST', values: choices } } },
    ]);
  });

  test('nothing waiting costs no call', async () => {
    const bench = await Bench.start();
    await bench.accept({ Email: 'a@example.com' }, { form: 'Contact' });
    await bench.drain();
    bench.google.world.calls.reset();
    for (let i = 0; i < 10; i++) {
      expect(await bench.flush()).toEqual({ kind: 'idle' });
      await bench.advance(600_000);
    }
    expect(bench.google.world.calls.log).toEqual([]);
  });

  test('one step makes one write at most, and asks for a second of rest', async () => {
    const bench = await Bench.start({ limits: { rows: 5 } });
    await bench.acceptAll(
      Array.from({ length: 23 }, (_, n) => ({ n })),
      { form: 'Contact' },
    );
    for (;;) {
      bench.google.world.calls.reset();
      const outcome = await bench.flush();
      expect(bench.google.world.calls.counts().write).toBeLessThanOrEqual(1);
      if (outcome.kind === 'idle') break;
      expect(outcome).toMatchObject({ kind: 'wrote', notBeforeMs: 1000 });
      await bench.advance(1_200);
    }
    expect(bench.ids('Contact')).toHaveLength(23);
  });

  test('a write is no larger than its limit in bytes', async () => {
    const bench = await Bench.start({ limits: { bytes: 20_000 } });
    await bench.acceptAll(
      Array.from({ length: 30 }, (_, n) => ({ text: `${n}${'é'.repeat(2_000)}` })),
      { form: 'Contact' },
    );
    await bench.drain();
    expect(bench.ids('Contact')).toHaveLength(30);
    const sizes = bench.google.world.calls.log.filter((call) => call.requests.includes('appendCells'));
    for (const call of sizes) expect(call.bytes).toBeLessThan(24_000);
  });

  test('many tabs, one write', async () => {
    const bench = await Bench.start();
    for (const form of ['A', 'B', 'C']) await bench.accept({ n: form }, { form });
    await bench.drain();
    await bench.accept({ n: 1 }, { form: 'A' });
    await bench.accept({ n: 2 }, { form: 'C' });
    bench.google.world.calls.reset();
    await bench.drain();
    expect(bench.google.world.calls.counts()).toMatchObject({ read: 1, write: 1 });
  });
});

describe('one lead that Google refuses for itself', () => {
  test('is found, given up and named; the others pass, each once', async () => {
    const bench = await Bench.start({
      wrap: ({ store, api }) => ({
        store,
        api: {
          ...api,
          async batchUpdate(id, requests) {
            if (!JSON.stringify(requests).includes('poison')) return api.batchUpdate(id, requests);
            // What Google makes of a request it can't read.
            return api.batchUpdate(id, [...requests, { appendCells: { sheetId: 'x' } }]);
          },
        },
      }),
    });
    const fields = Array.from({ length: 20 }, (_, n) => ({ text: n === 13 ? 'poison' : `fine ${n}` }));
    const leads = await bench.acceptAll(fields, { form: 'Contact' });
    await bench.drain({ steps: 120 });
    const good = leads.filter((_, n) => n !== 13).map((lead) => lead.id);
    expect(bench.ids('Contact').sort()).toEqual(good.sort());
    const bad = leads[13];
    expect(bad && bench.status(bad)).toBe('failed');
    expect(bad && bench.store.leads.get(bench.site.id, bad.id)?.syncProblem).toContain('refused');
  });
});

describe('guards', () => {
  test('are numbered without a gap, and never pile up beyond what a spreadsheet has room for', async () => {
    const bench = await Bench.start({ limits: { rows: 1 } });
    for (let round = 0; round < 14; round++) {
      await bench.acceptAll(
        Array.from({ length: 60 }, (_, n) => ({ n })),
        { form: 'Contact' },
      );
      await bench.drain({ pauseMs: 1_200, steps: 80 });
    }
    const guards = bench.view().metadata.filter((each) => each.key === 'lc.g');
    expect(bench.ids('Contact')).toHaveLength(840);
    const { nextSeq } = bench.store.sheets.book(bench.book);
    expect(guards.some((guard) => guard.id === guardId(nextSeq - 1))).toBe(true);
    expect(guards.length).toBeLessThan(800);
    // Whatever was written in the last ten minutes has its guard still: a call may run for three.
    expect(guards.length).toBeGreaterThan(450);
    expect(bench.violations()).toEqual([]);
  }, 60_000);

  test('no room for another: the oldest go first', async () => {
    const bench = await Bench.start();
    await bench.accept({ n: 0 }, { form: 'Contact' });
    await bench.drain();
    const { nextSeq } = bench.store.sheets.book(bench.book);
    await bench.store.sheets.raiseSeq(bench.book, nextSeq + 900);
    for (let n = 0; n < 900; n++) {
      bench.user({ type: 'addMetadata', id: guardId(nextSeq + n), key: 'lc.g', value: `inst01.${'x'.repeat(30)}` });
    }
    bench.restart();
    const lead = await bench.accept({ n: 1 }, { form: 'Contact' });
    await bench.drain();
    expect(bench.status(lead)).toBe('synced');
    expect(bench.ids('Contact')).toHaveLength(2);
  });

  test('a deletion that is refused is left out, and the rows go through', async () => {
    const bench = await Bench.start({ limits: { rows: 1 } });
    bench.google.world.behaviour.deleteNothing = 'error';
    await bench.acceptAll(
      Array.from({ length: 40 }, (_, n) => ({ n })),
      { form: 'Contact' },
    );
    await bench.drain({ pauseMs: 1_200 });
    await bench.advance(700_000);
    const first = await bench.accept({ n: 41 }, { form: 'Contact' });
    await bench.drain();
    await bench.advance(700_000);
    const look = bench.google.world.hands.beforeCall.bind(bench.google.world.hands);
    bench.google.world.hands.beforeCall = (call) => {
      // Somebody else tidies up between our look and our write.
      if (call.requests.includes('deleteDeveloperMetadata')) bench.user({ type: 'wipeMetadata', key: 'lc.g' });
      look(call);
    };
    const second = await bench.accept({ n: 42 }, { form: 'Contact' });
    await bench.drain();
    bench.google.world.hands.beforeCall = look;
    bench.google.world.behaviour.deleteNothing = 'empty';
    expect([first, second].map((lead) => bench.status(lead))).toEqual(['synced', 'synced']);
    expect(bench.ids('Contact')).toHaveLength(42);
  });
});

describe('what a person decides', () => {
  test('a tab made anew takes the waiting leads; earlier ones only when asked for', async () => {
    const bench = await Bench.start();
    const old = await bench.accept({ Email: 'old@example.com' }, { form: 'Contact' });
    await bench.drain();
    bench.user({ type: 'deleteTab', tab: 'Contact' });
    const waiting = await bench.accept({ Email: 'waiting@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(await bench.driver.remakeTab(bench.at(), old.formId)).toBe(true);
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([waiting.id]);
    await bench.store.sheets.requeue(bench.site.id, { which: 'ids', ids: [old.id] }, 10);
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([waiting.id, old.id]);
  });

  test('a deleted column comes back at the right end, with the values of rows that stand there', async () => {
    const bench = await Bench.start();
    const lead = await bench.accept({ Email: 'a@example.com', City: 'Oslo' }, { form: 'Contact' });
    await bench.drain();
    bench.user({ type: 'deleteColumn', column: 'f:City', tab: 'Contact' });
    await bench.accept({ Email: 'b@example.com', City: 'Rome' }, { form: 'Contact' });
    await bench.drain();
    expect(await bench.driver.restoreColumn(bench.at(), lead.formId, 'f:City')).toBe(true);
    await bench.accept({ Email: 'c@example.com', City: 'Bern' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.column('f:City', 'Contact')).toEqual(['City', 'Oslo', 'Rome', 'Bern']);
    expect(bench.rows('Contact')[0]?.at(-1)).toBe('City');
  });

  test('a new house on an old sheet: after the confirmation its leads are written, under guards of its own', async () => {
    const bench = await Bench.start();
    await bench.accept({ Email: 'a@example.com' }, { form: 'Contact' });
    await bench.drain();
    const fresh = await bench.twin(null, 'fresh0abc');
    const lead = await fresh.accept({ Email: 'b@example.com' }, { form: 'Contact' });
    await fresh.drain();
    expect(await fresh.driver.takeOver(fresh.at())).toEqual({ ok: true });
    await fresh.drain();
    expect(fresh.ids('Contact (2)')).toEqual([lead.id]);
  });

  test('letting go of a spreadsheet: the open batch is voided or delivered, never left', async () => {
    const bench = await Bench.start();
    await bench.accept({ Email: 'a@example.com' }, { form: 'Contact' });
    await bench.drain();
    const [applied, lost] = [
      await bench.accept({ Email: 'b@example.com' }, { form: 'Contact' }),
      { kind: '503After' } as const,
    ];
    bench.google.world.faults.add([{ match: { kind: 'batchUpdate' }, fault: lost }]);
    await bench.flush();
    expect(await bench.driver.release(bench.at())).toEqual({ ok: true });
    expect(bench.status(applied)).toBe('synced');
    const pending = await bench.accept({ Email: 'c@example.com' }, { form: 'Contact' });
    bench.google.world.faults.add([{ match: { kind: 'batchUpdate' }, fault: { kind: 'lateApply', end: 'release' } }]);
    await bench.flush();
    expect(await bench.driver.release(bench.at())).toEqual({ ok: true });
    expect(bench.control<{ applied: boolean }[]>('releaseLate')).toMatchObject([{ applied: false }]);
    expect(bench.status(pending)).toBe('pending');
    expect(bench.store.sheets.openBatch(bench.book)).toBe(null);
  });
});
