import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileDesk } from '../../src/intake/files/desk.ts';
import { removeOwnerless } from '../../src/intake/files/ownerless.ts';
import { compareFiles, settleLeftovers } from '../../src/jobs/files.ts';
import { createVault } from '../../src/lib/crypto.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { NewFile } from '../../src/store/files.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';

const WEEK_MS = 7 * 86_400_000;

/** A store with a site, and a folder that its files lie in. */
async function world() {
  const clock = new TestClock(Date.now());
  const { store, dir } = testStore({ clock });
  const site = await store.sites.create({ name: 'Shop' });
  const path = join(dir, 'files');
  const incoming = join(path, 'incoming');
  const own = join(path, site.id);
  mkdirSync(incoming, { recursive: true });
  mkdirSync(own);
  const settings = { path, maxFile: 1e6, maxUpload: 1e6, quota: 1e9, linkLifetimeMs: null };
  const vault = createVault('a secret for tests, 32 characters');
  const files = createFileDesk({ settings, store, vault, clock, ids: randomIds(), log: silentLog });
  const deps = { store, files, clock, log: silentLog };
  const fileOf = (id: string): NewFile => ({
    id,
    name: 'a.txt',
    size: 4,
    type: 'text/plain',
    path: `${site.id}/${id}`,
  });

  /** A lead that is stored with this file, wherever its bytes are. */
  async function stored(id: string): Promise<string> {
    const lead = newLead({ Name: 'Alice' }, { files: [fileOf(id)] });
    const outcome = await store.leads.accept({ siteId: site.id, items: [{ lead }], idempotency: null });
    if (outcome.kind !== 'accepted' || outcome.results[0]?.status !== 'created') throw new Error('not stored');
    return outcome.results[0].lead.id;
  }
  const write = (folder: string, id: string) => writeFileSync(join(folder, id), id);
  const where = () => ({
    incoming: readdirSync(incoming).sort(),
    own: existsSync(own) ? readdirSync(own).sort() : null,
  });
  return { store, site, files, deps, clock, path, incoming, own, stored, write, where, fileOf };
}

describe('what a kill leaves', () => {
  test('bytes whose lead was not stored go; bytes whose lead was get their name, and are found before', async () => {
    const { store, files, deps, incoming, own, stored, write, where } = await world();
    write(incoming, 'file_begun');
    write(incoming, 'file_stored');
    await stored('file_stored');
    const row = store.files.get('file_stored');
    if (!row) throw new Error('no row');
    expect(await files.folder.find(row)).toBe(join(incoming, 'file_stored'));
    await settleLeftovers(deps);
    expect(where()).toEqual({ incoming: [], own: ['file_stored'] });
    expect(readFileSync(join(own, 'file_stored'), 'utf8')).toBe('file_stored');
    expect(await files.folder.find(row)).toBe(join(own, 'file_stored'));
    await settleLeftovers(deps);
    expect(where()).toEqual({ incoming: [], own: ['file_stored'] });
  });

  test('an upload under way is not touched', async () => {
    const { files, site, deps, where } = await world();
    const upload = files.uploads.begin(site.id);
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    async function* bytes() {
      yield Buffer.from('text');
      begun.resolve();
      await gate.promise;
    }
    const taken = upload.take('CV', 'a.txt', bytes());
    await begun.promise;
    expect(where().incoming).toHaveLength(1);
    await settleLeftovers(deps);
    expect(where().incoming).toHaveLength(1);
    gate.resolve();
    await taken;
    await settleLeftovers(deps);
    expect(where().incoming).toHaveLength(1);
    await upload.settle();
    expect(where()).toEqual({ incoming: [], own: [] });
  });

  test('files of deleted leads go, those without a name yet as well, and may be gone already', async () => {
    const { store, site, files, incoming, own, stored, write, where } = await world();
    write(own, 'file_a');
    write(incoming, 'file_b');
    write(own, 'file_kept');
    const ids = [await stored('file_a'), await stored('file_b'), await stored('file_gone')];
    await stored('file_kept');
    await store.leads.remove(site.id, ids, { rows: false });
    expect(await removeOwnerless(store.files, files.folder)).toBe(3);
    expect(where()).toEqual({ incoming: [], own: ['file_kept'] });
    expect(store.files.usage()).toEqual({ files: 1, bytes: 4 });
    expect(await removeOwnerless(store.files, files.folder)).toBe(0);
  });
});

describe('the comparison', () => {
  test('changes nothing where all is well', async () => {
    const { store, deps, own, incoming, stored, write, where } = await world();
    write(own, 'file_a');
    write(incoming, 'file_b');
    await stored('file_a');
    await stored('file_b');
    await compareFiles(deps);
    expect(where()).toEqual({ incoming: ['file_b'], own: ['file_a'] });
    expect(store.files.usage().files).toBe(2);
  });

  test('forgets files whose bytes are gone, but not where the whole folder is', async () => {
    const { store, deps, own, stored, write } = await world();
    write(own, 'file_a');
    await stored('file_a');
    await stored('file_b');
    renameSync(own, `${own}-unmounted`);
    await compareFiles(deps);
    expect(store.files.usage().files).toBe(2);
    renameSync(`${own}-unmounted`, own);
    await compareFiles(deps);
    expect(store.files.after('', 10).map(({ id }) => id)).toEqual(['file_a']);
  });

  test('puts aside what the store does not know, brings it back when it does, and deletes it after a week', async () => {
    const { deps, clock, path, own, stored, write, where } = await world();
    const aside = () => readdirSync(join(path, 'lost')).sort();
    write(own, 'file_back');
    write(own, 'file_lost');
    await compareFiles(deps);
    expect([where().own, aside()]).toEqual([[], ['file_back', 'file_lost']]);
    await stored('file_back');
    await compareFiles(deps);
    expect([where().own, aside()]).toEqual([['file_back'], ['file_lost']]);
    clock.advance(WEEK_MS + 60_000);
    await compareFiles(deps);
    expect([where().own, aside()]).toEqual([['file_back'], []]);
  });

  test('does without a folder', async () => {
    const { deps, path } = await world();
    rmSync(path, { recursive: true });
    await compareFiles(deps);
    await settleLeftovers(deps);
    expect(existsSync(path)).toBe(false);
  });
});
