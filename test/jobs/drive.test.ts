import { afterAll, afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGoogleAccess } from '../../src/google-access.ts';
import { createDriveMover } from '../../src/jobs/drive.ts';
import { compareFiles } from '../../src/jobs/files.ts';
import type { DriveApi, DriveOf } from '../../src/sheets/targets/google/drive.ts';
import { urlsOf } from '../sheets/google-connection.ts';
import type { CallKind, FaultKind } from '../support/google/client.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { type DriveWorld, driveWorld } from './drive-world.ts';

setDefaultTimeout(60_000);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MEBIBYTE = 1_048_576;

const google = await startFakeGoogle();
await google.quota('off');
afterAll(() => google.stop());
afterEach(async () => {
  await google.clearFaults();
  await google.releaseLate();
  await google.enableApi('drive');
  await google.behaviour({ partKept: null, sessionOver: 404, idsInSharedDrives: true, listed: true });
});

async function connected(): Promise<DriveWorld> {
  const world = await driveWorld(google);
  await world.signIn();
  await world.keepThere();
  return world;
}

/** Runs until nothing is left to do, however long Google is not to be asked in between. */
async function settled(world: DriveWorld, mover = world.mover(), rounds = 12): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    await mover.run();
    world.clock.advance(DAY_MS);
  }
}

const md5 = (bytes: Uint8Array | string) => createHash('md5').update(bytes).digest('hex');

async function callsOf(kind: CallKind): Promise<number> {
  return (await google.calls()).filter((call) => call.kind === kind).length;
}

/** Google Drive, with other calls in the place of some. */
const withCalls =
  (world: DriveWorld, change: (api: DriveApi) => Partial<DriveApi>): DriveOf =>
  async (account) => {
    const made = await world.deps.driveOf(account);
    return made.ok ? { ok: true, api: { ...made.api, ...change(made.api) } } : made;
  };

