import type { ConnectionKind, SheetProblem } from '../../../store/sheets.ts';
import type { GoogleFailure } from './api.ts';

/**
 * Every code a problem with Google can have. They are part of the API and of people's alert rules: add, never
 * rename.
 */
export const GOOGLE_PROBLEMS = [
  // one request is refused for what is in it; the caller decides
  'guard_in_use',
  'sheet_id_taken',
  'title_taken',
  'grid_full_columns',
  'metadata_full',
  'metadata_missing',
  'cell_too_long',
  'bad_request',
  // a tab
  'tab_gone',
  'protected',
  // the spreadsheet
  'cells_full',
  'tabs_full',
  'not_shared',
  'viewer_only',
  'not_found',
  'trashed',
  'not_a_sheet',
  // the Google project and the sign-in
  'api_disabled',
  'project_suspended',
  'policy_blocked',
  'scope_missing',
  'storage_quota',
  'unauthenticated',
  'token_revoked',
  'clock_off',
  'key_revoked',
  'key_unusable',
  'account_gone',
  'client_changed',
  'consent_denied',
  'consent_expired',
  'no_refresh_token',
  // passes by itself
  'quota',
  'google_down',
  'network',
  // the guard self-test
  'guard_not_refused',
  'batch_not_atomic',
] as const;
export type GoogleProblemCode = (typeof GOOGLE_PROBLEMS)[number];

const HOUR = 3_600_000;

type Verdict = Pick<GoogleFailure, 'applied' | 'kind' | 'recheckMs'>;

const REQUEST: Verdict = { applied: 'no', kind: 'request', recheckMs: null };
const TAB: Verdict = { applied: 'no', kind: 'tab', recheckMs: HOUR };
const PAUSE_HOURLY: Verdict = { applied: 'no', kind: 'pause', recheckMs: HOUR };
const PAUSE: Verdict = { applied: 'no', kind: 'pause', recheckMs: null };
const UNCERTAIN: Verdict = { applied: 'maybe', kind: 'backoff', recheckMs: null };

/** What each trouble means for the rows, and who goes on when. */
export const VERDICTS: Record<GoogleProblemCode, Verdict> = {
  guard_in_use: REQUEST,
  sheet_id_taken: REQUEST,
  title_taken: REQUEST,
  grid_full_columns: REQUEST,
  metadata_full: REQUEST,
  metadata_missing: REQUEST,
  cell_too_long: REQUEST,
  bad_request: REQUEST,
  tab_gone: TAB,
  protected: TAB,
  cells_full: PAUSE_HOURLY,
  tabs_full: PAUSE_HOURLY,
  not_shared: PAUSE_HOURLY,
  viewer_only: PAUSE_HOURLY,
  not_found: PAUSE_HOURLY,
  trashed: PAUSE_HOURLY,
  not_a_sheet: PAUSE,
  api_disabled: { ...PAUSE, recheckMs: 300_000 },
  project_suspended: PAUSE_HOURLY,
  policy_blocked: PAUSE_HOURLY,
  scope_missing: PAUSE,
  storage_quota: PAUSE,
  unauthenticated: PAUSE_HOURLY,
  token_revoked: PAUSE,
  clock_off: PAUSE_HOURLY,
  key_revoked: PAUSE,
  key_unusable: PAUSE,
  account_gone: PAUSE_HOURLY,
  client_changed: PAUSE,
  consent_denied: PAUSE,
  consent_expired: PAUSE,
  no_refresh_token: PAUSE,
  quota: { applied: 'no', kind: 'minute', recheckMs: null },
  google_down: UNCERTAIN,
  network: UNCERTAIN,
  guard_not_refused: PAUSE,
  batch_not_atomic: PAUSE,
};

/** Who was refused, and where. */
export interface FailureContext {
  email: string;
  connectionKind: ConnectionKind;
  api: 'sheets' | 'drive' | 'token';
}

/** What a message may need beside the context. */
export interface ProblemFacts {
  /** A page of Google's console, when its answer named one. */
  link?: string | undefined;
  /** How far this server's clock is ahead of Google's, in milliseconds; negative: behind. */
  clockAheadMs?: number | undefined;
}

