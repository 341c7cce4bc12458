import { Elysia } from 'elysia';
import type { FileFolder } from '../../intake/files/folder.ts';
import type { FileLinks } from '../../intake/files/links.ts';
import { isShown } from '../../intake/files/type.ts';
import type { Clock } from '../../lib/clock.ts';
import { once } from '../../lib/once.ts';
import type { DriveStore } from '../../store/drive.ts';
import type { FileStore, StoredFile } from '../../store/files.ts';
import { visitorHeaders } from '../forms/answer.ts';
import { queryParams } from '../request.ts';
import { contentDisposition } from './disposition.ts';

export interface FileRouteDeps {
  files: Pick<FileStore, 'get'>;
  drive: Pick<DriveStore, 'copy'>;
  folder: Pick<FileFolder, 'find'>;
  links: FileLinks;
  clock: Clock;
}

/**
 * What a stranger uploaded may load, run and reach nothing here, whatever a browser takes it for. Chromium's viewer of
 * PDF files starts in a sandbox too.
 */
const SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Where a file is: here, or at an address of Google Drive. */
type Found = { file: StoredFile; path: string } | { driveLink: string };

/**
 * Files that came with leads, for whoever has a signed link. One that is kept in Google Drive is not fetched from there:
 * the link leads there, and Google decides who may see it. Spec 3, "Form endpoint".
 */
export function fileRoutes({ files, drive, folder, links, clock }: FileRouteDeps) {
  const pages = once(() => import('./page.tsx'));

  /** The file and where it lies; null: the same answer for one that never was, one that is gone, and a wrong link. */
  async function found(id: string, request: Request): Promise<Found | null> {
    const query = queryParams(request);
    const link = { id, until: query.get('until'), signature: query.get('sig') ?? '' };
    const file = files.get(id);
    const holds = links.holds(link, file?.createdAt ?? 0, clock.now());
    if (file === null || file.leadId === null || !holds) return null;
    const driveLink = drive.copy(id)?.link ?? null;
    if (driveLink !== null) return { driveLink };
    const path = await folder.find(file);
    return path === null ? null : { file, path };
  }

  async function answer(id: string, request: Request): Promise<Response> {
    const there = await found(id, request);
    if (there === null) {
      const { noFilePage } = await pages();
      return new Response(noFilePage(), { status: 404, headers: visitorHeaders(null) });
    }
    if ('driveLink' in there) return new Response(null, { status: 302, headers: driveHeaders(there.driveLink) });
    return new Response(Bun.file(there.path), { headers: fileHeaders(there.file) });
  }

  return new Elysia().get('/files/:id', ({ params, request }) => answer(params.id, request));
}

const driveHeaders = (location: string): Record<string, string> => ({
  location,
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
  // It may be deleted with its lead.
  'cache-control': 'private, no-store',
});

function fileHeaders({ name, type, size }: StoredFile): Record<string, string> {
  const how = isShown(type) ? 'inline' : 'attachment';
  return {
    'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'content-length': String(size),
    'content-disposition': contentDisposition(how, name),
    'content-security-policy': SANDBOX,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex',
    // Whoever uses the machine after a visitor shall not find it there; nor shall it outlive its lead.
    'cache-control': 'private, no-store',
  };
}
