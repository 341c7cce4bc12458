import { join } from 'node:path';
import type { LogFormat, LogLevel } from '../lib/log.ts';
import { didYouMean } from '../lib/near.ts';
import { isLoopbackHost, type Networks, NO_NETWORKS } from '../lib/networks.ts';
import { parseEnvFile } from './env-file.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey, type SettingValues, settingOf } from './settings.ts';

/** The settings file in the data folder. */
export const SETTINGS_FILE = 'leadtosheet.env';

/** What the program runs with. Paths are absolute; origins have no trailing slash. */
export interface Config {
  dataDir: string;
  host: string;
  /** 0: any free one. */
  port: number;
  /** As set; null when it is derived from where the server listens: see `publicUrlOf`. */
  publicUrl: string | null;
  /** null: the one in `DATA_DIR/secret`. */
  secret: string | null;
  trustedProxies: Networks;
  logLevel: LogLevel;
  logFormat: LogFormat;
  /** Requests a minute and key; 0 = no limit. */
  rateLimitApi: number;
  /** Web forms a minute by each caller, and to each endpoint; 0 = no limit. */
  rateLimitForms: number;
  rateLimitEndpoint: number;
  files: FilesConfig;
  durability: 'full' | 'normal';
  /** null: `/metrics` is for this machine alone. */
  metricsToken: string | null;
  google: GoogleConfig;
  /** Where each captcha service is asked. */
  hookUrls: Readonly<Record<'meta' | 'linkedin', string>>;
  captchaUrls: Readonly<Record<CaptchaService, string>>;
  /** Sign-in by an OpenID Connect provider; null: by e-mail and password alone. */
  oidc: OidcConfig | null;
}

/** Bytes, of a file, of all files of a form, and of all on the server. */
export interface FilesConfig {
  maxFile: number;
  maxUpload: number;
  quota: number;
  /** How long links without an end of their own hold; null: for good. */
  linkLifetimeMs: number | null;
}

/** Those that a site may use against bots. */
export type CaptchaService = 'turnstile' | 'hcaptcha';

export interface OidcConfig {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** To follow "Sign in with". */
  name: string;
}

export interface GoogleConfig {
  /** The operator's own OAuth client; null: only service accounts. */
  client: { id: string; secret: string } | null;
  serviceAccountFile: string | null;
  urls: {
    /** Origin, before `/v4/…`. */
    sheets: string;
    /** Origin, before `/drive/v3/…`. */
    drive: string;
    token: string;
    auth: string;
  };
}

/** Where a setting's value came from. */
export type Origin =
  | { from: 'default' }
  | { from: 'environment' }
  /** `NAME_FILE`; the file it names. */
  | { from: 'file'; path: string }
  /** `DATA_DIR/leadtosheet.env`. */
  | { from: 'settings file'; path: string };

export type Origins = Readonly<Record<SettingKey, Origin>>;
/** The text each setting was given, or its default; null where it has neither. */
export type Texts = Readonly<Record<SettingKey, string | null>>;

/** What reading a file came to. */
export type FileRead = { ok: true; text: string } | { ok: false; missing: boolean; reason: string };

export interface ConfigInput {
  env: Readonly<Record<string, string | undefined>>;
  readFile(path: string): FileRead;
  /** Whether log lines go to a terminal. */
  terminal: boolean;
}

export type ConfigResult =
  | { ok: true; config: Config; origins: Origins; texts: Texts; warnings: string[] }
  | { ok: false; problems: string[]; warnings: string[] };

