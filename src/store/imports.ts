import type { ErrorDetail } from '../lib/errors.ts';

export const IMPORT_STATUSES = ['draft', 'running', 'stopped', 'done', 'failed'] as const;
export type ImportStatus = (typeof IMPORT_STATUSES)[number];

/** `json_wrapped`: an array of objects that is the only member of one object. */
export const IMPORT_FORMATS = ['csv', 'json_lines', 'json', 'json_wrapped'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];
export const IMPORT_ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type ImportEncoding = (typeof IMPORT_ENCODINGS)[number];

/** How a file is read, and what becomes of each of its columns. */
export interface ImportSettings {
  format: ImportFormat;
  encoding: ImportEncoding;
  /** What stands between two cells of a CSV. */
  separator: string;
  /** Whether the first row of a CSV names the columns. */
  header: boolean;
  /** In the file's order. `target`: a member of a lead, `field:<name>`, or '' to leave the column out. */
  columns: readonly { name: string; target: string }[];
  /** The form of rows that name none; null: the source's own. */
  form: string | null;
  /** Of times that name none. IANA. */
  timezone: string;
  /** What `04/03/2026` means: `dmy` is 4 March. */
  dateOrder: 'dmy' | 'mdy';
}

/** A file of leads on its way in. */
export interface LeadImport {
  id: string;
  siteId: string;
  fileName: string;
  /** SHA-256 of its bytes, hex. */
  fileHash: string;
  /** Bytes. */
  fileSize: number;
  /** Whether the data folder holds a copy, so that pages can go on with it. */
  kept: boolean;
  settings: ImportSettings;
  status: ImportStatus;
  /** Why `failed`, in plain words. */
  problem: string | null;
  /** Rows read so far, blank ones and the header included, and how many bytes of the file those are. */
  position: number;
  bytes: number;
  /** Rows that became leads, and rows that were refused. */
  taken: number;
  bad: number;
  createdAt: number;
  startedAt: number | null;
  /** When whoever runs it last said so. */
  beatAt: number | null;
  finishedAt: number | null;
}

/** A row that was not taken: its number as a spreadsheet counts, from 1, what is wrong, what to do. No values. */
export interface ImportProblem {
  row: number;
  message: string;
}

/** Some rows of a file, taken together with the position behind them, or not at all. */
export interface ImportStep {
  importId: string;
  /** Who runs it; refused when somebody else does since. */
  runner: string;
  /** The position before and after it. */
  from: number;
  to: number;
  bytes: number;
  /** The row number of each item of the request that goes with the step. */
  rows: readonly number[];
  /** Rows that were refused before. */
  problems: readonly ImportProblem[];
  /** Whether the file ends here. */
  last: boolean;
}

/** How long one that runs may be silent before it counts as broken off. Milliseconds. */
export const IMPORT_SILENCE_MS = 15_000;
/** Whether somebody reads its file just now. */
export const isUnderWay = ({ status, beatAt }: LeadImport, now: number) =>
  status === 'running' && (beatAt ?? 0) >= now - IMPORT_SILENCE_MS;
/** How many bad rows are kept for the report; the others are counted. */
export const MAX_IMPORT_PROBLEMS = 10_000;

/** What is wrong with a row, in a line: each part by the name of its field. */
export function problemText(details: readonly ErrorDetail[], otherwise: string): string {
  if (details.length === 0) return otherwise;
  return details.map(({ path, message }) => `${placeOf(path)} ${message}`.trimStart()).join(' ');
}

/** `/fields/First name` is `First name`, and `/fields` the row itself. */
function placeOf(path: string): string {
  if (path === '/fields') return 'The row';
  return path
    .replace(/^\/(fields\/)?/, '')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

export interface ImportStore {
  create(
    input: Pick<LeadImport, 'siteId' | 'fileName' | 'fileHash' | 'fileSize' | 'kept' | 'settings'>,
  ): Promise<LeadImport>;
  get(siteId: string, id: string): LeadImport | null;
  /** Those of a site, newest first. */
  list(siteId: string, limit: number): LeadImport[];
  /** Those of the same file, newest first. */
  byHash(siteId: string, fileHash: string): LeadImport[];
  /** Changes how the file is read; null once its first row was read. */
  configure(siteId: string, id: string, settings: ImportSettings): Promise<LeadImport | null>;
  /**
   * Makes `runner` the one who runs it, in place of whoever did. `busy`: another import of the site is under way.
   * Null: there is none, or it is done.
   */
  start(siteId: string, id: string, runner: string): Promise<LeadImport | 'busy' | null>;
  /** Those whose runner is gone, and whose file is kept: anybody can go on with them. Of all sites. */
  brokenOff(nowMs: number): LeadImport[];
  /**
   * As `start`, for one that broke off. Null: it did not, another import of the site is under way, or it broke off at
   * the same row once more: it has failed then, for the file itself may be what ends its runners.
   * @param name tells this run from others @returns `runner` is who takes its steps
   */
  takeOver(siteId: string, id: string, name: string): Promise<{ job: LeadImport; runner: string } | null>;
  /** Its runner leaves it to the next one, and it was not for its file that it got no further. */
  letGo(siteId: string, id: string, runner: string): Promise<void>;
  /** A step without a lead in it; others go with `leads.accept`. False: it was stopped, or is somebody else's now. */
  advance(siteId: string, step: ImportStep): Promise<boolean>;
  /** Says that it still runs. False: as `advance`. */
  beat(siteId: string, id: string, runner: string): Promise<boolean>;
  /** Whoever runs it ends at its next step. Null: it does not run. */
  stop(siteId: string, id: string): Promise<LeadImport | null>;
  /** Ends it for a reason that a person has to see to; it can be started again. */
  fail(siteId: string, id: string, runner: string, problem: string): Promise<void>;
  /** Forgets an import that does not run; its leads stay. */
  remove(siteId: string, id: string): Promise<boolean>;
  /** Bad rows in the file's order, at most `limit`. */
  problems(siteId: string, id: string, limit: number): ImportProblem[];
}
