import { createHash } from 'node:crypto';
import type { Call, CallKind } from './control-types.ts';
import { ApiError, badFields, invalid, scopeInsufficient } from './errors.ts';
import { type DriveFile, FOLDER, type Role, SPREADSHEET } from './files.ts';
import { applyMask, type Mask, parseMask } from './mask.ts';
import type { Principal } from './tokens.ts';
import { spreadsheetUrl } from './view.ts';
import type { World } from './world.ts';

/** What the methods of Drive v3 share: who may do what, and how a file is made and shown. */

export interface DriveCall {
  readonly world: World;
  readonly principal: Principal;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** The same as it came. */
  readonly bytes: Buffer;
  readonly headers: ReadonlyMap<string, string>;
  readonly call: Call;
}

export interface DriveMethod {
  readonly kind: CallKind;
  readonly access: 'read' | 'write';
  /** Whoever has the address of the session may: no token is needed. */
  readonly bySession?: true;
  readonly run: (call: DriveCall) => unknown;
}

const FILE_FIELDS = new Set(
  'kind id name mimeType trashed explicitlyTrashed driveId parents appProperties properties capabilities owners webViewLink createdTime modifiedTime ownedByMe shared permissions size description starred version md5Checksum'.split(
    ' ',
  ),
);
export const WRITE_SCOPES = ['drive', 'drive.file'];
export const READ_SCOPES = [...WRITE_SCOPES, 'drive.readonly', 'drive.metadata', 'drive.metadata.readonly'];

export function checkScope(call: DriveCall, any: readonly string[]): void {
  if (!any.some((scope) => call.principal.scopes.has(scope))) throw scopeInsufficient();
}

export function readFields(text: string, known: ReadonlySet<string> | undefined): Mask {
  let mask: Mask;
  try {
    mask = parseMask(text);
  } catch {
    throw invalid(`Invalid field selection ${text}`);
  }
  const wrong = known && Object.keys(mask).find((name) => name !== '*' && !known.has(name));
  if (wrong !== undefined) {
    throw new ApiError(400, 'INVALID_ARGUMENT', `Invalid field selection ${wrong}`, { reason: 'invalidParameter' });
  }
  return mask;
}

/** Drive answers with four fields unless it is asked for others. */
export function view(call: DriveCall, file: DriveFile): unknown {
  const text = call.query.get('fields') ?? 'kind,id,name,mimeType';
  return applyMask(fileJson(call, file), readFields(text, FILE_FIELDS));
}

export function fileJson({ world, principal }: DriveCall, file: DriveFile): Record<string, unknown> {
  const role = world.files.role(file, principal.email);
  const canEdit = mayEdit(role);
  const isTrashed = world.files.isTrashed(file);
  const appProperties = file.appProperties.get(principal.client);
  return {
    kind: 'drive#file',
    id: file.id,
    name: file.name,
    mimeType: file.mimeType,
    trashed: isTrashed,
    explicitlyTrashed: file.trashed,
    ...(file.driveId ? { driveId: file.driveId } : {}),
    parents: file.parents,
    ...(appProperties ? { appProperties } : {}),
    capabilities: {
      canEdit,
      canModifyContent: canEdit,
      canShare: canEdit,
      canTrash: mayTrash(role),
      canDelete: mayDelete(role),
      ...(file.mimeType === FOLDER
        ? { canAddChildren: canEdit, canTrashChildren: mayTrash(role), canDeleteChildren: mayDelete(role) }
        : {}),
    },
    owners: [{ kind: 'drive#user', emailAddress: file.owner, me: file.owner === principal.email }],
    ownedByMe: file.owner === principal.email,
    shared: file.roles.size > 1,
    webViewLink:
      file.mimeType === SPREADSHEET
        ? `${spreadsheetUrl(file.id)}?usp=drivesdk`
        : `https://drive.google.com/file/d/${file.id}/view`,
    createdTime: file.createdTime,
    modifiedTime: file.createdTime,
    ...(file.content === undefined
      ? {}
      : { size: String(file.content.length), md5Checksum: createHash('md5').update(file.content).digest('hex') }),
    ...(canEdit ? { permissions: permissions(file) } : {}),
  };
}

export const permissions = (file: DriveFile) =>
  [...file.roles].map(([email, role]) => ({
    kind: 'drive#permission',
    id: Buffer.from(email).toString('hex').slice(0, 20),
    type: email === 'anyone' ? 'anyone' : 'user',
    role,
    ...(email === 'anyone' ? {} : { emailAddress: email }),
  }));