/** Reads, checks and joins all settings. Every problem is found in one go, each a sentence naming its setting. */
export function loadConfig(input: ConfigInput): ConfigResult {
  const problems: string[] = [];
  const reader = createReader(input, problems);
  // Only the environment can say where the settings file is.
  const dataDir = reader.read('dataDir', null);
  const file = typeof dataDir.value === 'string' ? readSettingsFile(input, dataDir.value, problems) : null;
  const found = SETTING_KEYS.map((key) => [key, key === 'dataDir' ? dataDir : reader.read(key, file)] as const);

  // Each value has been made by the parser of its own setting.
  const values = Object.fromEntries(found.map(([key, { value }]) => [key, value])) as SettingValues;
  problems.push(...crossCheck(values));
  const warnings = unknownNames(input.env, file);
  if (problems.length > 0) return { ok: false, problems, warnings };
  return {
    ok: true,
    config: assemble(values, input.terminal),
    origins: Object.fromEntries(found.map(([key, { origin }]) => [key, origin])) as Origins,
    texts: Object.fromEntries(found.map(([key, { text }]) => [key, text])) as Texts,
    warnings,
  };
}

/** The address the server is reached at, once the port is known. Spec 7, "Settings". */
export function publicUrlOf(config: Pick<Config, 'publicUrl' | 'host'>, port: number): string {
  if (config.publicUrl !== null) return config.publicUrl;
  if (isLoopbackHost(config.host)) return `http://localhost:${port}`;
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
}

interface SettingsFile {
  path: string;
  values: ReadonlyMap<string, string>;
}

interface Found {
  text: string | null;
  value: unknown;
  origin: Origin;
}

/** Looks settings up: environment, then `NAME_FILE`, then the settings file, then the default. */
function createReader(input: ConfigInput, problems: string[]) {
  const lookUp = (name: string, file: SettingsFile | null): { text: string; origin: Origin } | null => {
    const direct = input.env[name];
    const fileName = input.env[`${name}_FILE`];
    // An empty variable is how a compose file writes "not set".
    if (direct && fileName) {
      problems.push(`${name} and ${name}_FILE are both set: keep one of them.`);
      return null;
    }
    if (direct) return { text: direct, origin: { from: 'environment' } };
    if (fileName) {
      const read = input.readFile(fileName);
      if (read.ok) return { text: read.text.replace(/\s+$/, ''), origin: { from: 'file', path: fileName } };
      problems.push(`${name}_FILE names ${fileName}, which can't be read: ${read.reason}.`);
      return null;
    }
    const line = file?.values.get(name);
    return file && line ? { text: line, origin: { from: 'settings file', path: file.path } } : null;
  };
  return {
    read(key: SettingKey, file: SettingsFile | null): Found {
      const { name, default: fallback, parse, secret } = settingOf(key);
      const given = lookUp(name, file);
      const text = given?.text ?? fallback;
      const origin: Origin = given?.origin ?? { from: 'default' };
      if (text === null) return { text, value: null, origin };
      const parsed = parse(text);
      if (parsed.ok) return { text, value: parsed.value, origin };
      const shown = secret ? 'something else' : JSON.stringify(withoutPassword(text).slice(0, 100));
      problems.push(`${name} must be ${parsed.mustBe}; it is ${shown}${whereText(origin)}.`);
      return { text, value: null, origin };
    },
  };
}

/** An address may hold a password. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@');
}

function whereText(origin: Origin): string {
  if (origin.from === 'file' || origin.from === 'settings file') return ` (in ${origin.path})`;
  return '';
}

function readSettingsFile(input: ConfigInput, dataDir: string, problems: string[]): SettingsFile | null {
  const path = join(dataDir, SETTINGS_FILE);
  const read = input.readFile(path);
  if (!read.ok) {
    if (!read.missing) problems.push(`The settings file ${path} can't be read: ${read.reason}.`);
    return null;
  }
  const parsed = parseEnvFile(read.text, path);
  problems.push(...parsed.problems);
  const name = SETTINGS.dataDir.name;
  if (parsed.values.has(name)) {
    problems.push(
      `${name} can't be set in ${path}, which lies in that very folder: set it as an environment variable.`,
    );
  }
  return { path, values: parsed.values };
}

/** Settings of which all are set or none, and why. */
const TOGETHER: readonly (readonly [keys: readonly SettingKey[], why: string])[] = [
  [['googleClientId', 'googleClientSecret'], 'an OAuth client needs both.'],
  [['oidcIssuer', 'oidcClientId', 'oidcClientSecret'], 'single sign-on needs all three.'],
];

