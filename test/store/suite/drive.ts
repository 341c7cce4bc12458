import { describe, expect, test } from 'bun:test';
import type { Store } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept } from './accept.ts';

const PLACE = { account: 'alice@example.com', folder: null, shared: false };
const PROBLEM = { code: 'storage_quota', message: 'Full.', technical: null };

async function leadWith(store: Store, siteId: string, ...ids: string[]): Promise<string> {
  const files = ids.map((id) => ({ id, name: `${id}.pdf`, size: 10, type: 'application/pdf', path: id }));
  const [lead] = await accept(store, siteId, newLead({ Name: 'Alice' }, { files }));
  return lead?.id ?? '';
}

export function describeDrive(world: MakeWorld): void {
  describe('files in Google Drive', () => {
    test('a site keeps its files there until it is told otherwise; another process sees it', async () => {
      const { store, siteId, again } = await world();
      expect([store.drive.sites(), store.drive.site(siteId)]).toEqual([[], null]);
      await store.drive.setSite(siteId, PLACE);
      await store.drive.noteSite(siteId, { folder: 'F', problem: PROBLEM, failures: 3, retryAt: 5 });
      const noted = { siteId, enabled: true, ...PLACE, folder: 'F', problem: PROBLEM, failures: 3, retryAt: 5 };
      expect(store.drive.sites()).toEqual([noted]);
      const other = await again();
      expect(other.drive.site(siteId)).toEqual(noted);
      await other.close();
      await store.drive.setSite(siteId, null);
      const off = { ...noted, enabled: false, problem: null, failures: 0, retryAt: null };
      expect(store.drive.site(siteId)).toEqual(off);
    });

    test('files go in their order, each until it is known to be there; then its bytes count no more', async () => {
      const { store, siteId } = await world();
      await store.drive.setSite(siteId, PLACE);
      await leadWith(store, siteId, 'file_b', 'file_a');
      const next = (now = 0, which: 'any' | 'begun' = 'any') => store.drive.nextToSend(siteId, now, which)?.id ?? null;
      expect([next(), next(0, 'begun')]).toEqual(['file_a', null]);
      await store.drive.begin({ id: 'file_a', siteId }, { account: PLACE.account, driveId: 'D' });
      expect([next(), next(0, 'begun')]).toEqual(['file_a', 'file_a']);
      expect(store.drive.copy('file_a')).toMatchObject({ driveId: 'D', link: null, account: PLACE.account });
      await store.drive.postpone('file_a', PROBLEM, 100);
      expect([next(), next(99, 'begun'), next(100)]).toEqual(['file_b', null, 'file_a']);
      expect(store.drive.toClear(siteId, 5)).toEqual([]);
      await store.drive.keep('file_a', { driveId: 'D2', link: 'https://drive.google.com/x' });
      expect(store.drive.copy('file_a')).toMatchObject({
        driveId: 'D2',
        link: 'https://drive.google.com/x',
        problem: null,
      });
      expect(next()).toBe('file_b');
      expect(store.drive.toClear(siteId, 5).map(({ id }) => id)).toEqual(['file_a']);
      expect(store.files.usage()).toEqual({ files: 2, bytes: 20 });
      await store.drive.cleared(['file_a']);
      expect(store.drive.toClear(siteId, 5)).toEqual([]);
      expect(store.files.usage()).toEqual({ files: 1, bytes: 10 });
      expect(store.files.get('file_a')?.isHere).toBe(false);
      expect(store.drive.counts(siteId)).toEqual({ here: 1, there: 1 });
      await store.drive.begin({ id: 'file_b', siteId }, { account: PLACE.account, driveId: null });
      expect(store.drive.counts(siteId)).toEqual({ here: 1, there: 1 });
      // Given up: it stays here, and may be begun again.
      await store.drive.begin({ id: 'file_b', siteId }, { account: PLACE.account, driveId: null });
      await store.drive.forgetCopy('file_b');
      expect([store.drive.copy('file_b'), next()]).toEqual([null, 'file_b']);
    });

    test('a deleted lead leaves its file known until it is gone both here and there', async () => {
      const { store, siteId } = await world();
      await store.drive.setSite(siteId, PLACE);
      const gone = await leadWith(store, siteId, 'file_there', 'file_both', 'file_here');
      for (const id of ['file_there', 'file_both']) {
        await store.drive.begin({ id, siteId }, { account: PLACE.account, driveId: `D${id}` });
        await store.drive.keep(id, { driveId: `D${id}`, link: 'https://drive.google.com/x' });
      }
      await store.drive.cleared(['file_there']);
      expect(store.drive.toDelete(siteId, 0, 5)).toEqual([]);
      await store.leads.remove(siteId, [gone], { rows: false });
      expect(store.files.ownerless(5).map(({ id }) => id)).toEqual(['file_both', 'file_here']);
      expect(store.drive.nextToSend(siteId, 0, 'any')).toBeNull();
      await store.files.forget(['file_both', 'file_here']);
      expect(store.files.ownerless(5)).toEqual([]);
      expect([store.files.get('file_here'), store.files.usage()]).toEqual([null, { files: 0, bytes: 0 }]);
      const left = (now = 0) => store.drive.toDelete(siteId, now, 5).map(({ fileId }) => fileId);
      expect(left().toSorted()).toEqual(['file_both', 'file_there']);
      await store.drive.postponeDeletes(siteId, 'bob@example.com', PROBLEM, 100);
      expect(left()).toHaveLength(2);
      await store.drive.postponeDeletes(siteId, PLACE.account, PROBLEM, 100);
      expect([left(99), left(100).length]).toEqual([[], 2]);
      await store.drive.again(siteId);
      expect(left()).toHaveLength(2);
      expect(store.drive.undeleted(siteId, 1)).toMatchObject([{ problem: PROBLEM }]);
      expect(store.drive.counts(siteId)).toEqual({ here: 0, there: 2 });
      await store.drive.forgetCopy('file_both');
      await store.drive.forgetCopy('file_there');
      expect([left(100), store.files.after('', 5)]).toEqual([[], []]);
    });

    test('what is gone there while its bytes are still here is forgotten with those', async () => {
      const { store, siteId } = await world();
      await store.drive.setSite(siteId, PLACE);
      const gone = await leadWith(store, siteId, 'file_a');
      await store.drive.begin({ id: 'file_a', siteId }, { account: PLACE.account, driveId: 'D' });
      await store.leads.remove(siteId, [gone], { rows: false });
      await store.drive.forgetCopy('file_a');
      expect(store.files.ownerless(5).map(({ id }) => id)).toEqual(['file_a']);
      await store.files.forget(['file_a']);
      expect(store.files.get('file_a')).toBeNull();
    });

    test('an account that files go to is not removed, whatever sheets use', async () => {
      const { store, siteId } = await world();
      const account = { kind: 'oauth', email: PLACE.account, secret: 's', scopes: 'x' } as const;
      const { id } = await store.sheets.addConnection(account);
      await store.drive.setSite(siteId, PLACE);
      expect(await store.sheets.removeConnection(id)).toBe(false);
      await store.drive.setSite(siteId, null);
      expect(await store.sheets.removeConnection(id)).toBe(true);
    });
  });
}
