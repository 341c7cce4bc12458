/** @jsxImportSource preact */
import type { Cancel } from '../../lib/clock.ts';
import { Empty, PageTitle } from './components/parts.tsx';
import type { MoveOutcome, PageOutcome, UserRequest } from './route.ts';
import type { AdminServices } from './services.ts';

/*
 * Keys, links and codes are known at one moment only, when they are made. The form that makes one leads to an address
 * where it is shown, so that loading that page anew, or going back to it, makes nothing a second time. Until it is
 * fetched the page is kept in memory: for the session that sent the form, once, and for five minutes at most. Nothing
 * of it is ever on disk.
 */

const KEPT_MS = 5 * 60_000;
/** More than people make in five minutes; beyond, the oldest is forgotten. */
const MAX_KEPT = 100;

interface Kept {
  page: PageOutcome;
  forget: Cancel;
}

// By server: two of them in one process (tests) know nothing of each other.
const pages = new WeakMap<AdminServices, Map<string, Kept>>();

function pagesOf(services: AdminServices): Map<string, Kept> {
  const known = pages.get(services) ?? new Map<string, Kept>();
  pages.set(services, known);
  return known;
}

const nameOf = ({ visit }: UserRequest, path: string) => `${visit.session.id} ${path}`;

/** Leads to `path`, whose route answers with `shownOnce`: there the session that asks sees the page, once. */
export function showOnce(request: UserRequest, path: string, page: PageOutcome): MoveOutcome {
  const { services } = request;
  const kept = pagesOf(services);
  const name = nameOf(request, path);
  drop(kept, name);
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) drop(kept, oldest);
  kept.set(name, { page, forget: services.clock.after(KEPT_MS, () => void kept.delete(name)) });
  return { to: path };
}

/** The page that was made for this address; else why it is not there, and where to go on. */
export function shownOnce(request: UserRequest, onward: { href: string; text: string }): PageOutcome {
  const kept = pagesOf(request.services);
  const name = nameOf(request, new URL(request.request.url).pathname);
  const page = kept.get(name)?.page;
  drop(kept, name);
  return page ?? gone(onward);
}

function drop(kept: Map<string, Kept>, name: string): void {
  kept.get(name)?.forget();
  kept.delete(name);
}

function gone({ href, text }: { href: string; text: string }): PageOutcome {
  const title = 'Shown once';
  const body = (
    <>
      <PageTitle title={title} />
      <Empty title="This is not shown again">
        <p>It was shown once, or five minutes have passed. If you did not keep it, make a new one.</p>
        <div class="actions">
          <a class="button" href={href}>
            {text}
          </a>
        </div>
      </Empty>
    </>
  );
  return { title, body, status: 404 };
}