/** Makes a problem: the plain words for `code`, with Google's own words beside them. */
export function googleProblem(
  code: GoogleProblemCode,
  context: FailureContext,
  technical: string | null,
  facts: ProblemFacts = {},
): SheetProblem {
  return { code, message: message(code, context, facts), technical };
}

/** What happened, why if known, and what to do. */
function message(code: GoogleProblemCode, context: FailureContext, facts: ProblemFacts): string {
  const { email } = context;
  switch (code) {
    case 'api_disabled':
      return apiDisabled(context, facts.link);
    case 'not_found':
      return notFound(context);
    case 'storage_quota':
      return storageQuota(context);
    case 'token_revoked':
      return `Google no longer accepts the sign-in of ${email}: it was withdrawn, was not used for six months, or the Google Cloud project is in "Testing", where every sign-in ends after 7 days. In the Google Cloud console open the OAuth consent screen and press "Publish app", then connect ${email} again.`;
    case 'unauthenticated':
      return context.connectionKind === 'oauth'
        ? `Google does not accept the sign-in of ${email}. Connect ${email} again.`
        : `Google does not accept the sign-in of ${email}. Check in the Google Cloud console that this service account is enabled, or add a new key for it here.`;
    case 'clock_off':
      return clockOff(facts.clockAheadMs);
    case 'scope_missing':
      return context.connectionKind === 'oauth'
        ? `The sign-in of ${email} does not include the right to work with this spreadsheet: a box was left unticked. Connect again and tick every box.`
        : `The key of ${email} does not carry the right that was needed (${context.api === 'drive' ? 'Google Drive' : 'Google Sheets'}). Add the service account's key again.`;
    case 'not_shared':
      return `Google does not let ${email} write to this spreadsheet: it is not shared with that address, or only to look at. Open the spreadsheet, press "Share" and add ${email} as Editor.`;
    case 'viewer_only':
      return `${email} may look at this spreadsheet but not write to it. Open it, press "Share" and make ${email} an Editor.`;
    case 'protected':
      return `The tab, or a part of it, is protected and ${email} is not among those who may edit it; being an Editor of the spreadsheet is not enough. Its owner opens Data, "Protect sheets and ranges", and adds ${email} or removes the protection.`;
    default:
      return MESSAGES[code];
  }
}

type Fixed = Exclude<
  GoogleProblemCode,
  | 'api_disabled'
  | 'not_found'
  | 'storage_quota'
  | 'token_revoked'
  | 'unauthenticated'
  | 'clock_off'
  | 'scope_missing'
  | 'not_shared'
  | 'viewer_only'
  | 'protected'
>;

