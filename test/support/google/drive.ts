import type { Call, CallKind } from './control-types.ts';
import { ApiError, badFields, invalid, scopeInsufficient } from './errors.ts';
import { type DriveFile, type Role, SPREADSHEET } from './files.ts';
import { applyMask, type Mask, parseMask } from './mask.ts';
import type { Principal } from './tokens.ts';
import { spreadsheetUrl } from './view.ts';
import type { World } from './world.ts';

/** Drive v3, as much of it as a program that writes spreadsheets needs. */

export interface DriveCall {
  readonly world: World;
  readonly principal: Principal;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly call: Call;
}

export interface DriveMethod {
  readonly kind: CallKind;
  readonly access: 'read' | 'write';
  readonly run: (call: DriveCall) => unknown;
}

const FILE_FIELDS = new Set(
  'kind id name mimeType trashed explicitlyTrashed driveId parents appProperties properties capabilities owners webViewLink createdTime modifiedTime ownedByMe shared permissions size description starred version md5Checksum'.split(
    ' ',
  ),
);
const WRITE_SCOPES = ['drive', 'drive.file'];
const READ_SCOPES = [...WRITE_SCOPES, 'drive.readonly', 'drive.metadata', 'drive.metadata.readonly'];

function checkScope(call: DriveCall, any: readonly string[]): void {
  if (!any.some((scope) => call.principal.scopes.has(scope))) throw scopeInsufficient();
}

function readFields(text: string, known: ReadonlySet<string> | undefined): Mask {
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
function view(call: DriveCall, file: DriveFile): unknown {
  const text = call.query.get('fields') ?? 'kind,id,name,mimeType';
  return applyMask(fileJson(call, file), readFields(text, FILE_FIELDS));
}

function fileJson({ world, principal }: DriveCall, file: DriveFile): Record<string, unknown> {
  const role = world.files.role(file, principal.email);
  const canEdit = role === 'owner' || role === 'writer';
  const appProperties = file.appProperties.get(principal.client);
  return {
    kind: 'drive#file',
    id: file.id,
    name: file.name,
    mimeType: file.mimeType,
    trashed: file.trashed,
    explicitlyTrashed: file.trashed,
    ...(file.driveId ? { driveId: file.driveId } : {}),
    parents: file.parents,
    ...(appProperties ? { appProperties } : {}),
    capabilities: { canEdit, canModifyContent: canEdit, canShare: canEdit, canTrash: role === 'owner' },
    owners: [{ kind: 'drive#user', emailAddress: file.owner, me: file.owner === principal.email }],
    ownedByMe: file.owner === principal.email,
    shared: file.roles.size > 1,
    webViewLink:
      file.mimeType === SPREADSHEET
        ? `${spreadsheetUrl(file.id)}?usp=drivesdk`
        : `https://drive.google.com/file/d/${file.id}/view`,
    createdTime: file.createdTime,
    modifiedTime: file.createdTime,
    ...(file.content === undefined ? {} : { size: String(Buffer.byteLength(file.content)) }),
    ...(canEdit ? { permissions: permissions(file) } : {}),
  };
}

const permissions = (file: DriveFile) =>
  [...file.roles].map(([email, role]) => ({
    kind: 'drive#permission',
    id: Buffer.from(email).toString('hex').slice(0, 20),
    type: email === 'anyone' ? 'anyone' : 'user',
    role,
    ...(email === 'anyone' ? {} : { emailAddress: email }),
  }));

const allDrives = (call: DriveCall): boolean => call.query.get('supportsAllDrives') === 'true';
const find = (call: DriveCall): DriveFile => call.world.files.forDrive(call.id, call.principal, allDrives(call));

interface FileBody {
  name?: unknown;
  mimeType?: unknown;
  parents?: unknown;
  appProperties?: unknown;
  trashed?: unknown;
}

function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the refusal below: broken JSON and JSON that is no object are refused alike.
  }
  throw badFields('Parse Error', '', 'Parse Error');
}

