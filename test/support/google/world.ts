import type { BatchContext } from './batch-context.ts';
import { Calls } from './calls.ts';
import { FakeClock } from './clock.ts';
import type { Behaviour, Call } from './control-types.ts';
import type { Session } from './drive-uploads.ts';
import { Faults } from './faults.ts';
import { type DriveFile, Files } from './files.ts';
import { HandsAtWork } from './hands-random.ts';
import { Quota } from './quota.ts';
import type { Draft, SpreadsheetState } from './spreadsheet.ts';
import { type Principal, Tokens } from './tokens.ts';

export type Api = 'sheets' | 'drive';

/** Everything there is in one process of the fake. */
export class World {
  readonly clock = new FakeClock();
  readonly behaviour: Behaviour = {
    updateNothing: 'empty',
    deleteNothing: 'empty',
    duplicates: 'refuse',
    rowTags: 'stay',
    omitDefaults: true,
    maxWrites: null,
    writeWindowMs: 10_000,
    sessionOver: 404,
    partKept: null,
    listed: true,
    idsInSharedDrives: true,
  };
  readonly tokens = new Tokens(this.clock);
  readonly files = new Files();
  /** Uploads in parts, by the id in their address. */
  readonly sessions = new Map<string, Session>();
  readonly quota = new Quota(this.clock);
  readonly faults = new Faults();
  readonly calls = new Calls(this.clock, this.behaviour);
  readonly hands = new HandsAtWork(this);
  readonly disabled = new Set<Api>();
  /** What a batch works with on behalf of a caller. */
  context(draft: Draft, file: DriveFile, principal: Principal, call: Call): BatchContext {
    return {
      draft,
      email: principal.email,
      owner: file.owner,
      project: principal.project,
      duplicates: this.behaviour.duplicates,
      rowTags: this.behaviour.rowTags,
      updateNothing: this.behaviour.updateNothing,
      deleteNothing: this.behaviour.deleteNothing,
      byHand: false,
      note: (kind, detail) => this.calls.violate(call, kind, detail),
    };
  }

  /** Makes a draft's state the spreadsheet's; the file's name goes with the title. */
  commit(file: DriveFile, state: SpreadsheetState): void {
    file.sheet = state;
    file.name = state.title;
  }
}