const MESSAGES: Record<Fixed, string> = {
  guard_in_use: 'Google has a mark with this number already: an earlier attempt got through. It is being looked up.',
  sheet_id_taken: 'A tab with this number exists already: an earlier attempt got through. It is being looked up.',
  title_taken: 'The spreadsheet has another tab of this name already.',
  grid_full_columns:
    'The tab has too few rows or columns for what was to be written. They are added and it is tried again.',
  metadata_full:
    'The spreadsheet has no room left for the hidden marks that sheet sync needs (30,000 characters). Old marks are removed; if this stays, start a new spreadsheet.',
  metadata_missing: 'The hidden mark that was asked for is not in the spreadsheet.',
  cell_too_long: 'A value is longer than the 50,000 characters Google allows in a cell.',
  bad_request:
    'Google refused what was sent as invalid. Other leads go on; the one that is refused is marked as failed. Please report this with the technical text.',
  tab_gone:
    'The tab is no longer in the spreadsheet: somebody deleted it. Bring it back in Google Sheets (File, Version history), or have a new tab made here.',
  cells_full:
    'The spreadsheet is full: Google allows 10,000,000 cells in all its tabs together. Delete tabs or rows you no longer need, or start a new spreadsheet here.',
  tabs_full:
    'The spreadsheet has as many tabs as Google allows. Delete tabs you no longer need, or start a new spreadsheet here.',
  trashed:
    'The spreadsheet is in the trash. Google would still take rows and throw them away with it later. Restore it in Google Drive (Trash), or connect another one.',
  not_a_sheet:
    'The file is no Google spreadsheet but an Excel file or another document. Open it in Google Sheets, choose File, "Save as Google Sheets", and connect the new file.',
  project_suspended:
    'Google has suspended the Google Cloud project behind this connection, or it lacks billing. Open the Google Cloud console to see why and to mend it.',
  policy_blocked:
    'A rule of your Google Workspace organisation forbids this access. Ask its administrator to allow it.',
  key_revoked:
    'Google no longer accepts the key of the service account: it was deleted or replaced. Make a new key (JSON) for the account in the Google Cloud console and add it here.',
  key_unusable:
    'The private key of the service account cannot be used: it is damaged or incomplete. Add the whole JSON file again, as Google gave it.',
  account_gone:
    'Google does not know the service account any more: it was deleted or disabled, or its project was. Enable it in the Google Cloud console, or add the key of another account.',
  client_changed:
    'Google no longer accepts the OAuth client (id and secret) of this server: it was deleted, or its secret was replaced. Check LTS_GOOGLE_CLIENT_ID and LTS_GOOGLE_CLIENT_SECRET, then connect again.',
  consent_denied:
    'You did not give your consent on the page of Google, so nothing was connected. Start again and press "Allow".',
  consent_expired: 'The answer from the page of Google came too late or was used before. Start connecting again.',
  no_refresh_token:
    'Google gave a sign-in for one hour only. Open https://myaccount.google.com/permissions, remove the access of this server there, and connect again.',
  quota: 'Google allows no more calls this minute. Rows wait and go on by themselves.',
  google_down: 'Google has trouble of its own at the moment. Rows wait and go on by themselves.',
  network:
    'Google could not be reached. Rows wait and go on by themselves. If this stays, check the internet connection, the name server (DNS) and any firewall or proxy of this server.',
  guard_not_refused:
    'Google took the same mark twice. Sheet sync relies on the refusal to write each row only once, so nothing is written. Please report this at once.',
  batch_not_atomic:
    'Google applied a part of a refused change. Sheet sync relies on all or nothing to write each row only once, so nothing is written. Please report this at once.',
};

function apiDisabled({ api }: FailureContext, link: string | undefined): string {
  const name = api === 'drive' ? 'Google Drive API' : 'Google Sheets API';
  const where =
    link ?? `https://console.cloud.google.com/apis/library/${api === 'drive' ? 'drive' : 'sheets'}.googleapis.com`;
  return `The ${name} is switched off in the Google Cloud project. Open ${where} and press "Enable"; it takes a few minutes to work. Both the Google Sheets API and the Google Drive API are needed.`;
}

function notFound({ connectionKind, email }: FailureContext): string {
  return connectionKind === 'oauth'
    ? `Google finds no such spreadsheet for ${email}: the link is wrong, it was deleted for good, or it is one that this server did not make itself, which this sign-in cannot see. Have a new one made here, or connect again and choose a spreadsheet that you have.`
    : `Google finds no such spreadsheet: the link is wrong, it was deleted for good, or it is not shared with ${email}. Check the link, then press "Share" there and add ${email} as Editor.`;
}

function storageQuota({ connectionKind, email }: FailureContext): string {
  return connectionKind === 'oauth'
    ? `The Google storage of ${email} is full. Make room in Google Drive, or connect another account.`
    : `${email} is a service account, and Google gives those no storage to make files in. Make the spreadsheet yourself and share it with ${email} as Editor, or connect a Google account instead.`;
}

function clockOff(aheadMs: number | undefined): string {
  const mend = 'Set the clock, and switch on time synchronisation (NTP).';
  if (aheadMs === undefined || Math.abs(aheadMs) < 60_000) {
    return `Google refuses the sign-in because of its time: this server's clock is wrong. ${mend}`;
  }
  return `Google refuses the sign-in because this server's clock is ${span(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}. ${mend}`;
}

function span(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ];
  for (const [size, name] of units) {
    const count = Math.round(ms / size);
    if (ms >= 2 * size || (ms >= size && name === 'minute')) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