describe('on its way', () => {
  test('a file goes to a folder of the account, byte by byte; only then its bytes here go', async () => {
    const world = await connected();
    const bytes = crypto.getRandomValues(Buffer.alloc(2 * MEBIBYTE + 3));
    const lead = await world.lead('file_a', bytes, 'cv.txt');
    const mover = world.mover();
    await mover.run();
    const [there] = await world.inDrive();
    expect(there).toMatchObject({ md5: md5(bytes), trashed: false, appProperties: { lts_file: 'file_a' } });
    expect(there?.name).toMatch(/^\d{4}-\d\d-\d\d cv\.txt$/);
    expect(there?.parents).toEqual([world.now()?.folder ?? '']);
    const folder = (await google.files()).find(({ id }) => id === there?.parents[0]);
    expect(folder).toMatchObject({ name: 'Files of leads: Shop', owner: world.email });
    expect(world.store.drive.copy('file_a')).toMatchObject({
      driveId: there?.id,
      link: `https://drive.google.com/file/d/${there?.id}/view`,
    });
    // Whoever fetches it just now has a turn's time for it.
    expect(world.onDisk()).toEqual(['file_a']);
    await mover.run();
    expect(world.onDisk()).toEqual([]);
    expect(world.store.files.usage()).toEqual({ files: 0, bytes: 0 });
    expect(world.store.files.ofLead(world.site.id, lead)).toMatchObject([{ id: 'file_a', isHere: false }]);
    await compareFiles(world.deps);
    expect(world.store.files.get('file_a')?.leadId).toBe(lead);
  });

  test('a day has the name that it has where the site is', async () => {
    const world = await connected();
    world.clock.advance(Date.UTC(2030, 0, 1, 20) - world.clock.now());
    await world.lead('file_a', 'x', 'cv.txt');
    await world.mover().run();
    expect((await world.inDrive())[0]?.name).toBe('2030-01-02 cv.txt');
  });

  test('a site that keeps its files here sends none, and a server without such sites asks nobody', async () => {
    const world = await driveWorld(google);
    await world.signIn();
    await world.lead('file_a', 'x');
    await google.resetCalls();
    await settled(world);
    expect([await google.calls(), world.onDisk()]).toEqual([[], ['file_a']]);
  });

  test('nothing to do: nobody is asked', async () => {
    const world = await connected();
    await google.resetCalls();
    await settled(world);
    expect(await google.calls()).toEqual([]);
  });

  test('Google may keep less of a part than it was sent', async () => {
    const world = await connected();
    await google.behaviour({ partKept: MEBIBYTE / 2 });
    const bytes = crypto.getRandomValues(Buffer.alloc(3 * MEBIBYTE));
    await world.lead('file_a', bytes);
    await world.mover().run();
    expect((await world.inDrive()).map((file) => file.md5)).toEqual([md5(bytes)]);
  });

  test('many files are sent a while at a time: what was sent makes room here before all are there', async () => {
    const world = await connected();
    for (const id of ['file_a', 'file_b', 'file_c']) await world.lead(id, id);
    const mover = createDriveMover({
      ...world.deps,
      driveOf: withCalls(world, ({ start }) => ({
        start(file) {
          world.clock.advance(20_000);
          return start(file);
        },
      })),
    });
    await mover.run();
    expect((await world.inDrive()).length).toBe(2);
    await mover.run();
    expect(world.onDisk()).toEqual(['file_c']);
    expect((await world.inDrive()).length).toBe(3);
  });

  test('what is found out of a place that somebody has left meanwhile is not said of the new one', async () => {
    const next = { account: 'robot@example.com', folder: 'F1234567890', shared: true };
    for (const fault of [[], [{ match: { kind: 'drive.create' as const }, fault: { kind: '503' as const } }]]) {
      const world = await connected();
      await world.lead('file_a', 'some text');
      await google.faults(fault);
      const driveOf = withCalls(world, ({ ensureFolder }) => ({
        async ensureFolder(name, property) {
          const made = await ensureFolder(name, property);
          await world.store.drive.setSite(world.site.id, next);
          return made;
        },
      }));
      await createDriveMover({ ...world.deps, driveOf }).run();
      expect(world.now()).toMatchObject({ ...next, problem: null, retryAt: null });
    }
  });

  test('an id that Google will not set aside is asked for later, not without end', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    const refusal = { code: 'bad_request', message: 'No.', technical: null };
    let asked = 0;
    const driveOf = withCalls(world, () => ({
      newId: async () => {
        if (++asked > 3) throw new Error('asked again and again');
        return {
          ok: false,
          failure: { problem: refusal, kind: 'request', recheckMs: null, retryAfterMs: null } as never,
        };
      },
    }));
    await createDriveMover({ ...world.deps, driveOf }).run();
    expect([asked, world.now()?.problem?.code, world.onDisk()]).toEqual([1, 'bad_request', ['file_a']]);
  });

  test('sites take turns', async () => {
    const world = await connected();
    const { store, deps } = world;
    const other = await store.sites.create({ name: 'Other' });
    await store.drive.setSite(other.id, { account: world.email, folder: null, shared: false });
    for (const id of ['file_a', 'file_b', 'file_c']) await world.lead(id, id);
    const sent: unknown[] = [];
    const log = { ...deps.log, info: (_: string, data = {}) => void sent.push((data as { file: string }).file) };
    const { createDriveMover } = await import('../../src/jobs/drive.ts');
    await store.leads.accept({
      siteId: other.id,
      items: [{ lead: (await import('../support/leads.ts')).newLead({}, { files: [fileOf('file_z', other.id)] }) }],
      idempotency: null,
    });
    writeFileSync(join(world.own, 'file_z'), 'file_z');
    await createDriveMover({ ...deps, log }).run();
    expect(sent).toEqual(['file_a', 'file_z', 'file_b', 'file_c']);
    function fileOf(id: string, siteId: string) {
      return { id, name: id, size: 6, type: 'text/plain', path: `${world.site.id}/${id}`, siteId };
    }
  });
});

