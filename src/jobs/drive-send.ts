import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { daysUntil } from '../lib/days.ts';
import { unlessMissing } from '../lib/file-system.ts';
import type { Reply } from '../sheets/targets/google/api.ts';
import type { DriveApi, DriveUpload, UploadState } from '../sheets/targets/google/drive.ts';
import type { DriveCopy } from '../store/drive.ts';
import type { StoredFile } from '../store/files.ts';
import { type AtSite, paused, type Sent, type Trouble } from './drive.ts';
import { found } from './drive-folder.ts';
import { LOOK_AGAIN_MS, SETTLED_MS } from './drive-wait.ts';

/** Addresses of uploads under way, by file. In memory: after a restart a file is sent from its beginning. */
export type Sessions = Map<string, { url: string; driveId: string | null }>;

type Sending = AtSite & { sessions: Sessions };

/** What is in memory of a file at any time: Google wants multiples of 256 KiB, and 5 KiB a second are enough for one. */
const PART_BYTES = 1_048_576;
/** A try that goes on is noted anew this often: what comes through late counts from its last part. */
const NOTED_MS = 60_000;
/** Google's list may be this long behind. */
const LISTED_MS = 120_000;

const waits = (trouble: Trouble): Sent => ({ kind: 'waits', trouble });
/** What Google says no to for this one file alone. */
const failed = (trouble: Trouble): Sent => ({ kind: trouble.kind === 'request' ? 'refused' : 'waits', trouble });

/** Brings one file to Drive, or finds that it is there already. @throws errors of the file system */
export async function sendFile(at: Sending, file: StoredFile): Promise<Sent> {
  const path = await at.files.folder.find(file);
  const before = await earlier(at, file, path);
  if (before !== null) return before;
  return path === null ? await lost(at, file) : await upload(at, file, path);
}

/** For a site that keeps its files here again: what was begun is found out, and nothing new is sent. */
export async function settleBegun(at: AtSite, file: StoredFile): Promise<Sent> {
  const { store, clock, files } = at;
  const before = await earlier(at, file, await files.folder.find(file));
  if (before !== null) return before;
  const copy = store.drive.copy(file.id);
  if (copy !== null && clock.now() - copy.triedAt < SETTLED_MS)
    return { kind: 'later', atMs: copy.triedAt + SETTLED_MS };
  await store.drive.forgetCopy(file.id);
  return { kind: 'gone' };
}

/** What an earlier try came to; null: to nothing. */
async function earlier(at: AtSite, file: StoredFile, path: string | null): Promise<Sent | null> {
  const { store, clock } = at;
  const copy = store.drive.copy(file.id);
  // Not begun, as far as this database knows; but it may be one that was restored from a backup.
  if (copy === null && path !== null && file.createdAt >= at.since) return null;
  const api = await apiOf(at, copy);
  if (api === null) return null;
  const there = await lookFor(api, file.id, copy);
  if (!there.ok) return waits(there.failure);
  if (there.value === null) {
    const isUnlisted = copy?.driveId === null && clock.now() - copy.triedAt < LISTED_MS;
    return isUnlisted ? { kind: 'later', atMs: copy.triedAt + LISTED_MS } : null;
  }
  if (await isSame(there.value, file, path)) return await keep(at, file, there.value, api.email);
  return await dropOther(at, api, file, there.value);
}

/** The Drive that a file was begun in, which may be another than the site's by now; null: it can't be asked. */
async function apiOf({ api, driveOf }: AtSite, copy: DriveCopy | null): Promise<DriveApi | null> {
  if (copy === null || copy.account === api.email) return api;
  const made = await driveOf(copy.account);
  return made.ok ? made.api : null;
}

export const lookFor = (api: DriveApi, fileId: string, copy: DriveCopy | null): Promise<Reply<DriveUpload | null>> =>
  copy?.driveId ? api.find(copy.driveId) : api.findByProperty(fileId);

/** Bytes are let go of only for a copy that is the same. */
async function isSame({ size, md5 }: DriveUpload, file: StoredFile, path: string | null): Promise<boolean> {
  if (size !== null && size !== file.size) return false;
  return md5 === null || path === null || md5 === (await md5Of(path));
}

async function md5Of(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('md5');
  for await (const bytes of Bun.file(path).stream()) hasher.update(bytes);
  return hasher.digest('hex');
}

async function keep({ store }: AtSite, file: StoredFile, there: DriveUpload, account: string): Promise<Sent> {
  if (store.drive.copy(file.id) === null) await store.drive.begin(file, { account, driveId: there.id });
  await store.drive.keep(file.id, { driveId: there.id, link: there.link });
  return { kind: 'kept' };
}

/** What is there is not what is here: it goes, and the file gets another id. */
async function dropOther(at: AtSite, api: DriveApi, file: StoredFile, there: DriveUpload): Promise<Sent> {
  const gone = await api.remove(there.id);
  if (!gone.ok) return waits(gone.failure);
  await at.store.drive.forgetCopy(file.id);
  at.log.warn('drive.damaged', { site: at.site.siteId, file: file.id });
  return waits(found(api, 'google_down', 'the file in Drive differs from the one that was sent'));
}

