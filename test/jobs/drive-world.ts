import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGoogleAccess } from '../../src/google-access.ts';
import { createFileDesk } from '../../src/intake/files/desk.ts';
import { removeOwnerless } from '../../src/intake/files/ownerless.ts';
import { createDriveMover } from '../../src/jobs/drive.ts';
import { createVault } from '../../src/lib/crypto.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import { urlsOf } from '../sheets/google-connection.ts';
import { TestClock } from '../support/clock.ts';
import type { FakeGoogle } from '../support/google/client.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';

const DRIVE_FILE = 'https://www.googleapis.com/auth/drive.file';

/** A store with a site, its folder of files, and a person's Google account that is connected to it. */
export async function driveWorld(google: FakeGoogle) {
  const clock = new TestClock(Date.now());
  const { store, dir } = testStore({ clock });
  const site = await store.sites.create({ name: 'Shop', timezone: 'Asia/Tokyo' });
  const path = join(dir, 'files');
  const own = join(path, site.id);
  mkdirSync(own, { recursive: true });
  const settings = { path, maxFile: 1e9, maxUpload: 1e9, quota: 1e12, linkLifetimeMs: null };
  const vault = createVault('a secret for tests, 32 characters');
  const files = createFileDesk({ settings, store, vault, clock, ids: randomIds(), log: silentLog });
  const email = `alice-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const client = await google.registerOAuthClient();
  const { clientId, clientSecret } = client;
  const access = createGoogleAccess({
    google: { client: { id: clientId, secret: clientSecret }, serviceAccountFile: null, urls: urlsOf(google) },
    sheets: store.sheets,
    vault,
    clock,
    log: silentLog,
  });
  const signIn = async () => {
    const { refresh_token } = await google.grantOAuth({ email, clientId, clientSecret, scopes: [DRIVE_FILE] });
    const grant = { email, refreshToken: refresh_token, scopes: DRIVE_FILE, endsAfterDays: null, hint: null };
    await access.keepGrant(grant);
    return refresh_token;
  };
  const stopping = new AbortController();
  const deps = {
    store,
    files,
    driveOf: access.driveOf,
    clock,
    random: () => 0.5,
    log: silentLog,
    signal: stopping.signal,
  };
  const mover = () => createDriveMover(deps);

  /** A lead with a file of these bytes that is stored, and on the disk. */
  async function lead(id: string, bytes: string | Uint8Array, name = `${id}.txt`): Promise<string> {
    const size = Buffer.byteLength(bytes);
    const file = { id, name, size, type: 'text/plain', path: `${site.id}/${id}` };
    const items = [{ lead: newLead({ Name: 'Alice' }, { files: [file] }) }];
    writeFileSync(join(own, id), bytes);
    const outcome = await store.leads.accept({ siteId: site.id, items, idempotency: null });
    if (outcome.kind !== 'accepted' || outcome.results[0]?.status !== 'created') throw new Error('not stored');
    return outcome.results[0].lead.id;
  }

  /** What this account, and whoever shares a folder with it, has in Drive of our files. */
  const inDrive = async () =>
    (await google.files()).filter(({ owner, mimeType }) => owner === email && mimeType === 'text/plain');

  return {
    ...{
      google,
      clock,
      store,
      site,
      path,
      own,
      vault,
      files,
      email,
      client,
      access,
      deps,
      stopping,
      mover,
      lead,
      inDrive,
    },
    signIn,
    onDisk: () => (existsSync(own) ? readdirSync(own).sort() : []),
    /** As the server's own clock does it. */
    removeOwnerless: () => removeOwnerless(store.files, files.folder),
    keepThere: () => store.drive.setSite(site.id, { account: email, folder: null, shared: false }),
    now: () => store.drive.site(site.id),
  };
}

export type DriveWorld = Awaited<ReturnType<typeof driveWorld>>;