/** Every step of an upload, and every way in which it can go wrong and pass again. */
const STEPS: readonly CallKind[] = [
  'token',
  'drive.list',
  'drive.create',
  'drive.ids',
  'drive.upload',
  'drive.part',
  'drive.get',
];
const TROUBLES: readonly FaultKind[] = [
  '503',
  '502html',
  'reset',
  '503After',
  'resetAfter',
  'cutBodyAfter',
  'nonJsonAfter',
  '403rateLimit',
  '429',
  '401',
];

describe('trouble that passes', () => {
  test.each(STEPS)('at %s: the file is there once, and here until then', async (kind) => {
    const world = await connected();
    for (const [n, trouble] of TROUBLES.entries()) {
      const id = `file_${kind.replace('.', '_')}_${n}`;
      const bytes = crypto.getRandomValues(Buffer.alloc(MEBIBYTE + 7));
      await world.lead(id, bytes);
      await google.faults([{ match: { kind }, fault: { kind: trouble } }]);
      const mover = world.mover();
      await mover.run();
      const [copy, here] = [world.store.drive.copy(id), world.onDisk()];
      if (copy?.link === null || copy === null) expect(here).toContain(id);
      await settled(world, mover, 6);
      await google.clearFaults();
      const mine = (await world.inDrive()).filter(({ appProperties }) => appProperties.lts_file === id);
      expect([trouble, mine.map((file) => file.md5), world.onDisk()]).toEqual([trouble, [md5(bytes)], []]);
      expect(world.now()).toMatchObject({ problem: null, failures: 0, retryAt: null });
    }
  });

  test('an upload that was cut short goes on where it stood', async () => {
    const world = await connected();
    const bytes = crypto.getRandomValues(Buffer.alloc(4 * MEBIBYTE));
    await world.lead('file_a', bytes);
    await google.faults([{ match: { kind: 'drive.part' }, nth: 3, fault: { kind: '503After' } }]);
    const mover = world.mover();
    await google.resetCalls();
    await mover.run();
    expect(world.now()?.problem?.code).toBe('google_down');
    world.clock.advance(HOUR_MS);
    await mover.run();
    // Four parts and one question: none was sent twice.
    expect([await callsOf('drive.part'), await callsOf('drive.upload')]).toEqual([5, 1]);
    expect((await world.inDrive()).map((file) => file.md5)).toEqual([md5(bytes)]);
  });

  test.each([404, 410] as const)(
    'a session that is over (%i) is begun again, under the same id',
    async (sessionOver) => {
      const world = await connected();
      await google.behaviour({ sessionOver });
      await world.lead('file_a', Buffer.alloc(2 * MEBIBYTE));
      const over = { kind: 'answer', status: sessionOver, body: '' } as const;
      await google.faults([{ match: { kind: 'drive.part' }, nth: 2, fault: over }]);
      const mover = world.mover();
      await mover.run();
      const before = world.store.drive.copy('file_a')?.driveId;
      await settled(world, mover);
      expect((await world.inDrive()).map(({ id }) => id)).toEqual([before ?? '']);
    },
  );

  test('a part that the network sends twice is taken once', async () => {
    const world = await connected();
    const bytes = crypto.getRandomValues(Buffer.alloc(3 * MEBIBYTE));
    await world.lead('file_a', bytes);
    const mover = world.mover();
    await google.faults([{ match: { kind: 'drive.part' }, nth: 2, fault: { kind: 'resetAfter' } }]);
    await mover.run();
    expect((await world.inDrive()).map((file) => file.md5)).toEqual([md5(bytes)]);
    expect(world.store.drive.copy('file_a')?.problem).toBeNull();
  });

  test('the last part is applied after it was told to have failed: adopted', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'lateApply', answer: '503' } }]);
    await world.mover().run();
    expect(await world.inDrive()).toEqual([]);
    await google.releaseLate();
    await google.resetCalls();
    await settled(world);
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['some text']);
    expect([await callsOf('drive.upload'), world.onDisk()]).toEqual([0, []]);
  });

  test('a time-out after the file was made: adopted', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    await google.resetCalls();
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'hangAfter' } }]);
    const run = world.mover().run();
    while ((await callsOf('drive.part')) === 0) await Bun.sleep(5);
    world.clock.advance(200_000);
    await run;
    expect(world.now()?.problem?.code).toBe('network');
    await settled(world);
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['some text']);
    expect([await callsOf('drive.upload'), world.onDisk()]).toEqual([1, []]);
  });

  test('the last part is applied while it is sent a second time: one of the two is refused', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'lateApply', end: 'release' } }]);
    await world.mover().run();
    world.clock.advance(HOUR_MS);
    // A process of its own: it knows of no session, sees nothing there, and begins again.
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'lateApply', end: 'release' } }]);
    await world.mover().run();
    const late = await google.releaseLate();
    expect(late.map(({ status }) => status)).toEqual([200, 409]);
    await settled(world);
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['some text']);
    expect(world.onDisk()).toEqual([]);
  });

  test('a process that knows of nothing finds what an earlier one has sent', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503After' } }]);
    await world.mover().run();
    await google.resetCalls();
    world.clock.advance(HOUR_MS);
    await world.mover().run();
    expect([await callsOf('drive.upload'), (await world.inDrive()).length]).toEqual([0, 1]);
    expect(world.store.drive.copy('file_a')?.link).toStartWith('https://drive.google.com/');
  });

  test('what is there but is not what is here goes, and the file is sent again', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503After' } }]);
    await world.mover().run();
    writeFileSync(join(world.own, 'file_a'), 'SOME TEXT');
    world.clock.advance(HOUR_MS);
    await world.mover().run();
    expect(world.onDisk()).toEqual(['file_a']);
    await settled(world);
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['SOME TEXT']);
  });

  test('a stop ends an upload at once, and is no trouble', async () => {
    const world = await connected();
    await world.lead('file_a', Buffer.alloc(2 * MEBIBYTE));
    await google.faults([{ match: { kind: 'drive.part' }, nth: 2, fault: { kind: 'hang' } }]);
    const run = world.mover().run();
    while ((await callsOf('drive.part')) < 2) await Bun.sleep(5);
    world.stopping.abort();
    await run;
    expect([world.now()?.problem, world.onDisk()]).toEqual([null, ['file_a']]);
  });
});

