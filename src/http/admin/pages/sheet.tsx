/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import { tabPath } from '../../../sheets/targets/local/workbook.ts';
import type { DriveProblem, DriveStore } from '../../../store/drive.ts';
import type { SheetProblem } from '../../../store/sheets.ts';
import { record } from '../audit.ts';
import { PageTitle } from '../components/parts.tsx';
import type { AdminRoute, Outcome, SiteRequest } from '../route.ts';
import type { GoogleDesk } from '../services.ts';
import { accountOf, reconnectOf } from './sheet-account.ts';
import { choicesPage, saveChoices } from './sheet-choices.tsx';
import { connectGoogle, connectLocal, connectPage } from './sheet-connect.tsx';
import { rowsAtHand, rowsRead } from './sheet-rows.ts';
import { type ListedTab, RowsPart } from './sheet-tabs-view.tsx';
import { SheetPage } from './sheet-view.tsx';
import { SHEET_WORK, type SheetWorkKind, sheetWork, startSheetWork, wordFor } from './sheet-work.ts';
import { WorkPart } from './sheet-work-view.tsx';

const baseOf = ({ site }: SiteRequest) => `/admin/s/${site.id}/sheet`;

async function sheetPage(request: SiteRequest): Promise<Outcome> {
  const { site, services, visit, now, csrf } = request;
  const { sheets } = services.store;
  const target = sheets.target(site.id);
  const { tabs, tab } = tabsOf(request);
  const body = (
    <SheetPage
      site={site}
      target={target}
      account={await accountOf(services, target)}
      counts={sheets.counts(site.id)}
      removals={sheets.removalCounts(site.id)}
      tabs={tabs}
      shown={tab ? { tab, rows: await rowsAtHand(request, tab) } : null}
      word={target.status === 'paused' ? wordFor(target.problem?.code ?? null) : null}
      reconnect={reconnectOf(services, target)}
      filesProblem={filesProblemOf(services.store.drive, site.id)}
      work={sheetWork(services, site.id)}
      mayEdit={can(visit.user, 'sheet.edit', site.id)}
      mayExport={can(visit.user, 'leads.export', site.id)}
      now={now}
      csrf={csrf}
    />
  );
  return { title: 'Sheet', body };
}

function filesProblemOf(drive: DriveStore, siteId: string): DriveProblem | null {
  const site = drive.site(siteId);
  return site && (site.problem ?? drive.undeleted(siteId, 1)[0]?.problem ?? null);
}

/** The tabs with their forms, and the one that is asked for; the first, unless another is named. */
function tabsOf({ site, services, query }: SiteRequest): { tabs: ListedTab[]; tab: ListedTab | undefined } {
  const { sheets, forms } = services.store;
  const byId = new Map(forms.list(site.id).map((form) => [form.id, form]));
  const { book } = sheets.target(site.id);
  const tabs = sheets.tabs(book).map((tab) => {
    const { name = '', mergedInto = null } = forms.outline(site.id, tab.formId) ?? {};
    const merged = mergedInto === null ? null : { name, into: byId.get(mergedInto)?.name ?? '' };
    return { ...tab, form: byId.get(tab.formId) ?? null, merged };
  });
  return { tabs, tab: tabs.find(({ formId }) => formId === query.get('form')) ?? tabs[0] };
}

/** The rows of a tab, alone: what the sheet's page asks for once it stands. */
async function rowsPage(request: SiteRequest): Promise<Outcome> {
  const { tab } = tabsOf(request);
  if (tab === undefined) throw notFound('tab');
  const rows = (await rowsAtHand(request, tab)) ?? (await rowsRead(request, tab));
  const body = (
    <>
      <PageTitle title="Sheet" />
      <RowsPart shown={{ tab, rows }} base={baseOf(request)} />
      <p>
        <a href={baseOf(request)}>Back to the sheet</a>
      </p>
    </>
  );
  return { title: 'Sheet', body };
}

/** What is under way, alone: for looking again. */
function workPage(request: SiteRequest): Outcome {
  const { site, services, csrf, now } = request;
  const work = sheetWork(services, site.id);
  const body = (
    <>
      <PageTitle title="Sheet" />
      <WorkPart work={work} base={baseOf(request)} csrf={csrf} now={now} zone={site.timezone} />
      <p>
        <a href={baseOf(request)}>Back to the sheet</a>
      </p>
    </>
  );
  return { title: 'Sheet', body };
}

async function startWork(request: SiteRequest): Promise<Outcome> {
  const { site, services, form } = request;
  const kind = form.text('kind');
  if (!Object.hasOwn(SHEET_WORK, kind)) throw new AppError('bad_request', 'There is no such work.');
  const isNew = startSheetWork(services, site.id, kind as SheetWorkKind);
  if (!isNew) throw new AppError('conflict', 'Something is under way for this sheet already. Wait for it, or stop it.');
  await record(request, { action: `sheet.${kind}_started`, objectId: null });
  return { to: baseOf(request) };
}

function stopWork(request: SiteRequest): Outcome {
  sheetWork(request.services, request.site.id)?.stopping.abort();
  return { to: baseOf(request) };
}

