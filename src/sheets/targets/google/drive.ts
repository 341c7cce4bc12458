import type { ConnectionKind, SheetProblem } from '../../../store/sheets.ts';
import { record, records, text } from './answers.ts';
import type { Reply } from './api.ts';
import { ofFiles } from './drive-problems.ts';
import { type Call, createSend, type Send, type SendOptions } from './send.ts';
import { allowedGoogleUrl } from './urls.ts';

/** A file that is in Google Drive, as a whole: Drive shows none that is only half there. */
export interface DriveUpload {
  id: string;
  /** Where people open it. */
  link: string;
  /** Bytes; null: Google did not say. */
  size: number | null;
  /** Hex; null: Google did not say. */
  md5: string | null;
}

export interface DriveFolder {
  id: string;
  name: string;
  isFolder: boolean;
  trashed: boolean;
  /** It lies in a shared drive. */
  isShared: boolean;
  mayAdd: boolean;
  /** What lies in it may be deleted, or at least moved to the trash. */
  mayRemove: boolean;
}

export interface NewUpload {
  /** That Google set aside (`newId`); null: Google chooses one, and only `property` says which file it is. */
  id: string | null;
  name: string;
  description: string;
  folder: string;
  type: string;
  /** Bytes. */
  size: number;
  /** Our own id of it. */
  property: string;
}

/** Where an upload stands. `over`: the session has ended, or never was; only a look at the file tells how. */
export type UploadState = { state: 'done'; file: DriveUpload } | { state: 'at'; offset: number } | { state: 'over' };

/**
 * The calls of Drive v3 that keep files of leads there, for one account. Each takes its token by itself, has its own
 * time-out, and never throws for anything Google or the network does.
 */
export interface DriveApi {
  readonly email: string;
  readonly connectionKind: ConnectionKind;
  /**
   * An id for a file that is to be made. Google makes no second file with it, however often and however late it is
   * asked to (409): Drive guide "Manage uploads", pre-generated IDs.
   */
  newId(): Promise<Reply<string>>;
  /** null: there is none that this account sees. */
  folder(id: string): Promise<Reply<DriveFolder | null>>;
  /** The folder of this property in the account's own Drive; made where there is none. */
  ensureFolder(name: string, property: string): Promise<Reply<string>>;
  /** null: there is none, or not yet. */
  find(id: string): Promise<Reply<DriveUpload | null>>;
  /** By our own id, for files whose id in Drive is not known. What was made seconds ago may not be found yet. */
  findByProperty(property: string): Promise<Reply<DriveUpload | null>>;
  /** Begins a resumable upload. Returns the address that its bytes go to. */
  start(file: NewUpload): Promise<Reply<string>>;
  /** Sends a part of the file: a multiple of 256 KiB, but for the last. */
  put(
    session: string,
    bytes: Uint8Array<ArrayBuffer>,
    at: { offset: number; size: number },
    signal: AbortSignal,
  ): Promise<Reply<UploadState>>;
  /** Where an upload stands that was cut short. */
  ask(session: string, size: number): Promise<Reply<UploadState>>;
  /** Deletes a file for good; where the account may only move it to the trash, that. `missing`: it is not there. */
  remove(id: string): Promise<Reply<'deleted' | 'trashed' | 'missing'>>;
}

/** From an account's address to its Drive. */
export type DriveOf = (account: string) => Promise<{ ok: true; api: DriveApi } | { ok: false; problem: SheetProblem }>;

const READ_MS = 30_000;
/** Google works at a call for up to 180 s; and a part has to fit through a slow line. */
const WRITE_MS = 185_000;
/** Private to the project that the account belongs to; 124 bytes with its value. */
const FILE_PROPERTY = 'lts_file';
const FOLDER_PROPERTY = 'lts_folder';
const FOLDER = 'application/vnd.google-apps.folder';
const FILE_FIELDS = 'id,webViewLink,size,md5Checksum';
/** Without these, what lies in a shared drive is not there. */
const ALL_DRIVES = { supportsAllDrives: 'true' };
/** Google says either of a session that has ended. */
const SESSION_OVER = [404, 410];
const RESUME_INCOMPLETE = 308;