describe('trouble that waits for people', () => {
  async function waitsFor(world: DriveWorld, code: string, says: string): Promise<void> {
    const mover = world.mover();
    await mover.run();
    expect(world.now()?.problem).toMatchObject({ code, message: expect.stringContaining(says) });
    await google.resetCalls();
    for (let i = 0; i < 10; i++) {
      world.clock.advance(20_000);
      await mover.run();
    }
    // No storm: nobody is asked before the time.
    expect(await google.calls()).toEqual([]);
    expect(world.onDisk()).toContain('file_a');
  }

  test('full storage: looked at once an hour, and no byte is sent', async () => {
    const world = await connected();
    await google.fillStorage(world.email, true);
    await world.lead('file_a', 'some text');
    await waitsFor(world, 'storage_quota', 'is full. Files stay on this server');
    expect(await callsOf('drive.part')).toBe(0);
    await google.fillStorage(world.email, false);
    await settled(world);
    expect([world.onDisk(), world.now()?.problem]).toEqual([[], null]);
  });

  test('a folder in the trash is not filled', async () => {
    const world = await connected();
    await world.lead('file_first', 'first');
    await world.mover().run();
    await google.trash(world.now()?.folder ?? '');
    await world.lead('file_a', 'some text');
    await waitsFor(world, 'trashed', 'Restore the folder');
    await google.untrash(world.now()?.folder ?? '');
    await settled(world);
    expect(world.onDisk()).toEqual([]);
  });

  test('a folder of ours that was deleted for good is made anew', async () => {
    const world = await connected();
    await world.lead('file_first', 'first');
    await world.mover().run();
    const before = world.now()?.folder ?? '';
    await google.deleteForever(before);
    await world.lead('file_a', 'some text');
    await settled(world);
    expect(world.now()?.folder).not.toBe(before);
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['some text']);
  });

  test('a sign-in that has ended; the next one goes on', async () => {
    const world = await driveWorld(google);
    const token = await world.signIn();
    await world.keepThere();
    await google.revokeRefreshToken(token);
    await world.lead('file_a', 'some text');
    await waitsFor(world, 'token_revoked', `connect ${world.email} again`);
    await world.signIn();
    await settled(world);
    expect(world.onDisk()).toEqual([]);
  });

  test('an API that is switched off, and an account that is not here any more', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    await google.disableApi('drive');
    await world.mover().run();
    expect(world.now()?.problem?.code).toBe('api_disabled');
    await google.enableApi('drive');
    await world.store.drive.setSite(world.site.id, { account: 'nobody@example.com', folder: null, shared: false });
    await waitsFor(world, 'no_connection', 'nobody@example.com');
  });

  test('one file that Google refuses keeps no other', async () => {
    const world = await connected();
    await world.lead('file_a', 'bad');
    await world.lead('file_b', 'good');
    const refused = { kind: 'answer', status: 400, body: '{"error":{"code":400,"message":"Bad Request"}}' } as const;
    await google.faults([{ match: { kind: 'drive.upload' }, fault: refused }]);
    await world.mover().run();
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['good']);
    expect(world.store.drive.copy('file_a')?.problem?.code).toBe('bad_request');
    expect(world.now()?.problem).toBeNull();
    world.clock.advance(DAY_MS);
    await world.mover().run();
    expect(await world.inDrive()).toHaveLength(2);
  });
});

