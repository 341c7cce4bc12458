import { invalid } from './errors.ts';
import { type GridRange, num, overlaps, parseA1, readRange } from './grid.ts';
import type { Json } from './json.ts';
import type { Draft, Metadata, MetadataPlace, SpreadsheetState } from './spreadsheet.ts';

/** Developer metadata: tags on the spreadsheet, its tabs, its columns and rows, and the lookups that find them. */

/** Characters (keys plus values) that one level may hold: the spreadsheet, or one tab with its rows and columns. */
export const METADATA_LIMIT = 30_000;

/** What PROJECT visibility is judged by, and what the odd corners of the API do. */
export interface MetadataContext {
  readonly project: string;
  /** A second create of an id in use: refused as documented, or let through to test the client's alarm. */
  readonly duplicates: 'refuse' | 'accept';
}

export function metadataJson(entry: Metadata): Json {
  return {
    metadataId: entry.id,
    metadataKey: entry.key,
    metadataValue: entry.value,
    location: placeJson(entry.place),
    visibility: entry.visibility,
  };
}

function placeJson(place: MetadataPlace): Json {
  if (place.kind === 'spreadsheet') return { locationType: 'SPREADSHEET', spreadsheet: true };
  if (place.kind === 'sheet') return { locationType: 'SHEET', sheetId: place.sheetId };
  const { sheetId, rows, index } = place;
  return {
    locationType: rows ? 'ROW' : 'COLUMN',
    dimensionRange: { sheetId, dimension: rows ? 'ROWS' : 'COLUMNS', startIndex: index, endIndex: index + 1 },
  };
}

/** Whether metadata is visible to a caller from a Cloud project. */
export const visibleTo =
  (project: string) =>
  (entry: Metadata): boolean =>
    entry.visibility === 'DOCUMENT' || entry.project === project;

/** Reads a location; with a draft, also checks that the place exists. */
function readPlace(json: Json | undefined, state: SpreadsheetState): MetadataPlace {
  if (json?.spreadsheet === true) return { kind: 'spreadsheet' };
  const sheetId = num(json?.sheetId);
  if (sheetId !== undefined) {
    tabOf(state, sheetId);
    return { kind: 'sheet', sheetId };
  }
  const range = json?.dimensionRange as Json | undefined;
  if (!range) throw invalid('A location must be specified for the developer metadata.');
  const rows = range.dimension === 'ROWS';
  if (!rows && range.dimension !== 'COLUMNS') throw invalid('No dimension specified.');
  const tab = tabOf(state, num(range.sheetId) ?? 0);
  const index = num(range.startIndex) ?? 0;
  if ((num(range.endIndex) ?? 0) - index !== 1) {
    throw invalid('Developer metadata can only be associated with a single row or column.');
  }
  if (index < 0 || index >= (rows ? tab.rowCount : tab.columns.length)) {
    throw invalid(`Dimension range [${index}, ${index + 1}) is outside the grid of sheet ${tab.sheetId}.`);
  }
  return { kind: 'dimension', sheetId: tab.sheetId, rows, index };
}

function tabOf(state: SpreadsheetState, sheetId: number) {
  const tab = state.tabs.find((candidate) => candidate.sheetId === sheetId);
  if (!tab) throw invalid(`No grid with id: ${sheetId}`);
  return tab;
}

const level = (place: MetadataPlace): number | 'spreadsheet' =>
  place.kind === 'spreadsheet' ? 'spreadsheet' : place.sheetId;

function checkRoom(state: SpreadsheetState, at: number | 'spreadsheet'): void {
  let used = 0;
  for (const entry of state.metadata) {
    if (level(entry.place) === at) used += entry.key.length + (entry.value?.length ?? 0);
  }
  if (used > METADATA_LIMIT) {
    const where = at === 'spreadsheet' ? 'the spreadsheet' : `sheet ${at}`;
    throw invalid(`The developer metadata of ${where} would exceed the limit of ${METADATA_LIMIT} characters.`);
  }
}

/** Adds one entry; an id in use is refused with the words a client has to recognise. */
export function createMetadata(draft: Draft, json: Json, context: MetadataContext): Metadata {
  const { state } = draft;
  const key = json.metadataKey;
  if (typeof key !== 'string' || key === '') throw invalid('A metadata key must be specified.');
  const { visibility } = json;
  if (visibility !== 'DOCUMENT' && visibility !== 'PROJECT') throw invalid('A metadata visibility must be specified.');
  const given = num(json.metadataId);
  if (given !== undefined && given <= 0) throw invalid(`Developer metadata ID [${given}] must be positive.`);
  const id = given ?? freeId(state);
  if (context.duplicates === 'refuse' && state.metadata.some((entry) => entry.id === id)) {
    throw invalid(
      `Cannot add developer metadata with ID [${id}] because developer metadata with that ID already exists.`,
    );
  }
  const place = readPlace(json.location as Json | undefined, state);
  const value = json.metadataValue as string | undefined;
  const entry: Metadata = { id, key, value, visibility, place, project: context.project };
  state.metadata.push(entry);
  checkRoom(state, level(place));
  return entry;
}