/** @throws Error for an address that is neither Google's nor on this machine; no call ever throws */
export function createDriveApi(options: SendOptions): DriveApi {
  if (!allowedGoogleUrl(options.urls.drive)) throw new Error('not an address of Google, nor of this machine');
  const { email, connectionKind } = options;
  const plain = createSend(options);
  const send: Send = async (call, read) => {
    const reply = await plain(call, read);
    return reply.ok ? reply : { ok: false, failure: ofFiles(reply.failure, { email, connectionKind }) };
  };
  return { email, connectionKind, ...folderCalls(send), ...uploadCalls(send), ...fileCalls(send) };
}

type Parts = Pick<Call, 'method' | 'path' | 'query'> & Partial<Call>;
const drive = (name: string, parts: Parts): Call => ({
  name,
  api: 'drive',
  quota: null,
  timeoutMs: parts.method === 'GET' ? READ_MS : WRITE_MS,
  ...parts,
});

const filePath = (id: string) => `/drive/v3/files/${encodeURIComponent(id)}`;

/** The newest file with this property, in the trash or not: what is there is there. */
function withProperty(name: string, value: string, fields: string, and = ''): Parts {
  const quoted = value.replace(/[\\']/g, '\\$&');
  return {
    method: 'GET',
    path: '/drive/v3/files',
    query: {
      q: `appProperties has { key='${name}' and value='${quoted}' } and trashed=false${and}`,
      fields: `files(${fields})`,
      includeItemsFromAllDrives: 'true',
      ...ALL_DRIVES,
    },
  };
}

/** null instead of a refusal because there is no such thing. */
async function unlessMissing<T>(call: Promise<Reply<T>>): Promise<Reply<T | null>> {
  const reply = await call;
  return !reply.ok && reply.failure.problem.code === 'not_found' ? { ok: true, value: null } : reply;
}

function folderCalls(send: Send): Pick<DriveApi, 'folder' | 'ensureFolder'> {
  return {
    folder: (id) =>
      unlessMissing(
        send(
          drive('folder', {
            method: 'GET',
            path: filePath(id),
            query: {
              fields:
                'id,name,mimeType,trashed,driveId,capabilities(canAddChildren,canDeleteChildren,canTrashChildren)',
              ...ALL_DRIVES,
            },
          }),
          readFolder,
        ),
      ),
    async ensureFolder(name, property) {
      const found = await send(
        drive('findFolder', withProperty(FOLDER_PROPERTY, property, 'id', ` and mimeType='${FOLDER}'`)),
        readIds,
      );
      if (!found.ok) return found;
      const [first] = found.value;
      if (first !== undefined) return { ok: true, value: first };
      return send(
        drive('createFolder', {
          method: 'POST',
          path: '/drive/v3/files',
          query: { fields: 'id' },
          body: { name, mimeType: FOLDER, appProperties: { [FOLDER_PROPERTY]: property } },
        }),
        (body) => text(record(body)?.id) || null,
      );
    },
  };
}

function uploadCalls(send: Send): Pick<DriveApi, 'newId' | 'start' | 'put' | 'ask'> {
  const toSession = (name: string, url: string, more: Pick<Call, 'bytes' | 'headers' | 'signal'>) =>
    send<UploadState>(
      {
        ...drive(name, { method: 'PUT', path: '', query: {}, url, ...more }),
        alsoGood: [RESUME_INCOMPLETE, ...SESSION_OVER],
      },
      (body, { status, headers }) => readState(body, status, headers),
    );
  return {
    newId: () =>
      send(
        drive('newId', {
          method: 'GET',
          path: '/drive/v3/files/generateIds',
          query: { count: '1', space: 'drive', type: 'files', fields: 'ids' },
        }),
        (body) => {
          const ids = record(body)?.ids;
          return (Array.isArray(ids) && text(ids[0])) || null;
        },
      ),
    start: ({ id, name, description, folder, type, size, property }) =>
      send(
        drive('startUpload', {
          method: 'POST',
          path: '/upload/drive/v3/files',
          query: { uploadType: 'resumable', fields: FILE_FIELDS, ...ALL_DRIVES },
          headers: { 'x-upload-content-type': type, 'x-upload-content-length': String(size) },
          body: {
            ...(id === null ? {} : { id }),
            ...{ name, description, mimeType: type, parents: [folder] },
            appProperties: { [FILE_PROPERTY]: property },
          },
        }),
        // Bytes of leads go to Google alone, wherever we are sent.
        (_, { headers }) => {
          const session = headers.get('location');
          return session !== null && allowedGoogleUrl(session) ? session : null;
        },
      ),
    put: (session, bytes, { offset, size }, signal) =>
      toSession('upload', session, {
        bytes,
        signal,
        headers: { 'content-range': `bytes ${offset}-${offset + bytes.length - 1}/${size}` },
      }),
    ask: (session, size) =>
      toSession('askUpload', session, { bytes: new Uint8Array(0), headers: { 'content-range': `bytes */${size}` } }),
  };
}

function fileCalls(send: Send): Pick<DriveApi, 'find' | 'findByProperty' | 'remove'> {
  return {
    find: (id) =>
      unlessMissing(
        send(
          drive('findFile', { method: 'GET', path: filePath(id), query: { fields: FILE_FIELDS, ...ALL_DRIVES } }),
          readUpload,
        ),
      ),
    findByProperty: (property) =>
      send(drive('findFile', withProperty(FILE_PROPERTY, property, FILE_FIELDS)), (body) => {
        const answer = record(body);
        // Wrapped, for null would say that this is no answer of Google's.
        return answer && { found: records(answer.files).map(readUpload)[0] ?? null };
      }).then((reply) => (reply.ok ? { ok: true, value: reply.value.found } : reply)),
    async remove(id) {
      const gone = await send<'deleted'>(
        drive('deleteFile', { method: 'DELETE', path: filePath(id), query: ALL_DRIVES }),
        () => 'deleted',
      );
      if (gone.ok) return gone;
      const { code } = gone.failure.problem;
      if (code === 'not_found') return { ok: true, value: 'missing' };
      if (code !== 'not_shared') return gone;
      // In a shared drive only a Manager deletes for good; a Content manager moves to the trash, which Google empties.
      const trashed = await send<'trashed'>(
        drive('trashFile', {
          method: 'PATCH',
          path: filePath(id),
          query: { fields: 'trashed', ...ALL_DRIVES },
          body: { trashed: true },
        }),
        (body) => (record(body)?.trashed === true ? 'trashed' : null),
      );
      return trashed;
    },
  };
}

function readUpload(body: unknown): DriveUpload | null {
  const file = record(body);
  const id = text(file?.id);
  if (file === null || id === '') return null;
  const size = text(file.size);
  return {
    id,
    link: linkOf(id, text(file.webViewLink)),
    size: /^\d+$/.test(size) ? Number(size) : null,
    md5: text(file.md5Checksum) || null,
  };
}

/** Where Google says people open it, if that is Google. */
function linkOf(id: string, given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  const isGoogle = url?.protocol === 'https:' && url.hostname.endsWith('.google.com');
  return isGoogle ? given : `https://drive.google.com/file/d/${encodeURIComponent(id)}/view`;
}

function readFolder(body: unknown): DriveFolder | null {
  const file = record(body);
  const id = text(file?.id);
  if (file === null || id === '') return null;
  const can = record(file.capabilities);
  return {
    id,
    name: text(file.name),
    isFolder: file.mimeType === FOLDER,
    trashed: file.trashed === true,
    isShared: text(file.driveId) !== '',
    mayAdd: can?.canAddChildren === true,
    mayRemove: can?.canDeleteChildren === true || can?.canTrashChildren === true,
  };
}

const readIds = (body: unknown): string[] | null => {
  const answer = record(body);
  return answer && records(answer.files).map((file) => text(file.id));
};

function readState(body: unknown, status: number, headers: Headers): UploadState | null {
  if (SESSION_OVER.includes(status)) return { state: 'over' };
  if (status === RESUME_INCOMPLETE) {
    // No range: nothing of it is kept yet.
    const last = /^bytes=0-(\d+)$/.exec(headers.get('range') ?? '')?.[1];
    return { state: 'at', offset: last === undefined ? 0 : Number(last) + 1 };
  }
  const file = readUpload(body);
  return file && { state: 'done', file };
}