describe('a shared drive', () => {
  async function shared(role: 'writer' | 'fileOrganizer' | 'organizer') {
    const world = await driveWorld(google);
    const key = await google.createServiceAccount();
    const { client_email: account } = key;
    const parsed = { clientEmail: account, privateKey: key.private_key, projectId: key.project_id, keyId: null };
    await world.access.keepAccount(parsed as never, JSON.stringify(key));
    const { id: folder } = await google.createFolder({ driveId: `0A${crypto.randomUUID()}` });
    await google.share(folder, account, role);
    await world.store.drive.setSite(world.site.id, { account, folder, shared: true });
    const there = async () => (await google.files()).filter(({ parents }) => parents.includes(folder));
    return { ...world, account, folder, there };
  }

  test('a service account keeps files in the folder that was named', async () => {
    const world = await shared('fileOrganizer');
    await world.lead('file_a', 'some text');
    await settled(world);
    expect((await world.there()).map(({ content }) => content)).toEqual(['some text']);
    expect(world.onDisk()).toEqual([]);
  });

  test('that takes no ids set aside: files are known by their property, and not sent twice', async () => {
    await google.behaviour({ idsInSharedDrives: false });
    const world = await shared('fileOrganizer');
    await world.lead('file_a', 'some text');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503After' } }]);
    await world.mover().run();
    expect(world.store.drive.copy('file_a')?.driveId).toBeNull();
    await settled(world);
    expect((await world.there()).map(({ content }) => content)).toEqual(['some text']);
    expect([world.onDisk(), world.store.drive.copy('file_a')?.driveId]).toEqual([
      [],
      (await world.there())[0]?.id ?? '',
    ]);
  });

  test('Google’s list is behind: nothing is sent again before it can be trusted', async () => {
    await google.behaviour({ idsInSharedDrives: false, listed: false });
    const world = await shared('fileOrganizer');
    await world.lead('file_a', 'some text');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503After' } }]);
    await world.mover().run();
    await google.resetCalls();
    for (let i = 0; i < 5; i++) {
      world.clock.advance(20_000);
      await world.mover().run();
    }
    expect([await callsOf('drive.upload'), world.onDisk()]).toEqual([0, ['file_a']]);
    await google.behaviour({ listed: true });
    await settled(world);
    expect([(await world.there()).length, world.onDisk()]).toEqual([1, []]);
  });

  test('the account of the settings keeps files too', async () => {
    const world = await driveWorld(google);
    const key = await google.createServiceAccount();
    const serviceAccountFile = join(world.path, 'key.json');
    writeFileSync(serviceAccountFile, JSON.stringify(key));
    const access = createGoogleAccess({
      google: { client: null, serviceAccountFile, urls: urlsOf(google) },
      ...{ sheets: world.store.sheets, vault: world.vault, clock: world.clock, log: world.deps.log },
    });
    const made = await access.driveOf(key.client_email);
    const { id } = await google.createFolder({ driveId: '0A' });
    await google.share(id, key.client_email, 'fileOrganizer');
    expect(made.ok && (await made.api.folder(id))).toMatchObject({ ok: true, value: { isShared: true, mayAdd: true } });
    expect((await access.driveOf('nobody@example.com')).ok).toBe(false);
    rmSync(serviceAccountFile);
    expect((await access.driveOf(key.client_email)).ok).toBe(false);
  });

  test('a Content manager deletes into the trash, a Manager for good; a Contributor is refused, and people are told', async () => {
    for (const role of ['fileOrganizer', 'organizer', 'writer'] as const) {
      const world = await shared(role);
      const lead = await world.lead('file_a', 'some text');
      await settled(world, world.mover(), 3);
      await world.store.leads.remove(world.site.id, [lead], { rows: false });
      await world.mover().run();
      const [left] = await world.there();
      const undeleted = world.store.drive.undeleted(world.site.id, 5).map(({ problem }) => problem?.code);
      const expected = { fileOrganizer: [true, []], organizer: [undefined, []], writer: [false, ['not_shared']] }[role];
      expect([role, left?.trashed, undeleted]).toEqual([role, ...expected]);
      if (role !== 'writer') continue;
      expect(world.store.files.get('file_a')?.leadId).toBeNull();
      await google.share(world.folder, world.account, 'organizer');
      await settled(world);
      expect([await world.there(), world.store.files.get('file_a')]).toEqual([[], null]);
    }
  });

  test('a member that was put out, or made a viewer', async () => {
    const world = await shared('fileOrganizer');
    await google.share(world.folder, world.account, 'reader');
    await world.lead('file_a', 'some text');
    await world.mover().run();
    expect(world.now()?.problem?.message).toContain(`make ${world.account} a Content manager`);
    await google.unshare(world.folder, world.account);
    world.clock.advance(HOUR_MS);
    await world.mover().run();
    expect(world.now()?.problem?.code).toBe('not_found');
    expect(world.onDisk()).toEqual(['file_a']);
  });
});

