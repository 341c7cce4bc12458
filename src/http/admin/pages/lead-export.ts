import { invalid } from '../../../lib/errors.ts';
import { cellOf, cellText, isoLocal } from '../../../sheets/cells.ts';
import { type ColumnSpec, newTabColumns, OTHER_HEADER, OTHER_KEY } from '../../../sheets/columns.ts';
import { csvRow, EXCEL_MARK } from '../../../sheets/csv.ts';
import type { Lead, LeadFilter, LeadStore, Site, Store } from '../../../store/store.ts';
import { toSubmission } from '../../../store/view.ts';
import { record } from '../audit.ts';
import { readAsked } from '../lead-filter.ts';
import { chosenIds } from '../lead-request.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';

/** Leads that are read at once: so many are in memory, however many there are. */
const AT_ONCE = 200;

/** What a format makes of leads, piece by piece. */
export interface LeadFormat {
  type: string;
  ending: string;
  /** What the file begins with. */
  head: string;
  line(lead: Lead): string;
}

/** Leads as a table that opens in any spreadsheet program, and runs nothing there. Spec 4: the rules of our own sheets. */
export function csvFormat(site: Site, fields: readonly string[]): LeadFormat {
  const columns = exportColumns(site, fields);
  return {
    type: 'text/csv; charset=utf-8',
    ending: 'csv',
    head: EXCEL_MARK + csvRow([...OWN_COLUMNS.map(({ header }) => header), ...columns.map(({ header }) => header)]),
    line: (lead) =>
      csvRow([
        ...OWN_COLUMNS.map(({ text }) => text(lead, site)),
        ...columns.map(({ key }) => cellText(cellOf(lead, key, columns, site))),
      ]),
  };
}

/** Leads as the API shows them, one a line. */
export const jsonLines: LeadFormat = {
  type: 'application/x-ndjson; charset=utf-8',
  ending: 'jsonl',
  head: '',
  line: (lead) => `${JSON.stringify(toSubmission(lead))}\n`,
};

/** What a sheet has no column for: there it is the tab, or not there at all. */
const OWN_COLUMNS: readonly { header: string; text(lead: Lead, site: Site): string }[] = [
  { header: 'Received at', text: (lead, site) => isoLocal(lead.createdAt, site.timezone) },
  { header: 'Form', text: (lead) => lead.formName },
  { header: 'Source', text: (lead) => lead.source },
  { header: 'Spam', text: (lead) => (lead.spam ? 'TRUE' : 'FALSE') },
  { header: 'Sync status', text: (lead) => lead.syncStatus },
];
const OWN_HEADERS = new Set(OWN_COLUMNS.map(({ header }) => header.toLowerCase()));

/** As a new tab has them, with every column of ours; and one for fields that come up on the way. */
function exportColumns(site: Site, fields: readonly string[]): ColumnSpec[] {
  const columns = newTabColumns({ ...site, columns: null }, [], fields).map(({ key, header }) => ({
    key,
    header: OWN_HEADERS.has(header.toLowerCase()) ? `${header} (form)` : header,
  }));
  const hasOther = columns.some(({ key }) => key === OTHER_KEY);
  return hasOther ? columns : [...columns, { key: OTHER_KEY, header: OTHER_HEADER }];
}

/** The leads of a filter, some at a time. Newest first, those that come in meanwhile are not among them. */
export function* walk(leads: Pick<LeadStore, 'list'>, siteId: string, filter: LeadFilter, newestFirst: boolean) {
  let afterId: string | null = null;
  for (;;) {
    const place: { afterId?: string } = afterId === null ? {} : { afterId };
    const found = leads.list(siteId, { filter, newestFirst, limit: AT_ONCE, offset: 0, ...place });
    const page = found.slice(0, AT_ONCE);
    if (page.length > 0) yield page;
    if (found.length <= AT_ONCE) return;
    afterId = page.at(-1)?.id ?? null;
  }
}

/** A file that is made while it is fetched: the next leads are read when the last ones have gone. */
export function fileOf(format: LeadFormat, pages: Iterator<readonly Lead[]>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let head = format.head;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = pages.next();
      const text = head + (next.done ? '' : next.value.map(format.line).join(''));
      head = '';
      if (text !== '') controller.enqueue(encoder.encode(text));
      if (next.done) controller.close();
    },
    cancel() {
      pages.return?.();
    },
  });
}

async function exportLeads(request: SiteRequest): Promise<Outcome> {
  const { site, services, form, now } = request;
  const { store } = services;
  const asked = readAsked(new URLSearchParams(form.text('list')), site, store.forms);
  const ids = chosenIds(form);
  const isChoice = form.text('act') === 'chosen';
  if (isChoice && ids.length === 0) return { to: `/admin/s/${site.id}/leads`, notice: 'nothing_chosen' };
  const { filter, newestFirst } = asked.request;
  const format = formatOf(isChoice ? 'csv' : form.text('format'), site, store, filter);
  const pages = isChoice
    ? [store.sheets.leadsByIds(site.id, ids)].values()
    : walk(store.leads, site.id, filter, newestFirst);
  const after = { format: format.ending, ...said(isChoice, ids, filter) };
  await record(request, { action: 'leads.exported', objectId: null, after });
  const day = new Date(now).toISOString().slice(0, 10);
  return { file: fileOf(format, pages), type: format.type, name: `leads-${day}.${format.ending}` };
}

function formatOf(name: string, site: Site, { forms }: Pick<Store, 'forms'>, { formId }: LeadFilter): LeadFormat {
  if (name === 'jsonl') return jsonLines;
  if (name !== 'csv') throw invalid('Choose CSV or JSON lines.');
  const outlines = forms.outlines(site.id).filter(({ id }) => formId === undefined || id === formId);
  return csvFormat(site, [...new Set(outlines.flatMap(({ fields }) => [...fields]))]);
}

/** What was exported, without what was searched for: that may be what leads say. */
function said(isChoice: boolean, ids: readonly string[], filter: LeadFilter) {
  if (isChoice) return { leads: ids };
  return { form_id: filter.formId ?? null, spam: filter.spam, searched: filter.q !== undefined };
}

export const leadExportRoute: SiteRoute = {
  method: 'POST',
  path: '/admin/s/:site/leads/export',
  of: 'site',
  needs: 'leads.export',
  recent: true,
  run: exportLeads,
};