function make(call: DriveCall, body: FileBody, content?: string, contentType?: string): unknown {
  checkScope(call, WRITE_SCOPES);
  readFields(call.query.get('fields') ?? 'id', FILE_FIELDS);
  const { world, principal } = call;
  const parents = Array.isArray(body.parents) ? body.parents.map(String) : [];
  const folders = parents.map((id) => world.files.forDrive(id, principal, allDrives(call)));
  const driveId = folders.find((folder) => folder.driveId !== undefined)?.driveId;
  if (principal.serviceAccount && driveId === undefined) {
    throw new ApiError(403, 'PERMISSION_DENIED', "The user's Drive storage quota has been exceeded.", {
      reason: 'storageQuotaExceeded',
      domain: 'usageLimits',
    });
  }
  const file = world.files.create({
    name: typeof body.name === 'string' ? body.name : 'Untitled',
    mimeType: typeof body.mimeType === 'string' ? body.mimeType : (contentType ?? 'application/octet-stream'),
    owner: principal.email,
    createdAt: world.clock.now(),
    driveId,
    parents,
    client: principal.client,
    ...(content === undefined ? {} : { content }),
  });
  if (typeof body.appProperties === 'object' && body.appProperties !== null) {
    file.appProperties.set(principal.client, body.appProperties as Record<string, string>);
  }
  call.call.spreadsheetId = file.id;
  return view(call, file);
}

const create = (call: DriveCall): unknown => make(call, readJson(call.body));

/** Takes a multipart upload: metadata first, then the bytes. */
function upload(call: DriveCall): unknown {
  const boundary = /boundary="?([^";]+)"?/.exec(call.headers.get('content-type') ?? '')?.[1];
  if (call.query.get('uploadType') !== 'multipart' || boundary === undefined) {
    throw invalid('Only uploadType=multipart is supported by this stand-in.');
  }
  const parts = call.body.split(`--${boundary}`).slice(1, -1);
  const [meta = '', media = ''] = parts.map((part) => part.replace(/^\r?\n/, '').replace(/\r?\n$/, ''));
  const split = (part: string) => {
    const at = part.search(/\r?\n\r?\n/);
    return { head: part.slice(0, at), text: part.slice(at).replace(/^\r?\n\r?\n/, '') };
  };
  const type = /content-type:\s*([^\r\n;]+)/i.exec(split(media).head)?.[1];
  return make(call, readJson(split(meta).text), split(media).text, type);
}

function get(call: DriveCall): unknown {
  checkScope(call, READ_SCOPES);
  return view(call, find(call));
}

function update(call: DriveCall): unknown {
  checkScope(call, WRITE_SCOPES);
  const file = find(call);
  const role = call.world.files.role(file, call.principal.email);
  if (role !== 'owner' && role !== 'writer') throw noRights();
  const body = readJson(call.body) as FileBody;
  if (typeof body.trashed === 'boolean') {
    if (role !== 'owner') throw noRights();
    file.trashed = body.trashed;
  }
  if (typeof body.name === 'string') {
    file.name = body.name;
    if (file.sheet) file.sheet = { ...file.sheet, title: body.name };
  }
  return view(call, file);
}

const noRights = () =>
  new ApiError(403, 'PERMISSION_DENIED', 'The user does not have sufficient permissions for this file.', {
    reason: 'insufficientFilePermissions',
  });

function remove(call: DriveCall): unknown {
  checkScope(call, WRITE_SCOPES);
  const file = find(call);
  if (file.owner !== call.principal.email) throw noRights();
  call.world.files.deleteForever(file.id);
  return undefined;
}

