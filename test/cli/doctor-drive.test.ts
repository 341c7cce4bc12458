import { expect, test } from 'bun:test';
import { checkDrive } from '../../src/cli/doctor-checks.ts';
import { testStore } from '../support/store.ts';

test('the doctor says nothing of Google Drive where no files are kept there, and why they can’t be where they are', async () => {
  const { store } = testStore();
  const { id } = await store.sites.create({ name: 'Shop' });
  expect(checkDrive(store.drive)).toEqual([]);
  await store.drive.setSite(id, { account: 'alice@example.com', folder: null, shared: false });
  const name = 'files in Google Drive';
  expect(checkDrive(store.drive)).toMatchObject([{ name, status: 'ok', message: '1 site, nothing is wrong' }]);
  const problem = { code: 'storage_quota', message: 'The storage is full.', technical: null };
  await store.drive.noteSite(id, { problem });
  expect(checkDrive(store.drive)).toMatchObject([{ name, status: 'warning', message: `${id}: The storage is full.` }]);
  await store.drive.setSite(id, null);
  expect(checkDrive(store.drive)).toEqual([]);
  await store.close();
});
