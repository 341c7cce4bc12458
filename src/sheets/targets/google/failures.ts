import type { GoogleFailure } from './api.ts';
import { type FailureContext, type GoogleProblemCode, googleProblem, type ProblemFacts, VERDICTS } from './problems.ts';

export { type FailureContext, GOOGLE_PROBLEMS, type GoogleProblemCode } from './problems.ts';

/**
 * The only place that reads what Google and the network answer (google-sheets.md section 3). Status and reason
 * decide first; only where Google gives one status to many troubles are its own words matched, and only here.
 */

/** What came back instead of success. */
export interface RawFailure {
  /** 0: no answer at all. */
  status: number;
  headers: Headers;
  /** As much as was read; may be HTML, cut off, or empty. */
  bodyText: string;
  /** Why there was no answer, or no whole one. */
  network?: { code: string; message: string };
  /** Our clock when the answer came, to compare with Google's. */
  nowMs: number;
}

const HOUR = 3_600_000;
const LONGEST_TEXT = 300;

/**
 * Reads a refusal or a silence of the Sheets or Drive API. Never throws, whatever was received.
 */
export function readFailure(raw: RawFailure, context: FailureContext): GoogleFailure {
  if (raw.network) return readNetwork(raw, raw.network, context);
  const error = readEnvelope(raw.bodyText);
  if (!error) return readForeign(raw, context);
  const { words, requestIndex } = splitIndex(raw.status, error.message);
  const code = codeOf(raw.status, error, words);
  const facts = { link: code === 'api_disabled' ? error.link : undefined };
  const failure = build(raw, context, code, technicalOf(raw.status, error.status, words), {
    words,
    requestIndex,
    facts,
  });
  if (code === 'protected' && requestIndex === null) return { ...failure, kind: 'pause' };
  // Drive counts its own, shorter spans; there is no minute to wait for.
  if (code === 'quota' && context.api === 'drive') return { ...failure, kind: 'backoff' };
  return failure;
}

/**
 * Reads a refusal of the token endpoint, in OAuth's form (RFC 6749 5.2). Nothing was sent to a spreadsheet yet,
 * so `applied` is always `no`.
 */
export function readTokenFailure(raw: RawFailure, context: FailureContext): GoogleFailure {
  if (raw.network) return { ...readNetwork(raw, raw.network, context), applied: 'no' };
  const body = parse(raw.bodyText);
  const error = textOf(body?.error);
  const description = textOf(body?.error_description);
  const code =
    error === '' ? serverCode(raw.status) : tokenCode(error, description, context.connectionKind === 'oauth');
  const facts = { clockAheadMs: code === 'clock_off' ? clockAhead(raw) : undefined };
  const words = scrub(raw.status, error === '' ? '' : `${error}: ${description}`);
  const failure = build(raw, context, code, technicalOf(raw.status, '', words), { words, requestIndex: null, facts });
  return { ...failure, applied: 'no', kind: code === 'quota' ? 'backoff' : failure.kind };
}

/** A failure of our own finding: a file in the trash, a guard that is not refused, a key that cannot sign. */
export function ownFailure(
  code: GoogleProblemCode,
  context: FailureContext,
  technical: string | null = null,
): GoogleFailure {
  return {
    ...VERDICTS[code],
    problem: googleProblem(code, context, technical),
    status: 0,
    requestIndex: null,
    message: technical ?? '',
    retryAfterMs: null,
  };
}

interface Details {
  words: string;
  requestIndex: number | null;
  facts: ProblemFacts;
}

function build(
  raw: RawFailure,
  context: FailureContext,
  code: GoogleProblemCode,
  technical: string,
  { words, requestIndex, facts }: Details,
): GoogleFailure {
  return {
    ...VERDICTS[code],
    problem: googleProblem(code, context, technical, facts),
    status: raw.status,
    requestIndex,
    message: words,
    retryAfterMs: retryAfter(raw),
  };
}

// -- no answer

/** The connection never came about: nothing can have been applied. Names of Node, Bun and OpenSSL. */
const NEVER_SENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ConnectionRefused|FailedToOpenSocket|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET_ISSUER_CERT(?:_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|not_sent)$/;

function readNetwork(
  raw: RawFailure,
  network: { code: string; message: string },
  context: FailureContext,
): GoogleFailure {
  const handshake = network.code === 'EPROTO' && /handshake/i.test(network.message);
  const applied = NEVER_SENT.test(network.code) || handshake ? 'no' : 'maybe';
  const words = scrub(0, network.message);
  const failure = build(raw, context, 'network', `${network.code}: ${words}`, { words, requestIndex: null, facts: {} });
  return { ...failure, applied };
}

