import {
  checkScope,
  type DriveCall,
  type DriveMethod,
  type FileBody,
  fileJson,
  find,
  make,
  mayDelete,
  mayEdit,
  mayTrash,
  noRights,
  permissions,
  READ_SCOPES,
  readFields,
  readJson,
  view,
  WRITE_SCOPES,
} from './drive-files.ts';
import { uploadMethod } from './drive-uploads.ts';
import { ApiError, invalid } from './errors.ts';
import type { DriveFile, Files, Role } from './files.ts';
import { applyMask } from './mask.ts';

export type { DriveMethod } from './drive-files.ts';

/** Drive v3, as much of it as a program needs that writes spreadsheets and keeps files. */

const create = (call: DriveCall): unknown => make(call, readJson(call.body));

function get(call: DriveCall): unknown {
  checkScope(call, READ_SCOPES);
  return view(call, find(call));
}

function update(call: DriveCall): unknown {
  checkScope(call, WRITE_SCOPES);
  const file = find(call);
  const role = call.world.files.role(file, call.principal.email);
  if (!mayEdit(role)) throw noRights();
  const body = readJson(call.body) as FileBody;
  if (typeof body.trashed === 'boolean') {
    if (!mayTrash(role)) throw noRights();
    file.trashed = body.trashed;
  }
  if (typeof body.name === 'string') {
    file.name = body.name;
    if (file.sheet) file.sheet = { ...file.sheet, title: body.name };
  }
  return view(call, file);
}

function remove(call: DriveCall): unknown {
  checkScope(call, WRITE_SCOPES);
  const file = find(call);
  if (!mayDelete(call.world.files.role(file, call.principal.email))) throw noRights();
  call.world.files.deleteForever(file.id);
  return undefined;
}

/** The clauses of `q` that are understood, joined by `and`. */
function query(text: string, client: string, files: Files): (file: DriveFile) => boolean {
  const tests = text.split(/\s+and\s+(?![^{]*\})/).map((clause): ((file: DriveFile) => boolean) => {
    const unquote = (value: string | undefined) => (value ?? '').replace(/\\(['\\])/g, '$1');
    const string = "'((?:[^'\\\\]|\\\\.)*)'";
    const match = (pattern: string) => new RegExp(`^\\s*${pattern}\\s*$`).exec(clause);
    const property = match(`appProperties has \\{\\s*key=${string} and value=${string}\\s*\\}`);
    if (property) {
      return (file) => file.appProperties.get(client)?.[unquote(property[1])] === unquote(property[2]);
    }
    const trashed = match('trashed\\s*=\\s*(true|false)');
    if (trashed) return (file) => files.isTrashed(file) === (trashed[1] === 'true');
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
  const test = query(call.query.get('q') ?? 'trashed = false', principal.client, world.files);
  const shared = call.query.get('includeItemsFromAllDrives') === 'true';
  const isListed = (file: DriveFile) => world.behaviour.listed || file.content === undefined;
  const files = world.files
    .all()
    .filter(
      (file) => world.files.visible(file, principal) && (!file.driveId || shared) && isListed(file) && test(file),
    );
  const mask = readFields(call.query.get('fields') ?? 'kind,files(kind,id,name,mimeType)', undefined);
  return applyMask({ kind: 'drive#fileList', files: files.map((file) => fileJson(call, file)) }, mask);
}

function share(call: DriveCall): unknown {
  checkScope(call, WRITE_SCOPES);
  const file = find(call);
  const mine = call.world.files.role(file, call.principal.email);
  if (!mayEdit(mine)) throw noRights();
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

/** Ids that files may be made with, for this user alone. */
function generateIds(call: DriveCall): unknown {
  checkScope(call, WRITE_SCOPES);
  const count = Number(call.query.get('count') ?? '10');
  if (!Number.isInteger(count) || count < 1 || count > 1000) throw invalid('Invalid value for count.');
  const ids = Array.from({ length: count }, () => call.world.files.reserve(call.principal.email));
  const mask = readFields(call.query.get('fields') ?? 'kind,space,ids', undefined);
  return applyMask({ kind: 'drive#generatedIds', space: 'drive', ids }, mask);
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
  ['GET', /^\/drive\/v3\/files\/generateIds$/, { kind: 'drive.ids', access: 'read', run: generateIds }],
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
  const upload = uploadMethod(verb, path);
  if (upload) return { method: upload, id: '' };
  for (const [wanted, pattern, method] of METHODS) {
    const match = wanted === verb ? pattern.exec(path) : null;
    if (match) return { method, id: decodeURIComponent(match[1] ?? '') };
  }
  return undefined;
}
