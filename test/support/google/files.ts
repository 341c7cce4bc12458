import { fileNotFound, notFound, permissionDenied } from './errors.ts';
import { newTab, type SpreadsheetState } from './spreadsheet.ts';
import type { Principal } from './tokens.ts';

export const SPREADSHEET = 'application/vnd.google-apps.spreadsheet';
export const FOLDER = 'application/vnd.google-apps.folder';

/** Those of shared drives too: a Manager is `organizer`, a Content manager `fileOrganizer`, a Contributor `writer`. */
export type Role = 'owner' | 'organizer' | 'fileOrganizer' | 'writer' | 'reader';

/** Anything that lies in somebody's Drive; spreadsheets have a state, uploads have bytes. */
export interface DriveFile {
  readonly id: string;
  name: string;
  readonly mimeType: string;
  readonly owner: string;
  /** By e-mail; `anyone` is everybody with the link. */
  readonly roles: Map<string, Role>;
  trashed: boolean;
  readonly driveId: string | undefined;
  readonly parents: readonly string[];
  /** Private to the client that wrote them: client → name → value. */
  readonly appProperties: Map<string, Record<string, string>>;
  /** OAuth clients that made the file or were handed it: all that `drive.file` sees. */
  readonly clients: Set<string>;
  readonly createdTime: string;
  sheet: SpreadsheetState | undefined;
  readonly content: Buffer | undefined;
  readonly versions: Map<string, SpreadsheetState>;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function newFileId(): string {
  return `1${Array.from(crypto.getRandomValues(new Uint8Array(43)), (byte) => ALPHABET[byte % 64]).join('')}`;
}

export interface NewFile {
  name: string;
  mimeType: string;
  owner: string;
  createdAt: number;
  roles?: readonly (readonly [string, Role])[];
  driveId?: string | undefined;
  parents?: readonly string[];
  client?: string | undefined;
  content?: Buffer;
  /** One that was set aside for it. */
  id?: string;
}

/** All files there are, and who may do what with them. */
export class Files {
  private readonly byId = new Map<string, DriveFile>();
  /** Ids that were given out, and to whom. */
  readonly reserved = new Map<string, string>();
  /** Accounts that have no storage left. */
  readonly full = new Set<string>();
  private versionCount = 0;

  create(options: NewFile): DriveFile {
    const { name, mimeType, owner, client } = options;
    const inDrive = options.driveId !== undefined && (options.parents ?? []).length > 0;
    const file: DriveFile = {
      id: options.id ?? newFileId(),
      name,
      mimeType,
      owner,
      // In a shared drive nobody owns a file: what counts is who one is in the drive.
      roles: new Map<string, Role>([...(inDrive ? [] : [[owner, 'owner'] as const]), ...(options.roles ?? [])]),
      trashed: false,
      driveId: options.driveId,
      parents: options.parents ?? [],
      appProperties: new Map(),
      clients: new Set(client === undefined ? [] : [client]),
      createdTime: new Date(options.createdAt).toISOString(),
      sheet: mimeType === SPREADSHEET ? emptyState(name) : undefined,
      content: options.content,
      versions: new Map(),
    };
    this.byId.set(file.id, file);
    return file;
  }

  /** For the control API: any file, whoever may see it. */
  get(id: string): DriveFile {
    const file = this.byId.get(id);
    if (!file) throw fileNotFound(id);
    return file;
  }

  find(id: string): DriveFile | undefined {
    return this.byId.get(id);
  }

  all(): DriveFile[] {
    return [...this.byId.values()];
  }

  reserve(email: string): string {
    const id = newFileId();
    this.reserved.set(id, email);
    return id;
  }

  /** With all that lies in it. */
  deleteForever(id: string): void {
    for (const file of this.all()) if (file.parents.includes(id)) this.deleteForever(file.id);
    this.byId.delete(id);
  }

  /** In the trash itself, or with the folder that it lies in. */
  isTrashed(file: DriveFile): boolean {
    return file.trashed || file.parents.some((id) => this.byId.get(id)?.trashed === true);
  }

  snapshot(id: string): string {
    const file = this.get(id);
    if (!file.sheet) throw fileNotFound(id);
    const version = `v${++this.versionCount}`;
    file.versions.set(version, file.sheet);
    return version;
  }

  restore(id: string, version: string): void {
    const file = this.get(id);
    const state = file.versions.get(version);
    if (!state) throw fileNotFound(`${id}@${version}`);
    file.sheet = state;
  }

  role(file: DriveFile, email: string): Role | undefined {
    const own = file.roles.get(email) ?? file.roles.get('anyone');
    if (own !== undefined || file.driveId === undefined) return own;
    const folder = file.parents.map((id) => this.byId.get(id)).find((each) => each !== undefined);
    return folder && this.role(folder, email);
  }

  /** Whether a token that has only `drive.file` sees the file. */
  private handed(file: DriveFile, principal: Principal, wide: readonly string[]): boolean {
    return wide.some((scope) => principal.scopes.has(scope)) || file.clients.has(principal.client);
  }

  /** A spreadsheet for a Sheets call: 404 when there is none, 403 when the caller may not do this. */
  forSheets(id: string, principal: Principal, write: boolean): DriveFile & { sheet: SpreadsheetState } {
    const file = this.byId.get(id);
    const wide = ['spreadsheets', 'spreadsheets.readonly', 'drive', 'drive.readonly'];
    if (!file?.sheet || !this.handed(file, principal, wide)) throw notFound();
    const role = this.role(file, principal.email);
    if (!role || (write && role === 'reader')) throw permissionDenied();
    return file as DriveFile & { sheet: SpreadsheetState };
  }

  /** A file for a Drive call: hidden as 404 from whoever has no access, and in shared drives unless asked for. */
  forDrive(id: string, principal: Principal, allDrives: boolean): DriveFile {
    const file = this.byId.get(id);
    if (!file || !this.visible(file, principal) || (file.driveId && !allDrives)) throw fileNotFound(id);
    return file;
  }

  visible(file: DriveFile, principal: Principal): boolean {
    const wide = ['drive', 'drive.readonly', 'drive.metadata', 'drive.metadata.readonly'];
    return this.role(file, principal.email) !== undefined && this.handed(file, principal, wide);
  }
}

/** What a spreadsheet is when just made: one default tab with sheet id 0. */
function emptyState(title: string): SpreadsheetState {
  return {
    title,
    locale: 'en_US',
    timeZone: 'Etc/GMT',
    tabs: [newTab({ sheetId: 0, title: 'Sheet1' })],
    metadata: [],
    namedRanges: [],
  };
}