/** Neither here nor there. Not where the whole folder is gone: then a disk is not there, say. */
async function lost({ store, files, site, log }: AtSite, file: StoredFile): Promise<Sent> {
  if ((await unlessMissing(stat(join(files.folder.path, site.siteId)))) === null) {
    return waits(paused(NO_FOLDER, LOOK_AGAIN_MS));
  }
  await store.drive.forgetCopy(file.id);
  await store.files.forget([file.id]);
  log.warn('drive.missing', { site: site.siteId, file: file.id });
  return { kind: 'gone' };
}

const NO_FOLDER = {
  code: 'file_unreadable',
  message: "The site's folder below files in the data folder is not there. Is its disk mounted?",
  technical: null,
};

async function upload(at: Sending, file: StoredFile, path: string): Promise<Sent> {
  const { api, sessions } = at;
  const known = sessions.get(file.id);
  const begun = known ? await api.ask(known.url, file.size) : await begin(at, file);
  if (!begun.ok) return failed(begun.failure);
  const url = sessions.get(file.id)?.url ?? '';
  const sent = await sendParts(at, file, { path, url, from: begun.value });
  if (!sent.ok) return failed(sent.failure);
  sessions.delete(file.id);
  const { value } = sent;
  if (value.state !== 'done') return waits(found(api, 'google_down', 'the upload was over before its end'));
  return (await isSame(value.file, file, path))
    ? await keep(at, file, value.file, api.email)
    : await dropOther(at, api, file, value.file);
}

/** Begins an upload, under an id that is committed before. */
async function begin(at: Sending, file: StoredFile): Promise<Reply<UploadState>> {
  const { store, api, site, sessions } = at;
  const id = await idFor(at, file);
  if (!id.ok) return id;
  let started = await startWith(at, file, id.value);
  // Should a shared drive take no ids that were set aside: the file's property says which it is then.
  if (!started.ok && started.failure.problem.code === 'bad_request' && id.value !== null && site.shared) {
    await store.drive.begin(file, { account: api.email, driveId: null });
    started = await startWith(at, file, null);
  }
  if (!started.ok) return started;
  sessions.set(file.id, { url: started.value, driveId: id.value });
  return { ok: true, value: { state: 'at', offset: 0 } };
}

async function idFor({ store, api }: AtSite, file: StoredFile): Promise<Reply<string | null>> {
  const copy = store.drive.copy(file.id);
  const reuses = copy?.account === api.email;
  const id: Reply<string | null> = reuses ? { ok: true, value: copy.driveId } : await api.newId();
  if (id.ok) await store.drive.begin(file, { account: api.email, driveId: id.value });
  return id;
}

function startWith({ store, api, site }: AtSite, file: StoredFile, id: string | null): Promise<Reply<string>> {
  const timeZone = store.sites.get(site.siteId)?.timezone ?? 'UTC';
  const [day] = daysUntil(file.createdAt, 1, timeZone);
  return api.start({
    id,
    name: `${day?.day ?? ''} ${file.name}`.trim(),
    description: `Came with the lead ${file.leadId}.`,
    folder: site.folder ?? '',
    type: file.type,
    size: file.size,
    property: file.id,
  });
}

async function noteTry({ store, clock }: AtSite, file: StoredFile): Promise<void> {
  const copy = store.drive.copy(file.id);
  if (copy !== null && clock.now() - copy.triedAt > NOTED_MS) await store.drive.begin(file, copy);
}

const isAhead = (stands: UploadState, offset: number) => stands.state !== 'at' || stands.offset > offset;

/** Sends what is left, a part at a time, from where Google says it stands. */
async function sendParts(
  at: AtSite,
  file: StoredFile,
  { path, url, from }: { path: string; url: string; from: UploadState },
): Promise<Reply<UploadState>> {
  const { api, signal } = at;
  const source = await open(path, 'r');
  const part = new Uint8Array(Math.min(PART_BYTES, file.size));
  try {
    let stands = from;
    while (stands.state === 'at') {
      const { offset } = stands;
      await noteTry(at, file);
      const { bytesRead } = await source.read(part, 0, Math.min(part.length, file.size - offset), offset);
      let reply = await api.put(url, part.subarray(0, bytesRead), { offset, size: file.size }, signal);
      // Sent twice by the network, a part is refused where it was taken the first time: how far it is says which it was.
      if (!reply.ok && reply.failure.problem.code === 'bad_request') {
        const asked = await api.ask(url, file.size);
        if (asked.ok && isAhead(asked.value, offset)) reply = asked;
      }
      if (!reply.ok) return reply;
      // Without headway it would go on for ever.
      if (!isAhead(reply.value, offset)) return { ok: true, value: { state: 'over' } };
      stands = reply.value;
    }
    return { ok: true, value: stands };
  } finally {
    await source.close();
  }
}
