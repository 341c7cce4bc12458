/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import { folderAddress } from '../../../sheets/targets/google/folder-address.ts';
import { driveValues } from '../../../store/audit-values.ts';
import type { DriveSite } from '../../../store/drive.ts';
import { record } from '../audit.ts';
import type { Outcome, PageOutcome, SiteRequest, SiteRoute } from '../route.ts';
import { offerOf, readPlace } from './files-place.ts';
import { choicesOf, type FilesErrors, FilesPage, type FilesTexts } from './files-view.tsx';

const PATH = '/admin/s/:site/settings/files';
/** So many files of deleted leads are named. */
const NAMED = 20;

const baseOf = ({ site }: SiteRequest) => `/admin/s/${site.id}`;
const driveOf = ({ services, site }: SiteRequest) => services.store.drive.site(site.id);

async function filesPage(
  request: SiteRequest,
  refused: { texts: FilesTexts; errors: FilesErrors } | null,
): Promise<PageOutcome> {
  const { site, visit, csrf, services } = request;
  const { drive } = services.store;
  const stored = driveOf(request);
  const offer = await offerOf(request);
  const body = (
    <FilesPage
      base={baseOf(request)}
      stored={stored}
      offer={offer}
      counts={drive.counts(site.id)}
      undeleted={stored === null ? [] : drive.undeleted(site.id, NAMED)}
      texts={refused?.texts ?? textsOf(stored, offer.kind === 'none' ? null : offer.account)}
      errors={refused?.errors ?? {}}
      mayEdit={can(visit.user, 'site.edit', site.id)}
      csrf={csrf}
    />
  );
  return { title: 'Files', body, status: refused === null ? 200 : 422 };
}

function textsOf(stored: DriveSite | null, account: string | null): FilesTexts {
  const folder = stored?.shared && stored.folder !== null ? folderAddress(stored.folder) : '';
  if (stored?.enabled !== true) return { place: 'here', folder };
  return { place: stored.account === account ? 'drive' : 'keep', folder };
}

async function save(request: SiteRequest): Promise<Outcome> {
  const { form, services, site } = request;
  const texts = { place: form.text('place'), folder: form.text('folder') };
  const before = driveOf(request);
  const offer = await offerOf(request);
  const choice = choicesOf(before, offer).find(({ value }) => value === texts.place);
  if (choice === undefined) return filesPage(request, { texts, errors: { place: 'Choose one of these.' } });
  if (choice.value === 'drive') {
    const read = await readPlace(request, offer, texts.folder);
    if (!read.ok) return filesPage(request, { texts, errors: { [read.field]: read.message } });
    await services.store.drive.setSite(site.id, read.place);
  } else if (choice.value === 'here' && before?.enabled) {
    await services.store.drive.setSite(site.id, null);
  }
  const values = { before: driveValues(before), after: driveValues(driveOf(request)) };
  if (JSON.stringify(values.before) !== JSON.stringify(values.after)) {
    await record(request, { action: 'files.place_changed', objectId: site.id, ...values });
  }
  return { to: `${baseOf(request)}/settings/files`, notice: 'saved' };
}

async function tryAgain(request: SiteRequest): Promise<Outcome> {
  const { services, site } = request;
  await services.store.drive.again(site.id);
  await record(request, { action: 'files.tried_again', objectId: site.id });
  return { to: `${baseOf(request)}/settings/files`, notice: 'retried' };
}

/** A person has deleted in Drive what Google would not let us delete: what was named, and nothing that came since. */
async function deletedByHand(request: SiteRequest): Promise<Outcome> {
  const { services, site, form } = request;
  const { drive, files } = services.store;
  const gone = form.all('file').filter((id) => {
    const copy = drive.copy(id);
    return copy?.siteId === site.id && copy.problem !== null && files.get(id)?.leadId === null;
  });
  for (const id of gone) await drive.forgetCopy(id);
  await record(request, { action: 'files.deleted_by_hand', objectId: site.id, after: { files: gone.length } });
  return { to: `${baseOf(request)}/settings/files`, notice: 'deleted' };
}

const ofSite = { of: 'site', needs: 'site.edit' } as const;

export const filesRoutes: readonly SiteRoute[] = [
  { method: 'GET', path: PATH, of: 'site', needs: 'site.read', run: (request) => filesPage(request, null) },
  { method: 'POST', path: PATH, ...ofSite, run: save },
  { method: 'POST', path: `${PATH}/again`, ...ofSite, run: tryAgain },
  { method: 'POST', path: `${PATH}/gone`, ...ofSite, run: deletedByHand },
];