export const allDrives = (call: DriveCall): boolean => call.query.get('supportsAllDrives') === 'true';
export const find = (call: DriveCall): DriveFile => call.world.files.forDrive(call.id, call.principal, allDrives(call));

export interface FileBody {
  id?: unknown;
  name?: unknown;
  mimeType?: unknown;
  parents?: unknown;
  appProperties?: unknown;
  trashed?: unknown;
}

export function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the refusal below: broken JSON and JSON that is no object are refused alike.
  }
  throw badFields('Parse Error', '', 'Parse Error');
}

/** Whether a role in the file, or in the shared drive that it lies in, allows this. */
export const mayEdit = (role: Role | undefined): boolean => role !== undefined && role !== 'reader';
export const mayTrash = (role: Role | undefined): boolean =>
  role === 'owner' || role === 'organizer' || role === 'fileOrganizer';
export const mayDelete = (role: Role | undefined): boolean => role === 'owner' || role === 'organizer';

export const noRights = (): ApiError =>
  new ApiError(403, 'PERMISSION_DENIED', 'The user does not have sufficient permissions for this file.', {
    reason: 'insufficientFilePermissions',
  });

const storageFull = (): ApiError =>
  new ApiError(403, 'PERMISSION_DENIED', "The user's Drive storage quota has been exceeded.", {
    reason: 'storageQuotaExceeded',
    domain: 'usageLimits',
  });

/** Refuses what can't be made: in a folder that is none of the caller's, with an id that is not, without room. */
export function checkNew(call: DriveCall, body: FileBody): { folders: DriveFile[]; driveId: string | undefined } {
  checkScope(call, WRITE_SCOPES);
  readFields(call.query.get('fields') ?? 'id', FILE_FIELDS);
  const { world, principal } = call;
  const parents = Array.isArray(body.parents) ? body.parents.map(String) : [];
  const folders = parents.map((id) => world.files.forDrive(id, principal, allDrives(call)));
  if (folders.some((folder) => folder.mimeType === FOLDER && !mayEdit(world.files.role(folder, principal.email))))
    throw noRights();
  const properties = Object.entries((body.appProperties ?? {}) as Record<string, string>);
  if (properties.some(([name, value]) => Buffer.byteLength(name + value) > MAX_PROPERTY)) {
    throw invalid('Properties and app properties are limited to 124 bytes.');
  }
  if (body.id !== undefined) {
    const id = String(body.id);
    if (world.files.find(id)) {
      throw new ApiError(409, 'ALREADY_EXISTS', 'A file already exists with the provided ID.', {
        reason: 'fileIdInUse',
      });
    }
    const isUsable = world.files.reserved.get(id) === principal.email && String(body.mimeType) !== SPREADSHEET;
    if (!isUsable)
      throw new ApiError(400, 'INVALID_ARGUMENT', 'The provided file ID is not usable.', { reason: 'invalid' });
  }
  const driveId = folders.find((folder) => folder.driveId !== undefined)?.driveId;
  if (driveId !== undefined && body.id !== undefined && !world.behaviour.idsInSharedDrives) {
    throw new ApiError(400, 'INVALID_ARGUMENT', 'The provided file ID is not usable.', { reason: 'invalid' });
  }
  const isFull = body.mimeType !== FOLDER && world.files.full.has(principal.email);
  if ((principal.serviceAccount && driveId === undefined) || isFull) throw storageFull();
  return { folders, driveId };
}

const MAX_PROPERTY = 124;

export function make(call: DriveCall, body: FileBody, content?: Buffer, contentType?: string): unknown {
  const { folders, driveId } = checkNew(call, body);
  const { world, principal } = call;
  const file = world.files.create({
    ...(body.id === undefined ? {} : { id: String(body.id) }),
    name: typeof body.name === 'string' ? body.name : 'Untitled',
    mimeType: typeof body.mimeType === 'string' ? body.mimeType : (contentType ?? 'application/octet-stream'),
    owner: principal.email,
    createdAt: world.clock.now(),
    driveId,
    parents: folders.map(({ id }) => id),
    client: principal.client,
    ...(content === undefined ? {} : { content }),
  });
  if (typeof body.appProperties === 'object' && body.appProperties !== null) {
    file.appProperties.set(principal.client, body.appProperties as Record<string, string>);
  }
  call.call.spreadsheetId = file.id;
  return view(call, file);
}
