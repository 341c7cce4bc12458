import { setImmediate as nextTurn } from 'node:timers/promises';
import { invalid } from '../../../lib/errors.ts';
import { type Cell, cellOf, cellText, fieldCell } from '../../../sheets/cells.ts';
import { type ColumnSpec, newTabColumns, OTHER_HEADER, OTHER_KEY } from '../../../sheets/columns.ts';
import { csvRow, EXCEL_MARK } from '../../../sheets/csv.ts';
import { XLSX_TYPE, xlsxFile } from '../../../sheets/xlsx.ts';
import type { Lead, LeadFilter, Site } from '../../../store/store.ts';
import { toSubmission } from '../../../store/view.ts';
import { record } from '../audit.ts';
import { readAsked } from '../lead-filter.ts';
import { chosenIds, toldFilter, whileAllowed } from '../lead-request.ts';
import { walk } from '../lead-walk.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';

/** A file of leads, made piece by piece while it is fetched. */
export interface LeadFormat {
  type: string;
  ending: string;
  file(pages: Iterator<readonly Lead[]>): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** Leads as a table that opens in any spreadsheet program, and runs nothing there. Spec 4: the rules of our own sheets. */
function csvFormat(site: Site, fields: readonly string[]): LeadFormat {
  const { headers, cells } = exportTable(site, fields);
  return {
    type: 'text/csv; charset=utf-8',
    ending: 'csv',
    file: (pages) => textFile(EXCEL_MARK + csvRow(headers), (lead) => csvRow(cells(lead).map(cellText)), pages),
  };
}

/** The same as a workbook: texts are texts, numbers are numbers, and times are dates. */
function xlsxFormat(site: Site, fields: readonly string[], now: number): LeadFormat {
  const { headers, cells } = exportTable(site, fields);
  return {
    type: XLSX_TYPE,
    ending: 'xlsx',
    file: (pages) => xlsxFile({ headers, pages: mapped(pages, (page) => page.map(cells)) }, now),
  };
}

/** Leads as the API shows them, one a line. */
export const jsonLines: LeadFormat = {
  type: 'application/x-ndjson; charset=utf-8',
  ending: 'jsonl',
  file: (pages) => textFile('', (lead) => `${JSON.stringify(toSubmission(lead))}\n`, pages),
};

/** What a sheet has no column for: there it is the tab, or not there at all. */
const OWN_COLUMNS: readonly { header: string; cell(lead: Lead, site: Site): Cell }[] = [
  { header: 'Received at', cell: (lead, site) => ({ kind: 'time', ms: lead.createdAt, timezone: site.timezone }) },
  { header: 'Form', cell: (lead) => fieldCell(lead.formName) },
  { header: 'Source', cell: (lead) => fieldCell(lead.source) },
  { header: 'Spam', cell: (lead) => fieldCell(lead.spam) },
  { header: 'Sync status', cell: (lead) => fieldCell(lead.syncStatus) },
];
const OWN_HEADERS = new Set(OWN_COLUMNS.map(({ header }) => header.toLowerCase()));

/**
 * The columns of an export: those of a new tab, with every column of ours, and one for fields that come up on the way.
 * All times are of the site's zone: in a sheet of one's own the visitors' zones stand beside them.
 */
function exportTable(site: Site, fields: readonly string[]) {
  const tab = newTabColumns({ ...site, columns: null }, [], fields).map(({ key, header }) => ({
    key,
    header: OWN_HEADERS.has(header.toLowerCase()) ? `${header} (form)` : header,
  }));
  const columns: ColumnSpec[] = tab.some(({ key }) => key === OTHER_KEY)
    ? tab
    : [...tab, { key: OTHER_KEY, header: OTHER_HEADER }];
  const inZone = (cell: Cell): Cell => (cell?.kind === 'time' ? { ...cell, timezone: site.timezone } : cell);
  return {
    headers: [...OWN_COLUMNS, ...columns].map(({ header }) => header),
    cells: (lead: Lead): Cell[] => [
      ...OWN_COLUMNS.map(({ cell }) => cell(lead, site)),
      ...columns.map(({ key }) => inZone(cellOf(lead, key, columns, site))),
    ],
  };
}

function* mapped<A, B>(pages: Iterator<A>, change: (page: A) => B): Generator<B> {
  try {
    for (let next = pages.next(); !next.done; next = pages.next()) yield change(next.value);
  } finally {
    pages.return?.();
  }
}

/** A text file that is made while it is fetched: the next leads are read when the last ones have gone. */
function textFile(head: string, line: (lead: Lead) => string, pages: Iterator<readonly Lead[]>) {
  const encoder = new TextEncoder();
  let begin = head;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      // As long as a socket takes all there is, nobody else would get a turn: no lead would be taken meanwhile.
      await nextTurn();
      const next = pages.next();
      const text = begin + (next.done ? '' : next.value.map(line).join(''));
      begin = '';
      if (text !== '') controller.enqueue(encoder.encode(text));
      if (next.done) controller.close();
    },
    cancel() {
      pages.return?.();
    },
  });
}

/** The same pages; the log is told how far somebody got with them, who may stop half-way. */
function* followed(pages: Iterable<readonly Lead[]>, say: (leads: number, whole: boolean) => void) {
  let leads = 0;
  let whole = false;
  try {
    for (const page of pages) {
      yield page;
      leads += page.length;
    }
    whole = true;
  } finally {
    say(leads, whole);
  }
}

async function exportLeads(request: SiteRequest): Promise<Outcome> {
  const { site, services, form, now } = request;
  const { store } = services;
  const asked = readAsked(new URLSearchParams(form.text('list')), site, store.forms);
  const ids = chosenIds(form);
  const isChoice = form.text('act') === 'chosen';
  if (isChoice && ids.length === 0) return { to: `/admin/s/${site.id}/leads`, notice: 'nothing_chosen' };
  const { filter, newestFirst } = asked.request;
  const format = formatOf(isChoice ? 'csv' : form.text('format'), request, filter);
  const pages = isChoice ? [store.sheets.leadsByIds(site.id, ids)] : walk(store.leads, site.id, filter, newestFirst);
  const after = { format: format.ending, ...(isChoice ? { leads: ids } : toldFilter(filter)) };
  await record(request, { action: 'leads.exported', objectId: null, after });
  const day = new Date(now).toISOString().slice(0, 10);
  const ended = (leads: number, whole: boolean) =>
    services.log.info('admin.export_ended', { site: site.id, format: format.ending, leads, whole });
  return {
    file: await format.file(followed(whileAllowed(request, 'leads.export', pages), ended)),
    type: format.type,
    name: `leads-${day}.${format.ending}`,
  };
}

function formatOf(name: string, { site, services, now }: SiteRequest, { formId }: LeadFilter): LeadFormat {
  if (name === 'jsonl') return jsonLines;
  if (name !== 'csv' && name !== 'xlsx') throw invalid('Choose CSV, Excel or JSON lines.');
  const outlines = services.store.forms
    .outlines(site.id)
    .filter((form) => formId === undefined || (form.mergedInto ?? form.id) === formId);
  const fields = [...new Set(outlines.flatMap((form) => [...form.fields]))];
  return name === 'csv' ? csvFormat(site, fields) : xlsxFormat(site, fields, now);
}

export const leadExportRoute: SiteRoute = {
  method: 'POST',
  path: '/admin/s/:site/leads/export',
  of: 'site',
  needs: 'leads.export',
  recent: true,
  run: exportLeads,
};
