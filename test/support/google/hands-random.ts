import type { ActionLog, ActionResult, Call, Hands, RandomActionType, UserAction } from './control-types.ts';
import { ApiError } from './errors.ts';
import type { DriveFile } from './files.ts';
import { performAction } from './hands.ts';
import { rowTexts } from './look.ts';
import { Random } from './random.ts';
import { cellAt, dataEnd, plainValue, type SpreadsheetState, type Tab } from './spreadsheet.ts';
import type { World } from './world.ts';

/** A user who now and then does something between two calls, by chance but repeatable from the seed. */
export class HandsAtWork {
  readonly log: ActionLog[] = [];
  private plan: { options: Hands; source: Random } | undefined;
  private count = 0;

  constructor(private readonly world: World) {}

  set(options: Hands | null): void {
    this.plan = options ? { options, source: new Random(options.seed) } : undefined;
  }

  /** What the test asks for itself. */
  perform(file: DriveFile, action: UserAction): ActionResult {
    const result = performAction(this.world, file, action);
    this.log.push({ beforeCall: null, spreadsheetId: file.id, action, result });
    return result;
  }

  /** Perhaps does something before a call is looked at. */
  beforeCall(call: Call): void {
    if (!this.plan || call.spreadsheetId === null) return;
    const { options, source } = this.plan;
    const id = options.spreadsheetId ?? call.spreadsheetId;
    if (id !== call.spreadsheetId || !source.chance(options.rate)) return;
    const file = this.world.files.find(id);
    const type = source.pick(options.actions);
    if (!file?.sheet || type === undefined) return;
    const action = chooseAction(type, file.sheet, source, options.keepColumns ?? [], ++this.count);
    if (!action) return;
    try {
      const result = performAction(this.world, file, action);
      this.log.push({ beforeCall: call.n, spreadsheetId: id, action, result });
    } catch (error) {
      // What Google would not let a user do (hide the last column, say) simply does not happen.
      if (!(error instanceof ApiError)) throw error;
    }
  }
}

interface Scene {
  readonly tab: Tab;
  readonly source: Random;
  /** Columns that may be edited or deleted. */
  readonly free: readonly number[];
  /** Columns that carry something. */
  readonly width: number;
  /** The row after the last one with data. */
  readonly end: number;
  readonly n: number;
}

/** Columns that are to be left alone, by header or tag value. */
function kept(state: SpreadsheetState, tab: Tab, names: readonly string[]): Set<number> {
  const columns = new Set<number>();
  tab.columns.forEach((_, column) => {
    if (names.includes(String(plainValue(cellAt(tab, 0, column)) ?? ''))) columns.add(column);
  });
  for (const { place, value } of state.metadata) {
    if (place.kind !== 'dimension' || place.rows || place.sheetId !== tab.sheetId) continue;
    if (value !== undefined && names.includes(value)) columns.add(place.index);
  }
  return columns;
}

function chooseAction(
  type: RandomActionType,
  state: SpreadsheetState,
  source: Random,
  keep: readonly string[],
  n: number,
): UserAction | undefined {
  const tab = source.pick(state.tabs.filter((each) => each.sheetType === 'GRID'));
  if (!tab) return undefined;
  const width = Math.max(1, rowTexts(tab, 0).length);
  const off = kept(state, tab, keep);
  const free = Array.from({ length: width }, (_, column) => column).filter((column) => !off.has(column));
  return onTab(type, { tab, source, free, width, end: dataEnd(tab), n });
}

function onTab(type: RandomActionType, scene: Scene): UserAction | undefined {
  const { source, width, n } = scene;
  const tab = scene.tab.sheetId;
  switch (type) {
    case 'renameTab':
      return { type, tab, to: `Renamed ${n}` };
    case 'insertColumn':
      return { type, tab, at: source.int(0, width + 1), header: `Note ${n}` };
    case 'moveColumn':
      return { type, tab, column: source.int(0, width), to: source.int(0, width + 1) };
    case 'hideColumn':
      return { type, tab, column: source.int(0, width) };
    case 'sort':
      return { type, tab, column: source.int(0, width), descending: source.chance(0.5) };
    case 'insertRows':
      return { type, tab, at: source.int(1, Math.max(2, scene.end + 1)), count: source.int(1, 3) };
    case 'typeUnderLastRow': {
      const before = Array.from({ length: source.pick(scene.free) ?? width }, () => null);
      return { type, tab, values: [...before, `typed by hand ${n}`], gap: source.int(0, 3) };
    }
    case 'duplicateTab':
      return { type, tab, title: `Copy ${n}` };
    case 'renameHeader':
    case 'deleteColumn':
      return onColumn(type, scene);
    default:
      return onRow(type, scene);
  }
}

function onColumn(type: 'renameHeader' | 'deleteColumn', { tab, source, free, n }: Scene): UserAction | undefined {
  const column = source.pick(free);
  if (column === undefined) return undefined;
  const base = { tab: tab.sheetId, column };
  return type === 'renameHeader' ? { type, ...base, to: `Header ${n}` } : { type, ...base };
}

function onRow(
  type: 'deleteRow' | 'hideRows' | 'filter' | 'editCell',
  { tab: own, source, free, width, end, n }: Scene,
): UserAction | undefined {
  if (end < 2) return undefined;
  const tab = own.sheetId;
  const row = source.int(1, end);
  if (type === 'deleteRow') return { type, tab, row };
  if (type === 'hideRows') return { type, tab, from: row, to: row + 1 };
  if (type === 'filter') {
    const column = source.int(0, width);
    return { type, tab, column, hide: [String(plainValue(cellAt(own, row, column)) ?? '')] };
  }
  const column = source.pick(free);
  return column === undefined ? undefined : { type, tab, row, column, value: `edited by hand ${n}` };
}
