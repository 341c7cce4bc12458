/** @jsxImportSource preact */
import {
  forgetTraces,
  hasTraces,
  isBeingImported,
  isWholeAddress,
  type Traces,
  tracesOf,
} from '../../../intake/person.ts';
import { addressPattern, foldedText } from '../../../lib/address-in-text.ts';
import { toTime } from '../../../lib/time.ts';
import type { Lead } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { LEAD_ACTS } from '../lead-acts.ts';
import { whileAllowed } from '../lead-request.ts';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { jsonLines } from './lead-export.ts';
import { type Found, Privacy } from './privacy-view.tsx';

const encoder = new TextEncoder();

/** Leads that are read, or deleted by one commit. */
const AT_ONCE = 200;
const SHOWN = 20;

const baseOf = ({ site }: SiteRequest) => `/admin/s/${site.id}`;
/** As the address was typed, without blanks around it. */
const emailOf = ({ form }: SiteRequest) => form.text('email').trim();

const foundOf = (request: SiteRequest) => tracesOf(request.services, request.site.id, emailOf(request));

const idsOf = (request: SiteRequest) => request.services.store.leads.idsByEmail(request.site.id, emailOf(request));

/** Leads by their ids, some at a time: a person may have sent very many. */
function* pages({ services, site }: SiteRequest, ids: readonly string[]): Generator<Lead[]> {
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    yield services.store.sheets.leadsByIds(site.id, ids.slice(at, at + AT_ONCE));
  }
}

function privacyPage(request: SiteRequest, found: Found | null, error?: string, status: 409 | 422 = 422): PageOutcome {
  const { site, now, csrf } = request;
  const body = (
    <Privacy
      base={baseOf(request)}
      email={emailOf(request)}
      error={error}
      found={found}
      now={now}
      zone={site.timezone}
      csrf={csrf}
    />
  );
  return { title: 'Privacy', body, status: error === undefined ? 200 : status };
}

async function find(request: SiteRequest): Promise<Outcome> {
  return isWhole(request) ? privacyPage(request, await look(request)) : notWhole(request);
}

const isWhole = (request: SiteRequest) => isWholeAddress(emailOf(request));
const notWhole = (request: SiteRequest) =>
  privacyPage(request, null, 'Give a whole address, such as alice@example.com.');

async function look(request: SiteRequest): Promise<Found> {
  const ids = await idsOf(request);
  const newest = request.services.store.sheets.leadsByIds(request.site.id, ids.slice(-SHOWN)).reverse();
  return { email: emailOf(request), total: ids.length, newest, traces: await foundOf(request) };
}

/** The address itself stays out of the audit log: nothing is ever deleted there. */
async function handOver(request: SiteRequest): Promise<Outcome> {
  if (!isWhole(request)) return notWhole(request);
  const ids = await idsOf(request);
  const traces = await foundOf(request);
  const after = { leads: ids, calls: traces.calls.length };
  await record(request, { action: 'person.exported', objectId: null, after });
  const day = new Date(request.now).toISOString().slice(0, 10);
  const allowed = whileAllowed(request, 'privacy.edit', pages(request, ids));
  const file = await jsonLines.file(allowed);
  const beside = encoder.encode(besideLines(traces, emailOf(request)));
  const whole = file.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      flush: (stream) => stream.enqueue(beside),
    }),
  );
  return { file: whole, type: jsonLines.type, name: `person-${day}.jsonl` };
}

/** What is kept besides leads, one a line: of a call with the leads of many, those of the person alone. */
function besideLines({ calls, said }: Traces, email: string): string {
  const lines: object[] = calls.map(({ id, at, body, outcome, message }) => ({
    webhook_call: { id, received_at: toTime(at), outcome, message, body: partOf(body, email) },
  }));
  if (said !== null) lines.push({ spam_mark: { email, said: said === 'spam' ? 'spam' : 'not spam' } });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function partOf(text: string | null, email: string): unknown {
  const body: unknown = text === null ? null : JSON.parse(text);
  const pattern = addressPattern(email);
  return Array.isArray(body) ? body.filter((each) => foldedText(JSON.stringify(each)).search(pattern) >= 0) : body;
}

async function remove(request: SiteRequest): Promise<Outcome> {
  const { services, site, form, now } = request;
  if (!isWhole(request)) return notWhole(request);
  const rows = form.text('rows') === 'yes';
  const traces = await foundOf(request);
  if (isBeingImported(traces, now)) {
    return privacyPage(request, await look(request), UNDER_WAY, 409);
  }
  const deleted: string[] = [];
  for (const leads of pages(request, await idsOf(request))) {
    const gone = await LEAD_ACTS.delete.apply(services, site, leads, { quality: null, rows });
    deleted.push(...gone.map(({ id }) => id));
  }
  await forgetTraces(services, site.id, emailOf(request), traces);
  const beside = { calls: traces.calls.length, spam_mark: traces.said !== null, imports: traces.files.length };
  const after = { leads: deleted, row_removed: rows, ...beside };
  await record(request, { action: 'person.deleted', objectId: null, after });
  services.sync.sweep();
  const isAny = deleted.length > 0 || hasTraces(traces);
  return { to: `${baseOf(request)}/privacy`, notice: isAny ? 'deleted' : 'nothing_chosen' };
}

const UNDER_WAY =
  'Nothing was deleted: a file with this address is being imported. Stop the import or let it end, then delete again.';

const edit = { of: 'site', needs: 'privacy.edit' } as const;

export const privacyRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site/privacy', ...edit, run: (request: SiteRequest) => privacyPage(request, null) },
  { method: 'POST', path: '/admin/s/:site/privacy', ...edit, run: find },
  { method: 'POST', path: '/admin/s/:site/privacy/export', ...edit, recent: true, run: handOver },
  { method: 'POST', path: '/admin/s/:site/privacy/delete', ...edit, recent: true, run: remove },
];
