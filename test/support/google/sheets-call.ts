import type { BatchContext } from './batch-context.ts';
import type { Call, CallKind } from './control-types.ts';
import type { DriveFile } from './files.ts';
import type { Json } from './json.ts';
import type { Mask } from './mask.ts';
import { Draft } from './spreadsheet.ts';
import type { Principal } from './tokens.ts';
import type { World } from './world.ts';

/** One call of a Sheets method, its caller known and its body read. */

export interface SheetsCall {
  readonly world: World;
  readonly principal: Principal;
  readonly id: string;
  /** The range, metadata id or sheet id that the path names besides the spreadsheet. */
  readonly part: string;
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly mask: Mask | undefined;
  readonly call: Call;
}

export interface SheetsMethod {
  readonly kind: CallKind;
  readonly access: 'read' | 'write';
  readonly request: string | undefined;
  readonly response: string;
  readonly query?: readonly string[];
  readonly run: (call: SheetsCall) => unknown;
}

/** The spreadsheet that is called for, if the caller may. */
export const file = (call: SheetsCall, write: boolean) => call.world.files.forSheets(call.id, call.principal, write);

export const viewer = (of: DriveFile, principal: Principal) => ({
  email: principal.email,
  owner: of.owner,
  project: principal.project,
});

/** Runs a write on a draft and commits it, unless it throws. */
export function writing<T>(call: SheetsCall, work: (context: BatchContext, draft: Draft) => T): T {
  const target = file(call, true);
  const draft = new Draft(target.sheet);
  const result = work(call.world.context(draft, target, call.principal, call.call), draft);
  call.world.commit(target, draft.state);
  return result;
}
