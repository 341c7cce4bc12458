import { describe, expect, test } from 'bun:test';
import type { BatchRequest } from '../../src/sheets/targets/google/api.ts';
import type { SheetBatch, SheetStore } from '../../src/store/sheets.ts';
import type { Wrap } from './google-harness.ts';
import { live, PROFILE, type Profile } from './google-property.ts';

/**
 * Whether the property test can tell the guard protocol from its weaker likenesses (google-sheets.md 7.5, "Mutation
 * check"). Each strategy is put between the driver and what it works with; product code knows nothing of them.
 */

const RUNS = 25;

/** The first seed whose life goes wrong, and how. */
async function firstFailure(profile: Profile): Promise<{ seed: number; wrong: string[] } | null> {
  for (let seed = 1; seed <= RUNS; seed++) {
    const wrong = await live(seed, profile);
    if (wrong.length > 0) return { seed, wrong };
  }
  return null;
}

const guardOf = (request: BatchRequest): { metadataId: number; metadataKey: string } | undefined => {
  const created = (
    request.createDeveloperMetadata as { developerMetadata?: { metadataId: number; metadataKey: string } }
  )?.developerMetadata;
  return created?.metadataKey === 'lc.g' ? created : undefined;
};

/** A mark that says how far we got, set with the rows and read before a retry; Google never refuses it. */
const watermark: Wrap = ({ store, api }) => ({
  store,
  api: {
    ...api,
    batchUpdate: (id, requests) =>
      api.batchUpdate(
        id,
        requests.flatMap((request) => {
          const guard = guardOf(request);
          if (!guard) return [request];
          const { metadataId } = guard;
          return [{ deleteDeveloperMetadata: { dataFilter: { developerMetadataLookup: { metadataId } } } }, request];
        }),
      ),
  },
});

/** Each send of a batch under a guard of its own. */
const freshGuard: Wrap = ({ store, api }) => {
  const sent = new Map<number, number>();
  return {
    store,
    api: {
      ...api,
      batchUpdate: (id, requests) =>
        api.batchUpdate(
          id,
          requests.map((request) => {
            const guard = guardOf(request);
            if (!guard) return request;
            const times = (sent.get(guard.metadataId) ?? 0) + 1;
            sent.set(guard.metadataId, times);
            if (times === 1) return request;
            const metadataId = 1_400_000_000 + guard.metadataId - 1_000_000_000 + times * 1_000_000;
            return { createDeveloperMetadata: { developerMetadata: { ...guard, metadataId } } };
          }),
        ),
    },
  };
};

/** Batches are remembered by the process alone, and written down only when they are settled. */
const noCommit: Wrap = ({ store, api }) => {
  let open: (SheetBatch & { input: Parameters<SheetStore['planBatch']>[0] }) | null = null;
  const real = store.sheets;
  const sheets: SheetStore = Object.assign(Object.create(real) as SheetStore, {
    openBatch: (book: string) => open ?? real.openBatch(book),
    async planBatch(input: Parameters<SheetStore['planBatch']>[0]) {
      const seq = real.book(input.book).nextSeq;
      open = {
        input,
        id: `bat_${Math.random().toString(36).slice(2, 14)}`,
        siteId: input.siteId,
        book: input.book,
        seq,
        guardId: input.guardBase + seq,
        state: 'sending',
        everAmbiguous: false,
        attempts: 1,
        firstSentAt: 0,
        lastError: null,
        leads: input.leads,
      };
      return open;
    },
    async resendBatch() {},
    async settleBatch(id: string, outcome: Parameters<SheetStore['settleBatch']>[1]) {
      if (!open || open.id !== id) return real.settleBatch(id, outcome);
      if (outcome.state === 'ambiguous' || outcome.state === 'planned') {
        open.everAmbiguous ||= outcome.state === 'ambiguous';
        return;
      }
      const { input } = open;
      open = null;
      const batch = await real.planBatch(input);
      await real.settleBatch(batch.id, outcome);
    },
  });
  return { store: { ...store, sheets }, api };
};

const calm: Profile = { ...PROFILE, handRate: 0, restoreRate: 0, amendRate: 0, killRate: 0, faultRate: 0 };

describe('the property turns red when', () => {
  test('the guard is replaced by a watermark', async () => {
    const found = await firstFailure({ ...calm, faultRate: 0.3, faults: ['lateApply'], mutation: watermark });
    expect(found?.wrong.join()).toMatch(/2 rows, should be 1/);
  }, 60_000);

  test('a retry takes a fresh guard', async () => {
    const found = await firstFailure({
      ...calm,
      faultRate: 0.3,
      faults: ['503After', 'lateApply'],
      mutation: freshGuard,
    });
    expect(found?.wrong.join()).toMatch(/[2-9] rows, should be 1/);
  }, 60_000);

  test('the durable commit is dropped', async () => {
    // What was sent before the kill is found again by its Lead IDs, unless somebody deleted those rows meanwhile.
    const found = await firstFailure({
      ...calm,
      killRate: 0.9,
      handRate: 0.5,
      hands: ['deleteRow'],
      mutation: noCommit,
    });
    expect(found?.wrong.join()).toMatch(/2 rows, should be 1/);
  }, 60_000);

  test('and is green without any of them, in the same lives', async () => {
    const profiles: Profile[] = [
      { ...calm, faultRate: 0.3, faults: ['503After', 'lateApply'] },
      { ...calm, killRate: 0.9, handRate: 0.5, hands: ['deleteRow'] },
    ];
    for (const profile of profiles) for (let seed = 1; seed <= 3; seed++) expect(await live(seed, profile)).toEqual([]);
  }, 60_000);
});
