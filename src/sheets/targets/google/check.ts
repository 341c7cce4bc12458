import type { SheetProblem } from '../../../store/sheets.ts';
import type { CheckReport, CheckStep } from '../../target.ts';
import type { DriveFile, GoogleApi, GoogleFailure, Reply, SpreadsheetInfo } from './api.ts';
import { type FailureContext, type GoogleProblemCode, ownFailure } from './failures.ts';
import { type SelfTestOptions, selfTest } from './self-test.ts';

export interface CheckOptions extends SelfTestOptions {
  /** Also three writes that leave nothing behind. */
  selfTest: boolean;
  /** Our tabs, where there are any: they must exist and be open to us. */
  tabs?: readonly { sheetId: number; title: string }[];
}

export const CHECK_STEPS = {
  reach: 'Reach Google',
  signIn: 'Sign in',
  sheetsApi: 'Google Sheets API',
  driveApi: 'Google Drive API',
  open: 'Open the spreadsheet',
  trash: 'Not in the trash',
  edit: 'May edit',
} as const;

const UNREACHED = new Set<string>(['network', 'google_down', 'quota'] satisfies GoogleProblemCode[]);
const NOT_SIGNED_IN = new Set<string>([
  'unauthenticated',
  'token_revoked',
  'clock_off',
  'key_revoked',
  'key_unusable',
  'account_gone',
  'client_changed',
  'project_suspended',
  'policy_blocked',
] satisfies GoogleProblemCode[]);
const API_TROUBLE = new Set<string>(['api_disabled', 'scope_missing'] satisfies GoogleProblemCode[]);

/**
 * "Check access": looks at everything that can be wrong between us and a spreadsheet, and gives each its own step
 * in plain words. Steps that could not be looked at, because an earlier one failed or Drive is not to show us the file,
 * are left out. One call of Drive and one of Sheets, and the self-test's if asked for.
 */
export async function checkAccess(api: GoogleApi, spreadsheetId: string, options: CheckOptions): Promise<CheckReport> {
  const file = await api.file(spreadsheetId);
  const info = await api.info(spreadsheetId);
  const unseen = !file.ok && unseenByDrive(api, file.failure);
  const steps: CheckStep[] = [];
  const add = (name: string, problem: SheetProblem | null) => {
    steps.push({ name, ok: problem === null, problem });
    return problem === null;
  };
  const goOn =
    add(CHECK_STEPS.reach, of(UNREACHED, info, file)) &&
    add(CHECK_STEPS.signIn, of(NOT_SIGNED_IN, info, file)) &&
    // Both are told, so that both are mended at once.
    [add(CHECK_STEPS.sheetsApi, of(API_TROUBLE, info)), add(CHECK_STEPS.driveApi, of(API_TROUBLE, file))].every(
      Boolean,
    ) &&
    add(CHECK_STEPS.open, failureOf(info)?.problem ?? (unseen ? null : failureOf(file)?.problem) ?? null);
  if (goOn && info.ok) {
    const context: FailureContext = { email: api.email, connectionKind: api.connectionKind, api: 'drive' };
    const mayWrite = !file.ok || addFileSteps(add, file.value, context);
    for (const tab of options.tabs ?? []) add(`Tab "${tab.title}"`, tabProblem(tab.sheetId, info.value, context));
    if (mayWrite && options.selfTest) steps.push(...(await selfTest(api, spreadsheetId, options)).steps);
  }
  return { ok: steps.every((step) => step.ok), shareWith: shareWith(api), steps };
}

/**
 * Whether Drive may have kept the file from us although it is there: a person's sign-in sees by Drive what this server
 * made, and by Sheets, if that was allowed, everything else. Sheets has the word then. google-sheets.md 2.4.
 */
export function unseenByDrive(api: Pick<GoogleApi, 'connectionKind'>, { problem }: GoogleFailure): boolean {
  return api.connectionKind === 'oauth' && problem.code === 'not_found';
}

type Add = (name: string, problem: SheetProblem | null) => boolean;

function addFileSteps(add: Add, file: DriveFile, context: FailureContext): boolean {
  const inPlace = add(CHECK_STEPS.trash, file.trashed ? ownFailure('trashed', context).problem : null);
  // In the trash nobody may edit: the trash is the trouble then, not the sharing.
  if (!inPlace) return false;
  return add(CHECK_STEPS.edit, file.canEdit ? null : ownFailure('viewer_only', context).problem);
}

function tabProblem(sheetId: number, info: SpreadsheetInfo, context: FailureContext): SheetProblem | null {
  const tab = info.tabs.find((each) => each.sheetId === sheetId);
  if (!tab) return ownFailure('tab_gone', context).problem;
  return tab.locked ? ownFailure('protected', context).problem : null;
}

const failureOf = (reply: Reply<unknown>): GoogleFailure | null => (reply.ok ? null : reply.failure);

/** The first of the replies' problems that is of this sort. */
function of(codes: ReadonlySet<string>, ...replies: Reply<unknown>[]): SheetProblem | null {
  for (const reply of replies) {
    const problem = failureOf(reply)?.problem;
    if (problem && codes.has(problem.code)) return problem;
  }
  return null;
}

/** A person's own account needs no sharing: it owns what it makes. */
const shareWith = (api: GoogleApi): string | null => (api.connectionKind === 'service_account' ? api.email : null);
