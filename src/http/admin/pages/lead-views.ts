import { notFound } from '../../../lib/errors.ts';
import { type LeadView, MAX_VIEWS, type ViewRefusal } from '../../../store/views.ts';
import { record } from '../audit.ts';
import { MAX_COLUMNS, readColumns } from '../lead-columns.ts';
import { type FilterValues, readAsked, sameList } from '../lead-filter.ts';
import { columnsOf, inView, mayChange, mayShare, viewOf } from '../lead-views.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';
import { leadsPage, type Refused } from './leads-page.tsx';

const MAX_NAME = 60;

/** The list as it was when a form of it was sent. */
const listOf = ({ form }: SiteRequest) => new URLSearchParams(form.text('list'));
const baseOf = ({ site }: SiteRequest) => `/admin/s/${site.id}/leads`;

const refuse = (request: SiteRequest, query: URLSearchParams, refused: Refused) => leadsPage(request, query, refused);

/** The columns of the view that is looked at, else those of the user in this site. */
async function saveColumns(request: SiteRequest): Promise<Outcome> {
  const { form, services, site, visit } = request;
  const { views } = services.store;
  const query = listOf(request);
  const view = viewOf(request, query);
  const columns = readColumns(form.all('columns'));
  if (columns.length > MAX_COLUMNS) {
    const message = `Choose at most ${MAX_COLUMNS} columns: these are ${columns.length}.`;
    return refuse(request, query, { panel: 'columns', message, typed: '', columns });
  }
  const to = baseOf(request) + sameList(query.toString());
  if (view !== null) {
    if (!mayChange(request, view)) throw notFound('view');
    await views.update(site.id, visit.user.id, view.id, { columns });
    await record(request, { action: 'lead_view.updated', objectId: view.id, after: { columns: columns.length } });
    return { to, notice: 'columns_saved' };
  }
  const kept = form.text('reset') === 'yes' ? null : columns;
  await views.setColumns(site.id, visit.user.id, kept);
  await record(request, {
    action: 'lead_columns.chosen',
    objectId: visit.user.id,
    after: { columns: kept?.length ?? null },
  });
  return { to, notice: 'columns_saved' };
}

/** What a view keeps of the list: its filters as they were understood, and the name of its form. */
function asSaved({ services, site }: SiteRequest, query: URLSearchParams, view: LeadView | null) {
  const { forms } = services.store;
  const values: FilterValues = readAsked(inView(query, view), site, forms).values;
  const formName = values.form_id === undefined ? null : (forms.outline(site.id, values.form_id)?.name ?? null);
  return { filter: { ...values }, formName };
}

async function createView(request: SiteRequest): Promise<Outcome> {
  const { form, services, site, visit } = request;
  const query = listOf(request);
  const view = viewOf(request, query);
  const name = form.text('name').trim();
  const shared = form.text('shared') === 'yes' && mayShare(request);
  const wrong = nameProblem(name);
  if (wrong !== null) return refuse(request, query, { panel: 'save', message: wrong, typed: name });
  const made = await services.store.views.create({
    siteId: site.id,
    makerId: visit.user.id,
    name,
    shared,
    ...asSaved(request, query, view),
    columns: columnsOf(request, view),
  });
  if ('refused' in made)
    return refuse(request, query, { panel: 'save', message: refusalText(made, shared), typed: name });
  await record(request, { action: 'lead_view.created', objectId: made.id, after: { name, shared } });
  return { to: `${baseOf(request)}?view=${made.id}`, notice: 'view_saved' };
}

/** @throws AppError not_found for a view that the user doesn't see, or may not change */
function ownView(request: SiteRequest): LeadView {
  const { params, services, site, visit } = request;
  const view = services.store.views.get(site.id, visit.user.id, params.view ?? '');
  if (view === null || !mayChange(request, view)) throw notFound('view');
  return view;
}

async function updateView(request: SiteRequest): Promise<Outcome> {
  const { services, site, visit } = request;
  const view = ownView(request);
  await services.store.views.update(site.id, visit.user.id, view.id, asSaved(request, listOf(request), view));
  await record(request, { action: 'lead_view.updated', objectId: view.id, after: { name: view.name } });
  return { to: `${baseOf(request)}?view=${view.id}`, notice: 'view_saved' };
}

async function renameView(request: SiteRequest): Promise<Outcome> {
  const { form, services, site, visit } = request;
  const view = ownView(request);
  const name = form.text('new_name').trim();
  const query = listOf(request);
  const wrong = nameProblem(name);
  const renamed = wrong ?? (await services.store.views.update(site.id, visit.user.id, view.id, { name }));
  if (renamed === null) throw notFound('view');
  if (typeof renamed === 'string' || 'refused' in renamed) {
    const message = typeof renamed === 'string' ? renamed : refusalText(renamed, view.shared);
    return refuse(request, query, { panel: 'rename', message, typed: name });
  }
  await record(request, {
    action: 'lead_view.updated',
    objectId: view.id,
    before: { name: view.name },
    after: { name },
  });
  return { to: baseOf(request) + sameList(query.toString()), notice: 'view_saved' };
}

async function deleteView(request: SiteRequest): Promise<Outcome> {
  const { services, site, visit } = request;
  const view = ownView(request);
  await services.store.views.remove(site.id, visit.user.id, view.id);
  const before = { name: view.name, shared: view.shared };
  await record(request, { action: 'lead_view.deleted', objectId: view.id, before });
  return { to: baseOf(request), notice: 'view_deleted' };
}

function nameProblem(name: string): string | null {
  if (name === '') return 'Give the view a name.';
  return name.length > MAX_NAME ? `Use at most ${MAX_NAME} characters.` : null;
}

function refusalText({ refused }: ViewRefusal, shared: boolean): string {
  if (refused === 'name_taken') return 'There is a view of this name already. Choose another name.';
  return shared
    ? `This site has ${MAX_VIEWS} shared views already. Delete one first.`
    : `You have ${MAX_VIEWS} views of your own here already. Delete one first.`;
}

const route = (path: string, run: SiteRoute['run']): SiteRoute => ({
  method: 'POST',
  path: `/admin/s/:site/leads/${path}`,
  of: 'site',
  needs: 'leads.read',
  run,
});

/** How people want to see the list is theirs to say: whoever may read leads may. */
export const leadViewRoutes: readonly SiteRoute[] = [
  route('columns', saveColumns),
  route('views', createView),
  route('views/:view/update', updateView),
  route('views/:view/rename', renameView),
  route('views/:view/delete', deleteView),
];
