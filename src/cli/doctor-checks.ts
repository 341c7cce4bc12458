import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, SETTINGS_FILE } from '../config/load.ts';
import { dataPaths } from '../lib/data-dir.ts';
import { LITTLE_SPACE, NEARLY, NO_SPACE } from '../lib/disk.ts';
import { isLoopbackHost, type Networks } from '../lib/networks.ts';
import { parseServiceAccount } from '../sheets/targets/google/service-account.ts';
import type { DriveStore } from '../store/drive.ts';

/** One thing that was looked at. */
export interface Check {
  name: string;
  status: 'ok' | 'warning' | 'failed';
  message: string;
  /** What to do about it; null when there is nothing to do. */
  fix: string | null;
}

export const ok = (name: string, message: string): Check => ({ name, status: 'ok', message, fix: null });
export const warning = (name: string, message: string, fix: string): Check => ({
  name,
  status: 'warning',
  message,
  fix,
});
export const failed = (name: string, message: string, fix: string): Check => ({ name, status: 'failed', message, fix });

const MEGABYTE = 1_000_000;
const CLOCK_SLACK_MS = 300_000;

/** The folder and the files with secrets in it are for their owner alone. */
export function checkAccess(dataDir: string): Check[] {
  const name = 'permissions';
  const paths = [dataDir, dataPaths(dataDir).secret, join(dataDir, SETTINGS_FILE)];
  const open = paths.filter((path) => existsSync(path) && (statSync(path).mode & 0o077) !== 0);
  if (open.length === 0) return [ok(name, 'only their owner can read the data folder and its secrets')];
  return open.map((path) =>
    warning(name, `other users of this machine can read ${path}`, `chmod ${path === dataDir ? '700' : '600'} ${path}`),
  );
}

/** A data folder that no server has worked in yet. */
export function checkEmptyFolder(dataDir: string): Check {
  const name = 'data folder';
  const fix = 'Move it, or set LTS_DATA_DIR to a folder that this user may write to.';
  if (!statSync(dataDir).isDirectory()) return failed(name, `${dataDir} is a file`, fix);
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    // Whatever the reason, the file system would refuse a server as well.
    return failed(name, `this user may not write to ${dataDir}`, fix);
  }
  return ok(name, `${dataDir}, without a database yet`);
}

/** When the disk is full, leads are refused. */
export function checkSpace(dataDir: string): Check {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const message = `${Math.floor(free / MEGABYTE)} MB free on the disk of ${dataDir}`;
  if (free < NO_SPACE) return failed('disk', message, 'Free some space: leads are refused when it is used up.');
  if (free < LITTLE_SPACE) return warning('disk', message, 'Free some space soon.');
  return ok('disk', message);
}

/** When there is no more room for files, leads are kept without them. */
export function checkFiles({ files, bytes }: { files: number; bytes: number }, quota: number): Check {
  const name = 'files';
  const megabytes = (size: number) => `${Math.ceil(size / MEGABYTE)} MB`;
  const message = `${files} of leads, ${megabytes(bytes)} of the ${megabytes(quota)} they may take`;
  if (bytes < quota * NEARLY || quota === 0) return ok(name, message);
  return warning(
    name,
    message,
    'Set LTS_FILES_QUOTA_GB higher, or delete leads: without room leads are kept, their files not.',
  );
}

/** Whether files get to Google Drive, where they are kept there, and are deleted there. Nobody is asked. */
export function checkDrive(drive: Pick<DriveStore, 'sites' | 'undeleted'>): Check[] {
  const name = 'files in Google Drive';
  const sites = drive.sites();
  const sick = sites.flatMap(({ siteId, problem }) => {
    const found = problem ?? drive.undeleted(siteId, 1)[0]?.problem ?? null;
    return found === null ? [] : [warning(name, `${siteId}: ${found.message}`, SEE_FILES)];
  });
  const kept = sites.filter(({ enabled }) => enabled).length;
  return sick.length > 0 || kept === 0 ? sick : [ok(name, `${kept} site${kept === 1 ? '' : 's'}, nothing is wrong`)];
}

const SEE_FILES =
  "Mend that, then press “Try again now” on the site's page Settings, Files; or wait: it is tried by itself.";

/** A clock that was set back makes ids and times go backwards, and Google refuses a wrong one. */
export function checkClock(databasePath: string, nowMs: number): Check {
  const written = statSync(databasePath).mtimeMs;
  if (written <= nowMs + CLOCK_SLACK_MS) return ok('clock', new Date(nowMs).toISOString());
  return failed(
    'clock',
    `this machine's clock says ${new Date(nowMs).toISOString()}, but the database was last written at ${new Date(written).toISOString()}`,
    'Set the clock, best by NTP: timedatectl set-ntp true',
  );
}

/** Whether people and clients can reach the server, safely. */
export function checkPublicUrl(config: Config): Check {
  const name = 'public address';
  if (config.publicUrl === null) {
    if (isLoopbackHost(config.host)) return ok(name, 'this machine only');
    return warning(
      name,
      'LTS_PUBLIC_URL is not set, though the server listens to other machines',
      'Set it to the address clients use, such as https://leads.example.com',
    );
  }
  const { protocol, hostname } = new URL(config.publicUrl);
  if (protocol === 'https:' || isLoopbackHost(hostname)) return ok(name, config.publicUrl);
  return warning(
    name,
    `${config.publicUrl} has no HTTPS: keys and leads can be read on the way`,
    'Put HTTPS in front.',
  );
}

/** @param address the proxy that the server saw; null: none */
export function checkProxy(address: string | null, trusted: Networks): Check[] {
  if (address === null || trusted.has(address)) return [];
  return [
    warning(
      'proxy',
      `a proxy at ${address} forwards requests, and LTS_TRUSTED_PROXIES does not name it: its callers all look like one`,
      `Set LTS_TRUSTED_PROXIES=${address} if that proxy is yours, and restart.`,
    ),
  ];
}

/** The service account of the settings, if there is one. */
export function checkServiceAccountFile(path: string | null): Check[] {
  const name = 'service account';
  if (path === null) return [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const fix = 'Correct LTS_GOOGLE_SERVICE_ACCOUNT_FILE, or give the file to the user that runs LeadToSheet.';
    return [failed(name, `${path} can't be read (${code})`, fix)];
  }
  const parsed = parseServiceAccount(text);
  if (parsed.ok) return [ok(name, `share spreadsheets with ${parsed.account.clientEmail}`)];
  return [failed(name, `${path} is no service account key`, parsed.message)];
}

/** Whether the server could listen where the settings say. */
export function checkPort(host: string, port: number): Check {
  const name = 'port';
  try {
    Bun.listen({ hostname: host, port, socket: { data() {} } }).stop(true);
    return ok(name, `${port} on ${host} is free`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return failed(name, `can't listen on ${host}, port ${port} (${code})`, listenFix(code));
  }
}

/** What to do when listening fails. */
export function listenFix(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'Another program has the port: stop it, or set LTS_PORT.';
    case 'EACCES':
      return 'This user may not listen there: set LTS_PORT to one of 1024 or more.';
    default:
      return 'This machine has no such address: set LTS_HOST.';
  }
}