/** A paused sheet goes on, with the word that its problem asks for. */
async function resume(request: SiteRequest): Promise<Outcome> {
  const { site, services, form } = request;
  const { store, sync } = services;
  const given = form.text('word');
  await sync.exclusively(site.id, async (at) => {
    if (at.target.status !== 'paused') throw new AppError('conflict', 'This sheet is not paused any more.');
    const word = wordFor(at.target.problem?.code ?? null);
    if ((word?.value ?? '') !== given) {
      throw new AppError('conflict', 'The sheet is paused for another reason by now. Look at it again.');
    }
    if (word?.value === 'retag') said(await desk(request).driver.retag(at));
    if (word?.value === 'take-over') said(await desk(request).driver.takeOver(at));
    await store.sheets.resume(site.id);
  });
  sync.sweep();
  await record(request, { action: 'sheet.resumed', objectId: null, after: { word: given } });
  return { to: baseOf(request), notice: 'resumed' };
}

async function resumeTab(request: SiteRequest): Promise<Outcome> {
  const { site, services, form } = request;
  const formId = form.text('form');
  const isNew = form.text('new_tab') === 'yes';
  if (services.store.forms.outline(site.id, formId) === null) throw notFound('form');
  const { driver } = desk(request);
  const changed = await services.sync.exclusively(site.id, (at) =>
    isNew ? driver.remakeTab(at, formId) : driver.resumeTab(at, formId),
  );
  if (!changed) throw new AppError('conflict', "This form's tab is not paused any more.");
  services.sync.sweep();
  await record(request, { action: 'sheet.tab_resumed', objectId: formId, after: { new_tab: isNew } });
  return { to: baseOf(request), notice: 'resumed' };
}

/** A column that somebody deleted is made again with the next write, with the values of the rows that stand there. */
async function restoreColumn(request: SiteRequest): Promise<Outcome> {
  const { site, services, form } = request;
  const [formId, key] = [form.text('form'), form.text('key')];
  const { driver } = desk(request);
  const isRestored = await services.sync.exclusively(site.id, (at) => driver.restoreColumn(at, formId, key));
  if (!isRestored) throw new AppError('conflict', 'This column is not deleted any more.');
  services.sync.sweep();
  await record(request, { action: 'sheet.column_restored', objectId: formId, after: { column: key } });
  return { to: baseOf(request), notice: 'column_restored' };
}

function desk({ services }: SiteRequest): GoogleDesk {
  if (services.google === null) throw new AppError('conflict', 'This server has no Google account to ask.');
  return services.google;
}

/** @throws AppError with the driver's own sentence */
function said(result: { ok: true } | { ok: false; problem: SheetProblem }): void {
  if (!result.ok) throw new AppError('unavailable', result.problem.message);
}

/** A tab of the local workbook, as far as it is settled: a row being written is not half in it. */
async function downloadCsv(request: SiteRequest): Promise<Outcome> {
  const { site, services, params } = request;
  const { store, sheetsPath } = services;
  const target = store.sheets.target(site.id);
  const tab = store.sheets.tabs(target.book).find(({ id }) => id === params.tab);
  if (tab === undefined || target.kind !== 'local' || sheetsPath === null) throw notFound('file');
  const file = Bun.file(tabPath(sheetsPath, tab));
  if (!(await file.exists())) throw notFound('file');
  await record(request, { action: 'sheet.exported', objectId: tab.formId });
  return { file: file.slice(0, tab.length).stream(), type: 'text/csv; charset=utf-8', name: `${tab.title}.csv` };
}

const edit = { needs: 'sheet.edit', of: 'site' } as const;

export const sheetRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site/sheet', needs: 'sheet.read', of: 'site', run: sheetPage },
  { method: 'GET', path: '/admin/s/:site/sheet/rows', needs: 'sheet.read', of: 'site', run: rowsPage },
  { method: 'GET', path: '/admin/s/:site/sheet/task', ...edit, run: workPage },
  { method: 'POST', path: '/admin/s/:site/sheet/task', ...edit, run: startWork },
  { method: 'POST', path: '/admin/s/:site/sheet/task/stop', ...edit, run: stopWork },
  { method: 'POST', path: '/admin/s/:site/sheet/resume', ...edit, run: resume },
  { method: 'POST', path: '/admin/s/:site/sheet/resume-tab', ...edit, run: resumeTab },
  { method: 'POST', path: '/admin/s/:site/sheet/restore-column', ...edit, run: restoreColumn },
  { method: 'GET', path: '/admin/s/:site/sheet/connect', ...edit, run: connectPage },
  { method: 'POST', path: '/admin/s/:site/sheet/connect', ...edit, run: connectGoogle },
  { method: 'POST', path: '/admin/s/:site/sheet/local', ...edit, run: connectLocal },
  { method: 'GET', path: '/admin/s/:site/sheet/choices', ...edit, run: choicesPage },
  { method: 'POST', path: '/admin/s/:site/sheet/choices', ...edit, run: saveChoices },
  {
    method: 'GET',
    path: '/admin/s/:site/sheet/csv/:tab',
    needs: 'leads.export',
    of: 'site',
    recent: true,
    run: downloadCsv,
  },
];