describe('deleted leads', () => {
  test('their files go from Drive too, whatever is in the way at first', async () => {
    const world = await connected();
    const lead = await world.lead('file_a', 'some text');
    await settled(world, world.mover(), 3);
    expect(await world.inDrive()).toHaveLength(1);
    await world.store.leads.remove(world.site.id, [lead], { rows: false });
    await google.faults([{ match: { kind: 'drive.delete' }, times: 2, fault: { kind: '503' } }]);
    await world.removeOwnerless();
    await world.mover().run();
    expect([(await world.inDrive()).length, world.now()?.problem?.code]).toEqual([1, 'google_down']);
    await settled(world);
    expect([await world.inDrive(), world.store.files.get('file_a'), world.now()?.problem]).toEqual([[], null, null]);
  });

  test('deleted, and the answer lost: asked for again, which finds nothing more', async () => {
    const world = await connected();
    const lead = await world.lead('file_a', 'some text');
    await settled(world, world.mover(), 3);
    await world.store.leads.remove(world.site.id, [lead], { rows: false });
    await google.faults([{ match: { kind: 'drive.delete' }, fault: { kind: '503After' } }]);
    await settled(world);
    expect([await world.inDrive(), world.store.files.get('file_a')]).toEqual([[], null]);
  });

  test('deleted while its last part was on the way: what comes through late goes as well', async () => {
    const world = await connected();
    const lead = await world.lead('file_a', 'some text');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'lateApply', answer: '503' } }]);
    await world.mover().run();
    await world.store.leads.remove(world.site.id, [lead], { rows: false });
    await world.removeOwnerless();
    world.clock.advance(60_000);
    await world.mover().run();
    // Not there, but it may come through yet.
    expect(world.store.drive.copy('file_a')).not.toBeNull();
    expect(world.store.drive.undeleted(world.site.id, 5)).toEqual([]);
    await google.releaseLate();
    expect(await world.inDrive()).toHaveLength(1);
    await settled(world);
    expect([await world.inDrive(), world.store.files.get('file_a')]).toEqual([[], null]);
  });

  test('deleted with its bytes here while it is on its way: that is no trouble, and nothing stays', async () => {
    const world = await connected();
    const lead = await world.lead('file_a', 'some text');
    await google.resetCalls();
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'slow', ms: 300 } }]);
    const run = world.mover().run();
    while ((await callsOf('drive.part')) === 0) await Bun.sleep(5);
    await world.store.leads.remove(world.site.id, [lead], { rows: false });
    await world.removeOwnerless();
    await run;
    expect([world.now()?.problem, world.onDisk()]).toEqual([null, []]);
    await settled(world);
    expect([await world.inDrive(), world.store.files.get('file_a')]).toEqual([[], null]);
  });

  test('deleted while the last of many slow parts was on the way: that it may come through late counts from then', async () => {
    const world = await connected();
    const lead = await world.lead('file_a', Buffer.alloc(MEBIBYTE + 1, 'a'));
    const driveOf = withCalls(world, ({ put }) => ({
      async put(session, bytes, at, signal) {
        if (at.offset > 0) {
          await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'lateApply', answer: '503' } }]);
        }
        const sent = await put(session, bytes, at, signal);
        if (at.offset === 0) world.clock.advance(HOUR_MS);
        return sent;
      },
    }));
    await createDriveMover({ ...world.deps, driveOf }).run();
    world.clock.advance(60_000);
    await world.store.leads.remove(world.site.id, [lead], { rows: false });
    await world.removeOwnerless();
    await world.store.drive.again(world.site.id);
    await world.mover().run();
    expect(world.store.drive.copy('file_a')).not.toBeNull();
    await google.releaseLate();
    await settled(world);
    expect([await world.inDrive(), world.store.files.get('file_a')]).toEqual([[], null]);
  });

  test('deleted before its id in Drive is known, a file keeps no other one waiting', async () => {
    const world = await connected();
    const lead = await world.lead('file_a', 'some text');
    await world.lead('file_b', 'other text');
    const driveOf = withCalls(world, ({ newId }) => ({
      async newId() {
        await world.store.leads.remove(world.site.id, [lead], { rows: false });
        await world.removeOwnerless();
        return newId();
      },
    }));
    await createDriveMover({ ...world.deps, driveOf }).run();
    expect([world.now()?.problem, (await world.inDrive()).length]).toEqual([null, 1]);
    expect(world.store.drive.copy('file_b')?.link).toBeString();
  });

  test('a file that somebody deleted in Drive is gone; one that only this sign-in does not see is told', async () => {
    const world = await connected();
    const leads = [await world.lead('file_a', 'a'), await world.lead('file_b', 'b')];
    await settled(world, world.mover(), 3);
    await google.deleteForever(world.store.drive.copy('file_a')?.driveId ?? '');
    await world.store.leads.remove(world.site.id, leads.slice(0, 1), { rows: false });
    await world.mover().run();
    expect(world.store.files.get('file_a')).toBeNull();
    await google.unshare(world.store.drive.copy('file_b')?.driveId ?? '', world.email);
    await google.unshare(world.now()?.folder ?? '', world.email);
    await world.store.leads.remove(world.site.id, leads.slice(1), { rows: false });
    await world.mover().run();
    expect(world.store.drive.undeleted(world.site.id, 5)).toMatchObject([
      { fileId: 'file_b', problem: { code: 'not_found' } },
    ]);
  });

  test('with an account that the site has left: told, and in the way of nothing', async () => {
    const world = await driveWorld(google);
    const token = await world.signIn();
    await world.keepThere();
    const lead = await world.lead('file_a', 'a');
    await settled(world, world.mover(), 3);
    await google.revokeRefreshToken(token);
    const other = await driveWorld(google);
    await other.signIn();
    const { store, site } = world;
    await store.drive.setSite(site.id, { account: 'other@example.com', folder: null, shared: false });
    await store.leads.remove(site.id, [lead], { rows: false });
    world.clock.advance(2 * HOUR_MS);
    await world.mover().run();
    expect(store.drive.undeleted(site.id, 5)).toMatchObject([{ fileId: 'file_a', account: world.email }]);
    await google.resetCalls();
    world.clock.advance(60_000);
    await world.mover().run();
    expect(await google.calls()).toEqual([]);
  });
});

