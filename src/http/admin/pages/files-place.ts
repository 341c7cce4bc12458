import { AppError } from '../../../lib/errors.ts';
import type { DriveApi, DriveFolder } from '../../../sheets/targets/google/drive.ts';
import { folderIdOf, folderNameOf } from '../../../sheets/targets/google/folder-address.ts';
import type { DriveSite } from '../../../store/drive.ts';
import type { SiteRequest } from '../route.ts';

/** Where a site's files could go in Google Drive. */
export type Offer =
  /** To a folder that is made in this person's own Drive. */
  | { kind: 'own'; account: string }
  /** To a folder of a shared drive that is named: a service account has no Drive of its own. */
  | { kind: 'shared'; account: string }
  | { kind: 'none'; why: string };

const DRIVE_FILE = 'https://www.googleapis.com/auth/drive.file';

/** Files go to the Drive of the account that the site's rows are written as. google-sheets.md 2.4. */
export async function offerOf({ site, services }: Pick<SiteRequest, 'site' | 'services'>): Promise<Offer> {
  const { store, google } = services;
  const target = store.sheets.target(site.id);
  if (target.kind === 'local' || google === null) return { kind: 'none', why: NO_SHEET };
  if (target.connectionId === null) {
    const made = await google.apiFor(target);
    return made.ok ? { kind: 'shared', account: made.api.email } : { kind: 'none', why: made.problem.message };
  }
  const connection = store.sheets.connection(target.connectionId);
  if (connection === null) return { kind: 'none', why: NO_SHEET };
  const { kind, email, scopes } = connection;
  if (kind === 'service_account') return { kind: 'shared', account: email };
  if (scopes.split(' ').includes(DRIVE_FILE)) return { kind: 'own', account: email };
  return {
    kind: 'none',
    why: `The sign-in of ${email} does not include the right to make files. Connect the account again under Sheet, and tick every box.`,
  };
}

const NO_SHEET =
  'They can go to the Drive of the Google account that the sheet is written as. Connect a Google sheet first, under Sheet.';

type Place = Pick<DriveSite, 'account' | 'folder' | 'shared'>;
export type PlaceRead = { ok: true; place: Place } | { ok: false; field: 'place' | 'folder'; message: string };

/** Looks whether files can go there, and makes the folder where one is to be made. */
export async function readPlace(
  { site, services }: Pick<SiteRequest, 'site' | 'services'>,
  offer: Offer,
  folder: string,
): Promise<PlaceRead> {
  if (offer.kind === 'none' || services.google === null) throw new AppError('conflict', NO_SHEET);
  const { account } = offer;
  const made = await services.google.driveOf(account);
  if (!made.ok) return { ok: false, field: 'place', message: made.problem.message };
  return offer.kind === 'own' ? await readOwn(made.api, site) : await readShared(made.api, account, folderIdOf(folder));
}

async function readOwn(api: DriveApi, { id, name }: SiteRequest['site']): Promise<PlaceRead> {
  const folder = await api.ensureFolder(folderNameOf(name), id);
  if (!folder.ok) return { ok: false, field: 'place', message: folder.failure.problem.message };
  return { ok: true, place: { account: api.email, folder: folder.value, shared: false } };
}

async function readShared(api: DriveApi, account: string, id: string | null): Promise<PlaceRead> {
  if (id === null) return wrongFolder('Open the folder in Google Drive and copy the address from its address bar.');
  const known = await api.folder(id);
  if (!known.ok) return wrongFolder(known.failure.problem.message);
  const wrong = whatIsWrong(known.value, account);
  if (wrong !== null) return wrongFolder(wrong);
  return { ok: true, place: { account, folder: id, shared: true } };
}

const wrongFolder = (message: string): PlaceRead => ({ ok: false, field: 'folder', message });

/** In words, with what to do; null: nothing. */
function whatIsWrong(folder: DriveFolder | null, account: string): string | null {
  if (folder === null) {
    return `Google finds no such folder for ${account}. Open the shared drive, press "Manage members", and add ${account} as Content manager.`;
  }
  if (!folder.isFolder) return 'This is a file, not a folder.';
  if (!folder.isShared) {
    return `This folder lies in no shared drive, and Google gives service accounts no storage of their own. Choose a folder of a shared drive.`;
  }
  if (folder.trashed) return 'This folder is in the trash. Restore it in Google Drive, or choose another.';
  if (!folder.mayAdd || !folder.mayRemove) {
    return `${account} may not add files there and delete them again, as it must when their lead is deleted. Make it a Content manager of the shared drive.`;
  }
  return null;
}
