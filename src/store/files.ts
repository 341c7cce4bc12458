/** A file that came with a lead. The store knows whose it is and where its bytes are. */
export interface StoredFile {
  id: string;
  siteId: string;
  /** null: its lead was deleted, and its bytes are to follow. */
  leadId: string | null;
  name: string;
  /** Bytes. */
  size: number;
  /** The media type its content has, whatever the sender called it. */
  type: string;
  /** Where it lies, below the folder of files. */
  path: string;
  createdAt: number;
  /** Its bytes are on this server; false: Google Drive has them. */
  isHere: boolean;
}

/** A file whose bytes are on disk, of a lead that is to be stored with it. */
export type NewFile = Pick<StoredFile, 'id' | 'name' | 'size' | 'type' | 'path'>;

/** Which files there are. They are added by `leads.accept` and given up by `leads.remove`, with their leads. */
export interface FileStore {
  get(id: string): StoredFile | null;
  ofLead(siteId: string, leadId: string): StoredFile[];
  /** What takes room on this server, files to be deleted included. From memory, mostly: every upload asks. */
  usage(): { files: number; bytes: number };
  /** Those of the ids that are known. */
  known(ids: readonly string[]): StoredFile[];
  /** A walk through all files by id. */
  after(id: string, limit: number): StoredFile[];
  /** Files whose leads were deleted and whose bytes are on this server. */
  ownerless(limit: number): StoredFile[];
  /** For files whose bytes are gone from this server. One that may be in Google Drive stays known until it is not. */
  forget(ids: readonly string[]): Promise<void>;
}
