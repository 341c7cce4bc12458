import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds everything, ready for use. */
export interface DataDir {
  path: string;
  /** What keys are hashed and stored secrets encrypted with. */
  secret: string;
  /** Tells this installation from a copy of it; in no backup. Spec 4. */
  instanceId: string;
  databasePath: string;
  /** The root of the local workbooks, `<site id>/<tab>.csv` below it. */
  sheetsPath: string;
  /** The files that came with leads. */
  filesPath: string;
  /** What the operator should know and is no reason to stop. */
  warnings: string[];
}

export type DataDirResult = { ok: true; dir: DataDir } | { ok: false; problem: string };

/** Where things lie in the data folder. */
export function dataPaths(path: string) {
  return {
    database: join(path, 'leadtosheet.db'),
    secret: join(path, 'secret'),
    instance: join(path, 'instance'),
    lock: join(path, 'server.lock'),
    sheets: join(path, 'sheets'),
    imports: join(path, 'imports'),
    files: join(path, 'files'),
  };
}

const SECRET_BYTES = 32;
const INSTANCE_BYTES = 12;
/** As `LTS_SECRET` asks for. */
const SECRET_MIN = 32;

/**
 * Makes the folder (mode 0700), its secret and its instance id where they are missing. Safe while another
 * process does the same: both end up with one secret. Spec 7, "Settings"; spec 4 for the instance id.
 * @param secret `LTS_SECRET`; null: the one in the folder
 * @returns the folder, or a sentence that says what is wrong and what to do
 */
export function openDataDir(path: string, secret: string | null): DataDirResult {
  try {
    const warnings: string[] = [];
    makeFolder(path);
    warnings.push(...ownership(path));
    const paths = dataPaths(path);
    const lost = lostDatabase(path);
    if (lost !== null) throw new Refusal(lost);
    const known = secret ?? readSecret(paths.secret, paths.database, warnings);
    const instanceId = readOrMake(paths.instance, () => randomBytes(INSTANCE_BYTES).toString('hex'));
    if (instanceId === '') throw new Refusal(`The file ${paths.instance} is empty. Delete it: a new one is made.`);
    return {
      ok: true,
      dir: {
        ...{ path, secret: known, instanceId, warnings },
        ...{ databasePath: paths.database, sheetsPath: paths.sheets, filesPath: paths.files },
      },
    };
  } catch (error) {
    return { ok: false, problem: error instanceof Refusal ? error.message : explain(path, error) };
  }
}

/**
 * A database that is gone, though there was one: a server would begin anew beside the old sheets, and nobody would
 * miss the leads before it is too late. One of 0 bytes has been emptied: a first start that is cut short may leave it,
 * but nothing else then.
 * @returns what is missing and what to do; null: all is there, or nothing has been yet
 */
export function lostDatabase(path: string): string | null {
  const { database, sheets } = dataPaths(path);
  if (holdsBytes(database)) return null;
  const traces = [
    ...(hasSites(sheets) ? [`${sheets} holds sheets of sites`] : []),
    // SQLite would delete it, and what was committed last with it.
    ...[`${database}-wal`, `${database}.before-upgrade`].filter(holdsBytes).map((file) => `there is ${file}`),
  ];
  // Looked at again last: another process may just have made it.
  if (traces.length === 0 || holdsBytes(database)) return null;
  return (
    `The database ${database} is ${existsSync(database) ? 'empty' : 'missing'}, though ${traces.join(' and ')}. ` +
    `Restore it from a backup; or, to start anew, move ${path} away.`
  );
}

function hasSites(sheets: string): boolean {
  if (statSync(sheets, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return readdirSync(sheets).some((name) => name.startsWith('site_'));
}

function holdsBytes(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Why a folder can't be used, for the operator. */
class Refusal extends Error {}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!statSync(path).isDirectory()) throw new Refusal(inTheWay(path));
  accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
}

/** SQLite makes files as it goes: made by root, they would lock out a server that runs as somebody else. */
function ownership(path: string): string[] {
  const [owner, user] = [statSync(path).uid, process.getuid?.()];
  if (user === undefined || owner === user) return [];
  return [
    `The data folder ${path} belongs to user ${owner}, and this is user ${user}. Run this as its owner, or files made now may be closed to the server.`,
  ];
}

function readSecret(path: string, databasePath: string, warnings: string[]): string {
  if (!existsSync(path) && existsSync(databasePath)) {
    throw new Refusal(
      `The secret ${path} is missing, though there is a database that was made with one. Put the file back from a ` +
        'backup, or set LTS_SECRET to what it was: without it no API key and no stored secret works.',
    );
  }
  const secret = readOrMake(path, () => randomBytes(SECRET_BYTES).toString('base64url'));
  if (secret.length < SECRET_MIN) {
    throw new Refusal(
      `The secret in ${path} is shorter than ${SECRET_MIN} characters. Put the file back from a backup.`,
    );
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    warnings.push(`Other users of this machine can read ${path}. Close it: chmod 600 ${path}`);
  }
  return secret;
}

/** The trimmed text of a file; made, readable for its owner alone, when there is none. */
function readOrMake(path: string, make: () => string): string {
  if (!existsSync(path)) writeOnce(path, `${make()}\n`);
  return readFileSync(path, 'utf8').trim();
}

/**
 * Writes a file that must never be seen half-written and never be written twice: complete and on disk under
 * another name first, then linked. If somebody else was first, theirs stays.
 */
function writeOnce(path: string, text: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    // Some file systems know no links. There, two first starts at the same moment are not told apart.
    writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true });
  } finally {
    unlinkSync(draft);
  }
  syncFolder(dirname(path));
}

/** A new file survives a power cut only once its folder is on disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function inTheWay(path: string): string {
  return `The data folder ${path} can't be made: a file is in its place. Move the file, or set LTS_DATA_DIR.`;
}

function explain(path: string, error: unknown): string {
  const at = error instanceof Error && 'path' in error ? String(error.path) : path;
  switch (errorCode(error)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return inTheWay(path);
    case 'EACCES':
    case 'EPERM':
      return `The data folder ${path} can't be used: this user may not write to ${at}. Give the folder to the user that runs LeadToSheet, or set LTS_DATA_DIR.`;
    case 'EROFS':
      return `The data folder ${path} is on a read-only file system. Mount it writable, or set LTS_DATA_DIR.`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `There is no room left on the disk of the data folder ${path}. Free some space.`;
    default:
      return `The data folder ${path} can't be used (${errorCode(error)}). Check it, or set LTS_DATA_DIR.`;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
