import type { StoredFile } from './files.ts';
import type { SheetProblem } from './sheets.ts';

/** What keeps files from their way to Google Drive, in words for people. */
export type DriveProblem = SheetProblem;

/** A site whose files are kept in Google Drive, or were once. */
export interface DriveSite {
  siteId: string;
  /** Files go there; false: they stay on this server, but for those that are there already. */
  enabled: boolean;
  /** The address of whose Drive it is, or of the service account that writes to a shared drive. */
  account: string;
  /** Google's id of the folder; null: it is still to be made, in the account's own Drive. */
  folder: string | null;
  /** The folder is one of a shared drive that somebody named. */
  shared: boolean;
  /** Why nothing goes on; null: nothing is wrong. */
  problem: DriveProblem | null;
  /** Tries that failed one after the other. */
  failures: number;
  /** Not before this moment; null: at any time. */
  retryAt: number | null;
}

/** Where a site's files go, as a person has chosen it. */
export type DrivePlace = Pick<DriveSite, 'enabled' | 'account' | 'folder' | 'shared'>;

/** What is known of a file in Google Drive. */
export interface DriveCopy {
  fileId: string;
  siteId: string;
  account: string;
  /** The id that Google set aside for it; null: Google would not, and the file is known by its property there. */
  driveId: string | null;
  /** Where people open it; null: it is not known to be there as a whole. */
  link: string | null;
  /** When it was last begun to be sent. */
  triedAt: number;
  /** Why this one file can't be sent, or deleted. */
  problem: DriveProblem | null;
  retryAt: number | null;
}

/** Which files of which sites are kept in Google Drive. */
export interface DriveStore {
  /** From memory: the clock asks every few seconds. */
  sites(): readonly DriveSite[];
  site(siteId: string): DriveSite | null;
  /** Files go there from now on, those that are here included; null: those not there yet stay here. */
  setSite(siteId: string, place: Pick<DriveSite, 'account' | 'folder' | 'shared'> | null): Promise<void>;
  /** @param as what was found is about this place: not noted where somebody has chosen another one meanwhile */
  noteSite(
    siteId: string,
    change: Partial<Pick<DriveSite, 'folder' | 'problem' | 'failures' | 'retryAt'>>,
    as?: DrivePlace,
  ): Promise<void>;
  /** Everything of the site that was put off is tried at once. */
  again(siteId: string): Promise<void>;

  copy(fileId: string): DriveCopy | null;
  /** The next file of the site that is to go there by now: one that may be there already, else the oldest other. `begun`: no other. */
  nextToSend(siteId: string, nowMs: number, which: 'any' | 'begun'): StoredFile | null;
  /** Durable before its first byte goes out. */
  begin(file: Pick<StoredFile, 'id' | 'siteId'>, at: Pick<DriveCopy, 'account' | 'driveId'>): Promise<void>;
  /** It is there as a whole: its link leads there from now on. */
  keep(fileId: string, at: { driveId: string; link: string }): Promise<void>;
  /** Files that are there and whose bytes are still here. */
  toClear(siteId: string, limit: number): StoredFile[];
  /** Their bytes are not here any more. */
  cleared(fileIds: readonly string[]): Promise<void>;
  /** @param problem null: nothing is wrong, it is only too early */
  postpone(fileId: string, problem: DriveProblem | null, retryAt: number): Promise<void>;

  /** What deleted leads have left there, and may be asked about by now. */
  toDelete(siteId: string, nowMs: number, limit: number): DriveCopy[];
  /** Puts off all that deleted leads of the site have left with this account. */
  postponeDeletes(siteId: string, account: string, problem: DriveProblem, retryAt: number): Promise<void>;
  /** It is not there, or not any more. The file of a deleted lead is forgotten with it. */
  forgetCopy(fileId: string): Promise<void>;
  /** What deleted leads have left there and Google would not delete; at most `limit`. */
  undeleted(siteId: string, limit: number): DriveCopy[];
  counts(siteId: string): DriveCounts;
}

export interface DriveCounts {
  /** Files whose bytes are on this server. */
  here: number;
  /** Files that are in Google Drive, those of deleted leads included that are still there. */
  there: number;
}