// -- an answer that is not Google's error envelope: HTML of a front end, a proxy, a captive portal, a cut-off body

function readForeign(raw: RawFailure, context: FailureContext): GoogleFailure {
  const code = foreignCode(raw.status);
  const words = raw.bodyText === '' ? 'an empty answer' : 'an answer that is not JSON';
  const failure = build(raw, context, code, technicalOf(raw.status, '', words), {
    words,
    requestIndex: null,
    facts: {},
  });
  // Whoever wrote this page, it was not the Sheets API saying no: a write may have gone through behind it.
  return code === 'network' ? { ...failure, applied: 'maybe' } : failure;
}

function foreignCode(status: number): GoogleProblemCode {
  if (status === 401) return 'unauthenticated';
  // Google's front end refuses a body that is too large with a page of its own.
  if (status === 413) return 'bad_request';
  return serverCode(status);
}

function serverCode(status: number): GoogleProblemCode {
  if (status === 429) return 'quota';
  if (status >= 500) return 'google_down';
  return 'network';
}

// -- Google's envelope

interface GoogleError {
  status: string;
  message: string;
  /** ErrorInfo's reason, else Drive's older one, else ''. */
  reason: string;
  link: string | undefined;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return record(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
const list = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.map(record).filter((item) => item !== undefined) : [];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function readEnvelope(bodyText: string): GoogleError | undefined {
  const error = record(parse(bodyText)?.error);
  if (!error) return undefined;
  const details = list(error.details);
  const info = details.find((each) => textOf(each['@type']).endsWith('/google.rpc.ErrorInfo'));
  const older = list(error.errors)[0];
  const message = textOf(error.message);
  const named = [textOf(record(info?.metadata)?.activationUrl), message].map((text) => CONSOLE_LINK.exec(text)?.[0]);
  return {
    status: textOf(error.status),
    message,
    reason: textOf(info?.reason) || textOf(older?.reason),
    link: named.find((link) => link !== undefined),
  };
}

const CONSOLE_LINK = /https:\/\/console\.(?:developers|cloud)\.google\.com\/[\w./?=&%-]+/;

/** `Invalid requests[3].appendCells: words` → 3 and the words. */
function splitIndex(status: number, message: string): { words: string; requestIndex: number | null } {
  const match = /^Invalid requests\[(\d+)\](?:\.\w+)?: /.exec(message);
  return {
    words: scrub(status, match ? message.slice(match[0].length) : message),
    requestIndex: match ? Number(match[1]) : null,
  };
}

const REASONS: Record<string, GoogleProblemCode> = {
  SERVICE_DISABLED: 'api_disabled',
  accessNotConfigured: 'api_disabled',
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: 'scope_missing',
  insufficientPermissions: 'scope_missing',
  storageQuotaExceeded: 'storage_quota',
  teamDriveFileLimitExceeded: 'storage_quota',
  numChildrenInNonRootLimitExceeded: 'storage_quota',
  RATE_LIMIT_EXCEEDED: 'quota',
  rateLimitExceeded: 'quota',
  userRateLimitExceeded: 'quota',
  dailyLimitExceeded: 'quota',
  sharingRateLimitExceeded: 'quota',
  CONSUMER_SUSPENDED: 'project_suspended',
  CONSUMER_INVALID: 'project_suspended',
  BILLING_DISABLED: 'project_suspended',
  SECURITY_POLICY_VIOLATED: 'policy_blocked',
  ORG_RESTRICTION_VIOLATION: 'policy_blocked',
  domainPolicy: 'policy_blocked',
};

/** What a 400 says, in Google's words. Anchored, because a tab's title can be part of the text. */
const REFUSALS: readonly [RegExp, GoogleProblemCode][] = [
  [/^Cannot add developer metadata with ID \[\d+\] because .*already exists/, 'guard_in_use'],
  [/^No (?:grid|sheet) with id: /i, 'tab_gone'],
  [/^You are trying to edit a protected cell or object/, 'protected'],
  [/^A sheet with the name .* already exists/s, 'title_taken'],
  [/^A sheet with ID \d+ already exists|^Cannot add .*sheet with (?:that )?ID\b.*already exists/i, 'sheet_id_taken'],
  [
    /^(?:Range \(.*\)|Attempting to write .*) exceeds? grid limits|beyond the last requested column/s,
    'grid_full_columns',
  ],
  [/^This action would increase the number of cells in the workbook above the limit/, 'cells_full'],
  [/^This action would increase the number of sheets|^You can't add more than \d+ sheets/, 'tabs_full'],
  [/^(?:The )?developer metadata .*(?:limit|exceed|too (?:large|many))/is, 'metadata_full'],
  [/^Your input contains more than the maximum of 50000 characters/, 'cell_too_long'],
  [/^This operation is not supported for this document/, 'not_a_sheet'],
];

function codeOf(status: number, error: GoogleError, words: string): GoogleProblemCode {
  if (status === 429) return 'quota';
  if (status === 401) return 'unauthenticated';
  if (status >= 500 || error.status === 'ABORTED' || status === 409 || status === 408) return 'google_down';
  if (status === 403) return REASONS[error.reason] ?? forbidden(words);
  if (status === 404) return /^No developer metadata with ID/i.test(words) ? 'metadata_missing' : 'not_found';
  if (status === 400) return REFUSALS.find(([pattern]) => pattern.test(words))?.[1] ?? 'bad_request';
  return status >= 400 ? 'bad_request' : 'network';
}

/** A 403 without a reason we know, as when `details` is missing. */
function forbidden(words: string): GoogleProblemCode {
  if (/ API has not been used in project .* or it is disabled/.test(words)) return 'api_disabled';
  if (/^Request had insufficient authentication scopes/.test(words)) return 'scope_missing';
  if (/storage quota has been exceeded/.test(words)) return 'storage_quota';
  if (/^You are trying to edit a protected cell or object/.test(words)) return 'protected';
  return 'not_shared';
}

// -- the token endpoint

function tokenCode(error: string, description: string, oauth: boolean): GoogleProblemCode {
  if (/^(?:admin_policy_enforced|access_denied|policy_enforced)$/.test(error)) return 'policy_blocked';
  if (error === 'invalid_scope') return 'scope_missing';
  if (/^(?:rate_limit_exceeded|slow_down)$/.test(error)) return 'quota';
  if (/^(?:internal_failure|server_error|temporarily_unavailable|backend_error)$/.test(error)) return 'google_down';
  if (/^(?:invalid_client|deleted_client|disabled_client|unauthorized_client|org_internal)$/.test(error)) {
    return oauth ? 'client_changed' : 'account_gone';
  }
  if (error !== 'invalid_grant') return 'unauthenticated';
  if (oauth) return 'token_revoked';
  if (/reasonable timeframe|short-lived token|\biat\b/i.test(description)) return 'clock_off';
  if (/JWT Signature/i.test(description)) return 'key_revoked';
  return /account not found|account disabled|not a valid email/i.test(description) ? 'account_gone' : 'unauthenticated';
}

/** Google puts its own time into every answer (RFC 9110 6.6.1), to the second. */
function clockAhead(raw: RawFailure): number | undefined {
  const theirs = Date.parse(raw.headers.get('date') ?? '');
  return Number.isNaN(theirs) ? undefined : raw.nowMs - theirs;
}

/** Whether a 429 was for the whole Google project, or for this account alone. */
export function quotaScope(bodyText: string): 'account' | 'project' {
  const details = list(record(parse(bodyText)?.error)?.details);
  const project = details.some((each) => textOf(record(each.metadata)?.quota_limit).endsWith('PerProject'));
  return project ? 'project' : 'account';
}

// -- shared

/** RFC 9110 10.2.3: seconds, or a date. Google documents none, but honour one that comes. At most an hour. */
function retryAfter(raw: RawFailure): number | null {
  const text = raw.headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - raw.nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), HOUR);
}

function technicalOf(status: number, name: string, words: string): string {
  return [status === 0 ? '' : `HTTP ${status}`, name, words].filter((part) => part !== '').join(', ');
}

/**
 * Google's words without what they may echo of ours: a 400 quotes values and pieces of the body, and those are
 * people's answers to a form. Names of fields, which are Google's own, stay.
 */
function scrub(status: number, message: string): string {
  const [line = ''] = message.split('\n', 1);
  const text = status === 400 ? withoutValues(line) : line;
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

function withoutValues(line: string): string {
  if (/^Invalid JSON payload received\. Unknown name /.test(line)) return line;
  return line
    .replace(/^(Invalid value at '[^']*' \([^)]*\)).*$/, '$1')
    .replace(/^(Invalid JSON payload received\.).*$/, '$1')
    .replace(/"[^"]*"/g, '"…"')
    .replace(/(?<!Invalid value at )(?<=[\s(:[])'[^']*'/g, "'…'");
}
