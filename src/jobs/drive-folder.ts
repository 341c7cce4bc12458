import { ofFiles } from '../sheets/targets/google/drive-problems.ts';
import { type GoogleProblemCode, ownFailure } from '../sheets/targets/google/failures.ts';
import { folderNameOf } from '../sheets/targets/google/folder-address.ts';
import type { AtSite, Trouble } from './drive.ts';

/** A trouble of our own finding, in the words for files. */
export function found(api: AtSite['api'], code: GoogleProblemCode, technical: string | null = null): Trouble {
  const { email, connectionKind } = api;
  return ofFiles(ownFailure(code, { email, connectionKind, api: 'drive' }, technical), { email, connectionKind });
}

/**
 * Sees to the folder that a site's files go into. Of our own, one that was deleted for good is made anew; one in the
 * trash is left to people: what went there would be deleted with it.
 */
export async function folderFor({ store, site, api }: AtSite): Promise<{ ok: true } | { ok: false; trouble: Trouble }> {
  if (site.folder !== null) {
    const known = await api.folder(site.folder);
    if (!known.ok) return { ok: false, trouble: known.failure };
    const folder = known.value;
    if (folder?.trashed) return { ok: false, trouble: found(api, 'trashed') };
    if (folder !== null && (!site.shared || folder.mayAdd)) return { ok: true };
    if (folder !== null) return { ok: false, trouble: found(api, 'not_shared') };
    if (site.shared) return { ok: false, trouble: found(api, 'not_found') };
  }
  const name = folderNameOf(store.sites.get(site.siteId)?.name ?? site.siteId);
  const made = await api.ensureFolder(name, site.siteId);
  if (!made.ok) return { ok: false, trouble: made.failure };
  await store.drive.noteSite(site.siteId, { folder: made.value }, site);
  return { ok: true };
}
