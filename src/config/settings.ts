import type { LogFormat, LogLevel } from '../lib/log.ts';
import * as parse from './parse.ts';

/** One setting. Parsing, checks, `leadtosheet config`, `.env.example` and the README section come from these. */
export interface Setting<T> {
  name: `LTS_${string}`;
  /** The text that stands for it when it is not set; null: it has no value, or one derived from others. */
  default: string | null;
  /** How the default is written where it is not a fixed text. */
  defaultNote?: string;
  /** What it means, for the operator. One or two short sentences. */
  doc: string;
  /** Never shown. */
  secret?: true;
  /** An example for `.env.example`, where there is no default. */
  example?: string;
  parse: parse.Parse<T>;
}

const setting = <T>(definition: Setting<T>): Setting<T> => definition;

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const satisfies readonly LogLevel[];
const FORMATS = ['pretty', 'json'] as const satisfies readonly LogFormat[];

/** Every setting this version reads, in the order they are shown. */
export const SETTINGS = {
  dataDir: setting({
    name: 'LTS_DATA_DIR',
    default: './data',
    doc: 'The folder that holds everything: database, secret, local sheets. Made if it is not there. Only as an environment variable.',
    parse: parse.path('a folder'),
  }),
  host: setting({
    name: 'LTS_HOST',
    default: '127.0.0.1',
    doc: 'The address to listen on. 0.0.0.0 takes callers from everywhere; put HTTPS in front.',
    parse: parse.host,
  }),
  port: setting({
    name: 'LTS_PORT',
    default: '3000',
    doc: 'The port to listen on. 0 takes any free one.',
    parse: parse.integer(0, 65535, 'a port'),
  }),
  publicUrl: setting({
    name: 'LTS_PUBLIC_URL',
    default: null,
    defaultNote: 'http://localhost:PORT on loopback, else http://HOST:PORT',
    doc: 'The address your users and clients reach this server at. Links and documents are made with it.',
    example: 'https://leads.example.com',
    parse: parse.origin,
  }),
  secret: setting({
    name: 'LTS_SECRET',
    default: null,
    defaultNote: 'made at first start, in DATA_DIR/secret',
    doc: 'Hashes API keys and encrypts stored secrets. Keep a copy: without it the database opens no more.',
    secret: true,
    parse: parse.secret,
  }),
  trustedProxies: setting({
    name: 'LTS_TRUSTED_PROXIES',
    default: null,
    doc: 'Addresses or CIDR ranges of the proxies in front. Only their X-Forwarded-For counts.',
    example: '127.0.0.1,::1',
    parse: parse.networks,
  }),
  logLevel: setting({
    name: 'LTS_LOG_LEVEL',
    default: 'info',
    doc: `How much the log says: ${LEVELS.join(', ')}.`,
    parse: parse.oneOf(LEVELS),
  }),
  logFormat: setting({
    name: 'LTS_LOG_FORMAT',
    default: null,
    defaultNote: 'pretty on a terminal, else json',
    doc: `How log lines look: ${FORMATS.join(' or ')}.`,
    example: 'json',
    parse: parse.oneOf(FORMATS),
  }),
  rateLimitApi: setting({
    name: 'LTS_RATE_LIMIT_API',
    default: '1200',
    doc: 'Requests a minute that each API key may make. 0 = no limit.',
    parse: parse.integer(0, 10_000_000, 'requests a minute'),
  }),
  rateLimitForms: setting({
    name: 'LTS_RATE_LIMIT_FORMS',
    default: '30',
    doc: 'Web forms a minute that each caller may send: an IPv4 address, or a /64 of IPv6. 0 = no limit.',
    parse: parse.integer(0, 10_000_000, 'forms a minute'),
  }),
  rateLimitEndpoint: setting({
    name: 'LTS_RATE_LIMIT_ENDPOINT',
    default: '600',
    doc: 'Web forms a minute that each form endpoint takes, from whomever. 0 = no limit.',
    parse: parse.integer(0, 10_000_000, 'forms a minute'),
  }),
  maxFileMb: setting({
    name: 'LTS_MAX_FILE_MB',
    default: '25',
    doc: 'The largest file that a form may send, in MiB.',
    parse: parse.integer(1, 1000, 'a size in MiB'),
  }),
  maxUploadMb: setting({
    name: 'LTS_MAX_UPLOAD_MB',
    default: '50',
    doc: 'All files of one form together, in MiB. A form with more is refused as a whole.',
    parse: parse.integer(1, 1000, 'a size in MiB'),
  }),
  filesQuotaGb: setting({
    name: 'LTS_FILES_QUOTA_GB',
    default: '10',
    doc: 'All files on this server, in GB. When it is used up, leads are kept without their files. 0 = no file is kept.',
    parse: parse.integer(0, 1_000_000, 'a size in GB'),
  }),
  fileLinkDays: setting({
    name: 'LTS_FILE_LINK_DAYS',
    default: '0',
    doc: 'Days that links to files in sheets and the API hold, counted from the lead. 0 = as long as the file is kept.',
    parse: parse.integer(0, 36_500, 'days'),
  }),
  durability: setting({
    name: 'LTS_DURABILITY',
    default: 'full',
    doc: 'full: each lead is on disk before its answer. normal: a power cut may lose the last moments, a killed process nothing.',
    parse: parse.oneOf(['full', 'normal'] as const),
  }),
  metricsToken: setting({
    name: 'LTS_METRICS_TOKEN',
    default: null,
    defaultNote: 'none; /metrics then answers direct callers on this machine alone',
    doc: 'Who sends it as `Authorization: Bearer …` may read /metrics, from anywhere.',
    secret: true,
    parse: parse.line('a token'),
  }),
  googleClientId: setting({
    name: 'LTS_GOOGLE_CLIENT_ID',
    default: null,
    doc: 'Your own OAuth client, to connect Google accounts. Goes with LTS_GOOGLE_CLIENT_SECRET.',
    example: '1234567890-abc.apps.googleusercontent.com',
    parse: parse.line('the id of an OAuth client'),
  }),
  googleClientSecret: setting({
    name: 'LTS_GOOGLE_CLIENT_SECRET',
    default: null,
    doc: 'The secret of that OAuth client.',
    secret: true,
    parse: parse.line('the secret of an OAuth client'),
  }),
  googleServiceAccountFile: setting({
    name: 'LTS_GOOGLE_SERVICE_ACCOUNT_FILE',
    default: null,
    doc: 'The JSON key file of a Google service account, for sites that have none of their own.',
    example: '/etc/leadtosheet/service-account.json',
    parse: parse.path('a service account key file'),
  }),
  googleSheetsUrl: setting({
    name: 'LTS_GOOGLE_SHEETS_URL',
    default: 'https://sheets.googleapis.com',
    doc: 'For tests: where the Sheets API is.',
    parse: parse.googleOrigin,
  }),
  googleDriveUrl: setting({
    name: 'LTS_GOOGLE_DRIVE_URL',
    default: 'https://www.googleapis.com',
    doc: 'For tests: where the Drive API is.',
    parse: parse.googleOrigin,
  }),
  googleTokenUrl: setting({
    name: 'LTS_GOOGLE_TOKEN_URL',
    default: 'https://oauth2.googleapis.com/token',
    doc: 'For tests: where Google gives out tokens.',
    parse: parse.googleUrl,
  }),
  googleAuthUrl: setting({
    name: 'LTS_GOOGLE_AUTH_URL',
    default: 'https://accounts.google.com/o/oauth2/v2/auth',
    doc: 'For tests: where Google asks for consent.',
    parse: parse.googleUrl,
  }),
  metaGraphUrl: setting({
    name: 'LTS_META_GRAPH_URL',
    default: 'https://graph.facebook.com',
    doc: 'For tests: where the leads of Meta are fetched.',
    parse: parse.serviceBase(['graph.facebook.com'], "Meta's host"),
  }),
  linkedinApiUrl: setting({
    name: 'LTS_LINKEDIN_API_URL',
    default: 'https://api.linkedin.com',
    doc: 'For tests: where the leads of LinkedIn are fetched.',
    parse: parse.serviceBase(['api.linkedin.com'], "LinkedIn's host"),
  }),
  turnstileUrl: setting({
    name: 'LTS_TURNSTILE_URL',
    default: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    doc: 'For tests: where Cloudflare Turnstile is asked about visitors.',
    parse: parse.serviceUrl(['challenges.cloudflare.com'], "Cloudflare's host"),
  }),
  hcaptchaUrl: setting({
    name: 'LTS_HCAPTCHA_URL',
    default: 'https://api.hcaptcha.com/siteverify',
    doc: 'For tests: where hCaptcha is asked about visitors.',
    parse: parse.serviceUrl(['api.hcaptcha.com', 'hcaptcha.com'], "one of hCaptcha's hosts"),
  }),
  oidcIssuer: setting({
    name: 'LTS_OIDC_ISSUER',
    default: null,
    doc: 'Sign-in to the admin UI by Google (https://accounts.google.com) or any other OpenID Connect provider. Goes with the next two.',
    example: 'https://accounts.google.com',
    parse: parse.issuer,
  }),
  oidcClientId: setting({
    name: 'LTS_OIDC_CLIENT_ID',
    default: null,
    doc: 'The client you made at that provider, with the redirect URI LTS_PUBLIC_URL/admin/oidc/callback.',
    example: '1234567890-def.apps.googleusercontent.com',
    parse: parse.line('the id of a client'),
  }),
  oidcClientSecret: setting({
    name: 'LTS_OIDC_CLIENT_SECRET',
    default: null,
    doc: 'The secret of that client.',
    secret: true,
    parse: parse.line('the secret of a client'),
  }),
  oidcName: setting({
    name: 'LTS_OIDC_NAME',
    default: null,
    defaultNote: 'Google for Google, else single sign-on',
    doc: 'What the button says: "Sign in with …".',
    example: 'Google',
    parse: parse.line('a name'),
  }),
} as const;

export type SettingKey = keyof typeof SETTINGS;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
/** The value of each setting; null where it is not set and has no default. */
export type SettingValues = { readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> | null };

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

/** Each setting without its type, for what treats all alike. */
export function settingOf(key: SettingKey): Setting<unknown> {
  return SETTINGS[key];
}