describe('switched off again', () => {
  test('files stay where they are; what was begun is found out, and nothing new is sent', async () => {
    const world = await connected();
    const lead = await world.lead('file_there', 'there');
    await settled(world, world.mover(), 3);
    await world.lead('file_sent', 'sent');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503After' } }]);
    await world.mover().run();
    await world.lead('file_begun', 'begun');
    await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503' } }]);
    world.clock.advance(HOUR_MS);
    await world.mover().run();
    await world.lead('file_here', 'here');
    await world.store.drive.setSite(world.site.id, null);
    await settled(world);
    expect(world.onDisk()).toEqual(['file_begun', 'file_here']);
    expect((await world.inDrive()).map(({ content }) => content).toSorted()).toEqual(['sent', 'there']);
    expect(world.store.drive.copy('file_begun')).toBeNull();
    await world.store.leads.remove(world.site.id, [lead], { rows: false });
    await settled(world);
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['sent']);
    await world.keepThere();
    await settled(world);
    expect(world.onDisk()).toEqual([]);
  });
});

describe('what is not here', () => {
  test('a database from before a file went there finds it again, and no link is lost', async () => {
    const world = await connected();
    const { store, site } = world;
    const lead = await world.lead('file_a', 'some text');
    await settled(world, world.mover(), 3);
    // As that database knows it: here, and nothing of Drive.
    const items = [{ lead: (await import('../support/leads.ts')).newLead({}) }];
    await store.leads.accept({ siteId: site.id, items, idempotency: null });
    const { Database } = await import('bun:sqlite');
    const db = new Database(join(world.path, '../leadtosheet.db'));
    db.run("UPDATE file SET is_here = 1 WHERE id = 'file_a'");
    db.run('DELETE FROM drive_copy');
    db.close();
    store.refresh();
    await compareFiles(world.deps);
    expect(store.files.get('file_a')?.leadId).toBe(lead);
    await settled(world);
    expect(store.files.get('file_a')).toMatchObject({ leadId: lead, isHere: false });
    expect(store.drive.copy('file_a')?.driveId).toBe((await world.inDrive())[0]?.id);
    expect(await world.inDrive()).toHaveLength(1);
  });

  test('a database and files from before a file went there: it is not sent a second time, and goes with its lead', async () => {
    const world = await connected();
    const lead = await world.lead('file_a', 'a file');
    await world.mover().run();
    await world.store.drive.forgetCopy('file_a');
    expect([world.onDisk(), (await world.inDrive()).length]).toEqual([['file_a'], 1]);
    world.clock.advance(DAY_MS);
    await settled(world, world.mover(), 3);
    expect([world.onDisk(), (await world.inDrive()).length]).toEqual([[], 1]);
    await world.store.leads.remove(world.site.id, [lead], { rows: false });
    await settled(world);
    expect([await world.inDrive(), world.store.files.get('file_a')]).toEqual([[], null]);
  });

  test('a file that is nowhere is forgotten, but not where the whole folder is gone', async () => {
    const world = await connected();
    await world.lead('file_a', 'some text');
    await world.lead('file_b', 'other text');
    rmSync(join(world.own, 'file_a'));
    renameSync(world.own, `${world.own}-unmounted`);
    await world.mover().run();
    expect(world.now()?.problem?.code).toBe('file_unreadable');
    expect(world.store.files.get('file_a')).not.toBeNull();
    renameSync(`${world.own}-unmounted`, world.own);
    await settled(world);
    expect(world.store.files.get('file_a')).toBeNull();
    expect((await world.inDrive()).map(({ content }) => content)).toEqual(['other text']);
  });
});