function crossCheck(values: SettingValues): string[] {
  return TOGETHER.flatMap(([keys, why]) => {
    const named = (which: boolean) =>
      keys.filter((key) => (values[key] !== null) === which).map((key) => SETTINGS[key].name);
    const [set, missing] = [named(true), named(false)];
    if (set.length === 0 || missing.length === 0) return [];
    return [`${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'} set without ${missing.join(' and ')}: ${why}`];
  });
}

/** A mistyped name would otherwise be a setting that silently does nothing. */
function unknownNames(env: ConfigInput['env'], file: SettingsFile | null): string[] {
  const names = SETTING_KEYS.map((key) => settingOf(key).name);
  const known = new Set<string>(names);
  const fromEnv = Object.keys(env)
    .filter((name) => name.startsWith('LTS_') && !known.has(name) && !known.has(name.replace(/_FILE$/, '')))
    .map(
      (name) =>
        `${name} is no setting of this version.${didYouMean(name, name.endsWith('_FILE') ? names.map((known) => `${known}_FILE`) : names)}`,
    );
  const fromFile = [...(file?.values.keys() ?? [])]
    .filter((name) => !known.has(name))
    .map((name) => `${name} in ${file?.path} is no setting of this version.${didYouMean(name, names)}`);
  return [...fromEnv.sort(), ...fromFile];
}

function assemble(values: SettingValues, terminal: boolean): Config {
  const { googleClientId: id, googleClientSecret: secret } = values;
  return {
    dataDir: must(values.dataDir),
    host: must(values.host),
    port: must(values.port),
    publicUrl: values.publicUrl,
    secret: values.secret,
    trustedProxies: values.trustedProxies ?? NO_NETWORKS,
    logLevel: must(values.logLevel),
    logFormat: values.logFormat ?? (terminal ? 'pretty' : 'json'),
    rateLimitApi: must(values.rateLimitApi),
    rateLimitForms: must(values.rateLimitForms),
    rateLimitEndpoint: must(values.rateLimitEndpoint),
    files: assembleFiles(values),
    durability: must(values.durability),
    metricsToken: values.metricsToken,
    google: {
      client: id !== null && secret !== null ? { id, secret } : null,
      serviceAccountFile: values.googleServiceAccountFile,
      urls: {
        sheets: must(values.googleSheetsUrl),
        drive: must(values.googleDriveUrl),
        token: must(values.googleTokenUrl),
        auth: must(values.googleAuthUrl),
      },
    },
    hookUrls: { meta: must(values.metaGraphUrl), linkedin: must(values.linkedinApiUrl) },
    captchaUrls: { turnstile: must(values.turnstileUrl), hcaptcha: must(values.hcaptchaUrl) },
    oidc: assembleOidc(values),
  };
}

const MEBIBYTE = 1_048_576;
const GIGABYTE = 1_000_000_000;
const DAY_MS = 86_400_000;

function assembleFiles({ maxFileMb, maxUploadMb, filesQuotaGb, fileLinkDays }: SettingValues): FilesConfig {
  return {
    maxFile: must(maxFileMb) * MEBIBYTE,
    maxUpload: must(maxUploadMb) * MEBIBYTE,
    quota: must(filesQuotaGb) * GIGABYTE,
    linkLifetimeMs: must(fileLinkDays) * DAY_MS || null,
  };
}

function assembleOidc({
  oidcIssuer: issuer,
  oidcClientId,
  oidcClientSecret,
  oidcName,
}: SettingValues): OidcConfig | null {
  if (issuer === null || oidcClientId === null || oidcClientSecret === null) return null;
  const usual = new URL(issuer).hostname === 'accounts.google.com' ? 'Google' : 'single sign-on';
  return { issuer, clientId: oidcClientId, clientSecret: oidcClientSecret, name: oidcName ?? usual };
}

/** A setting with a default always has a value once there are no problems. */
function must<T>(value: T | null): T {
  if (value === null) throw new Error('a setting with a default has no value');
  return value;
}