/** An id of Google's own choosing: positive, and below those that clients choose. */
export function freeId(state: SpreadsheetState): number {
  const taken = new Set(state.metadata.map((entry) => entry.id));
  let id = 500_000 + taken.size;
  while (taken.has(id)) id++;
  return id;
}

/** Changes everything that matches; the answer has the current places of all of it. */
export function updateMetadata(draft: Draft, matched: readonly Metadata[], json: Json, fields: Json): Metadata[] {
  const { state } = draft;
  const all = fields['*'] !== undefined;
  const has = (name: string) => all || fields[name] !== undefined;
  if (fields.metadataId !== undefined) throw invalid('The metadata ID cannot be updated.');
  const place = has('location') ? readPlace(json.location as Json | undefined, state) : undefined;
  const ids = new Set(matched.map((entry) => entry.id));
  const changed: Metadata[] = [];
  state.metadata = state.metadata.map((entry) => {
    if (!ids.has(entry.id)) return entry;
    const next: Metadata = {
      ...entry,
      key: has('metadataKey') ? String(json.metadataKey ?? '') : entry.key,
      value: has('metadataValue') ? (json.metadataValue as string | undefined) : entry.value,
      visibility: has('visibility') ? (json.visibility as Metadata['visibility']) : entry.visibility,
      place: place ?? entry.place,
    };
    if (next.key === '') throw invalid('A metadata key must be specified.');
    if (next.visibility !== 'DOCUMENT' && next.visibility !== 'PROJECT') {
      throw invalid('A metadata visibility must be specified.');
    }
    changed.push(next);
    return next;
  });
  for (const at of new Set(changed.map((entry) => level(entry.place)))) checkRoom(state, at);
  return changed;
}

export function deleteMetadata(draft: Draft, matched: readonly Metadata[]): void {
  const ids = new Set(matched.map((entry) => entry.id));
  draft.state.metadata = draft.state.metadata.filter((entry) => !ids.has(entry.id));
}

/** Everything a data filter selects among what the project may see. */
export function matchFilter(state: SpreadsheetState, filter: Json, project: string): Metadata[] {
  const test = filterTest(state, filter);
  return state.metadata.filter((entry) => visibleTo(project)(entry) && test(entry));
}

function filterTest(state: SpreadsheetState, filter: Json): (entry: Metadata) => boolean {
  const lookup = filter.developerMetadataLookup as Json | undefined;
  if (lookup) return lookupTest(state, lookup);
  const area = filterRange(state, filter);
  if (!area) throw invalid('A data filter must be specified.');
  return (entry) => {
    const range = placeRange(entry.place);
    return range !== undefined && overlaps(range, area);
  };
}

/** The range of an A1 or grid filter; undefined for a metadata lookup. */
export function filterRange(state: SpreadsheetState, filter: Json): (GridRange & { singleCell?: boolean }) | undefined {
  if (typeof filter.a1Range === 'string') return parseA1(filter.a1Range, state);
  if (filter.gridRange === undefined) return undefined;
  const range = readRange(filter.gridRange as Json);
  tabOf(state, range.sheetId);
  return range;
}

/** The cells that metadata stands for; none for the spreadsheet as a whole. */
export function placeRange(place: MetadataPlace): GridRange | undefined {
  if (place.kind === 'spreadsheet') return undefined;
  if (place.kind === 'sheet') return { sheetId: place.sheetId };
  const { sheetId, index, rows } = place;
  return rows ? { sheetId, startRow: index, endRow: index + 1 } : { sheetId, startColumn: index, endColumn: index + 1 };
}

function lookupTest(state: SpreadsheetState, lookup: Json): (entry: Metadata) => boolean {
  const tests: ((entry: Metadata) => boolean)[] = [];
  const { metadataId, metadataKey, metadataValue, visibility, locationType } = lookup;
  if (metadataId !== undefined) tests.push((entry) => entry.id === metadataId);
  if (metadataKey !== undefined) tests.push((entry) => entry.key === metadataKey);
  if (metadataValue !== undefined) tests.push((entry) => entry.value === metadataValue);
  if (isSet(visibility)) tests.push((entry) => entry.visibility === visibility);
  if (isSet(locationType)) tests.push((entry) => placeJson(entry.place).locationType === locationType);
  const strategy = lookup.locationMatchingStrategy;
  if (lookup.metadataLocation !== undefined) {
    const place = readPlace(lookup.metadataLocation as Json, state);
    const exact = strategy === 'EXACT_LOCATION';
    tests.push((entry) => (exact ? same(entry.place, place) : intersects(entry.place, place)));
  } else if (isSet(strategy)) throw invalid('A location matching strategy requires a metadata location.');
  if (tests.length === 0) throw invalid('At least one field of the developer metadata lookup must be specified.');
  return (entry) => tests.every((test) => test(entry));
}

/** An enum that is set, the unspecified member counting as unset. */
const isSet = (value: unknown): boolean => typeof value === 'string' && !value.endsWith('_UNSPECIFIED');

const same = (a: MetadataPlace, b: MetadataPlace): boolean =>
  JSON.stringify(placeJson(a)) === JSON.stringify(placeJson(b));

function intersects(a: MetadataPlace, b: MetadataPlace): boolean {
  const first = placeRange(a);
  const second = placeRange(b);
  if (!first || !second) return first === second;
  return overlaps(first, second);
}