/** The clauses of `q` that are understood, joined by `and`. */
function query(text: string, client: string): (file: DriveFile) => boolean {
  const tests = text.split(/\s+and\s+(?![^{]*\})/).map((clause): ((file: DriveFile) => boolean) => {
    const unquote = (value: string | undefined) => (value ?? '').replace(/\\(['\\])/g, '$1');
    const string = "'((?:[^'\\\\]|\\\\.)*)'";
    const match = (pattern: string) => new RegExp(`^\\s*${pattern}\\s*$`).exec(clause);
    const property = match(`appProperties has \\{\\s*key=${string} and value=${string}\\s*\\}`);
    if (property) {
      return (file) => file.appProperties.get(client)?.[unquote(property[1])] === unquote(property[2]);
    }
    const trashed = match('trashed\\s*=\\s*(true|false)');
    if (trashed) return (file) => file.trashed === (trashed[1] === 'true');
    const mime = match(`mimeType\\s*=\\s*${string}`);
    if (mime) return (file) => file.mimeType === unquote(mime[1]);
    const name = match(`name\\s*=\\s*${string}`);
    if (name) return (file) => file.name === unquote(name[1]);
    const parent = match(`${string} in parents`);
    if (parent) return (file) => file.parents.includes(unquote(parent[1]));
    throw invalid('Invalid Value');
  });
  return (file) => tests.every((test) => test(file));
}

function list(call: DriveCall): unknown {
  checkScope(call, READ_SCOPES);
  const { world, principal } = call;
  const test = query(call.query.get('q') ?? 'trashed = false', principal.client);
  const shared = call.query.get('includeItemsFromAllDrives') === 'true';
  const files = world.files
    .all()
    .filter((file) => world.files.visible(file, principal) && (!file.driveId || shared) && test(file));
  const mask = readFields(call.query.get('fields') ?? 'kind,files(kind,id,name,mimeType)', undefined);
  return applyMask({ kind: 'drive#fileList', files: files.map((file) => fileJson(call, file)) }, mask);
}

function share(call: DriveCall): unknown {
  checkScope(call, WRITE_SCOPES);
  const file = find(call);
  const mine = call.world.files.role(file, call.principal.email);
  if (mine !== 'owner' && mine !== 'writer') throw noRights();
  const { role, type, emailAddress } = readJson(call.body);
  const roles: Record<string, Role> = { writer: 'writer', reader: 'reader', commenter: 'reader' };
  const given = roles[String(role)];
  if (given === undefined || (type !== 'user' && type !== 'anyone')) throw invalid('The permission is invalid.');
  if (type === 'user' && !/^[^@\s]+@[^@\s]+$/.test(String(emailAddress))) {
    throw new ApiError(
      400,
      'INVALID_ARGUMENT',
      'The specified emailAddress is invalid or not applicable for the given permission type.',
      { reason: 'invalid' },
    );
  }
  const who = type === 'anyone' ? 'anyone' : String(emailAddress);
  if (file.roles.get(who) !== 'owner') file.roles.set(who, given);
  const entry = permissions(file).find((each) => (each.emailAddress ?? 'anyone') === who);
  return applyMask(entry, readFields(call.query.get('fields') ?? 'kind,id,type,role', undefined));
}

function listPermissions(call: DriveCall): unknown {
  checkScope(call, READ_SCOPES);
  return { kind: 'drive#permissionList', permissions: permissions(find(call)) };
}

function about(call: DriveCall): unknown {
  checkScope(call, READ_SCOPES);
  const fields = call.query.get('fields');
  if (fields === null) throw invalid('The fields parameter is required for this method.');
  const { email } = call.principal;
  const user = { kind: 'drive#user', displayName: email.split('@')[0], me: true, emailAddress: email };
  return applyMask(
    { kind: 'drive#about', user, storageQuota: { limit: '16106127360', usage: '0' } },
    readFields(fields, undefined),
  );
}

const METHODS: readonly [string, RegExp, DriveMethod][] = [
  ['POST', /^\/drive\/v3\/files$/, { kind: 'drive.create', access: 'write', run: create }],
  ['POST', /^\/upload\/drive\/v3\/files$/, { kind: 'drive.upload', access: 'write', run: upload }],
  ['GET', /^\/drive\/v3\/files$/, { kind: 'drive.list', access: 'read', run: list }],
  ['GET', /^\/drive\/v3\/files\/([^/]+)$/, { kind: 'drive.get', access: 'read', run: get }],
  ['PATCH', /^\/drive\/v3\/files\/([^/]+)$/, { kind: 'drive.update', access: 'write', run: update }],
  ['DELETE', /^\/drive\/v3\/files\/([^/]+)$/, { kind: 'drive.delete', access: 'write', run: remove }],
  ['POST', /^\/drive\/v3\/files\/([^/]+)\/permissions$/, { kind: 'drive.share', access: 'write', run: share }],
  [
    'GET',
    /^\/drive\/v3\/files\/([^/]+)\/permissions$/,
    { kind: 'drive.permissions', access: 'read', run: listPermissions },
  ],
  ['GET', /^\/drive\/v3\/about$/, { kind: 'drive.about', access: 'read', run: about }],
];

/** Finds the method of a Drive path. */
export function driveMethod(verb: string, path: string): { method: DriveMethod; id: string } | undefined {
  for (const [wanted, pattern, method] of METHODS) {
    const match = wanted === verb ? pattern.exec(path) : null;
    if (match) return { method, id: decodeURIComponent(match[1] ?? '') };
  }
  return undefined;
}
