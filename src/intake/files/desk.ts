import type { Clock } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { Store } from '../../store/store.ts';
import { createFileFolder, type FileFolder } from './folder.ts';
import { createFileLinks, type FileLinks } from './links.ts';
import { createUploads, type UploadLimits, type Uploads } from './uploads.ts';

/** What is set about files. */
export interface FileSettings extends UploadLimits {
  /** The folder of their bytes, `DATA_DIR/files`. */
  path: string;
  /** How long the links of sheets and API hold, from the lead on; null: for good. */
  linkLifetimeMs: number | null;
}

/** All that has to do with files. */
export interface FileDesk {
  settings: FileSettings;
  folder: FileFolder;
  links: FileLinks;
  uploads: Uploads;
}

export interface FileDeskDeps {
  settings: FileSettings;
  store: Pick<Store, 'files'>;
  vault: Vault;
  clock: Clock;
  ids: Ids;
  log: Log;
}

export function createFileDesk({ settings, store, vault, clock, ids, log }: FileDeskDeps): FileDesk {
  const folder = createFileFolder(settings.path, store.files);
  const links = createFileLinks(vault, settings.linkLifetimeMs);
  const uploads = createUploads({ folder, files: store.files, links, limits: settings, clock, ids, log });
  return { settings, folder, links, uploads };
}
