import { invalid } from '../../../lib/errors.ts';
import type { Lead } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { PostForm, Submit } from '../components/form.tsx';
import { count, PageTitle } from '../components/parts.tsx';
import { sameList } from '../lead-filter.ts';
import { chosenIds } from '../lead-request.ts';
import { cut, whoOf } from '../lead-words.ts';
import type { NoticeCode } from '../notices.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';

/** Where a form was: the page of one lead, or the list as it was. */
function placeOf({ form, site }: SiteRequest, ids: readonly string[]): string {
  const base = `/admin/s/${site.id}/leads`;
  const [only] = ids;
  return form.text('on') === 'lead' && only !== undefined ? `${base}/${only}` : base + sameList(form.text('list'));
}

const ACTS: Readonly<Record<string, (request: SiteRequest, leads: readonly Lead[]) => Promise<NoticeCode>>> = {
  spam: (request, leads) => setSpam(request, leads, true),
  ham: (request, leads) => setSpam(request, leads, false),
  retry,
  quality: setQuality,
};

/** Does one thing with all leads that were chosen. Those that are not the site's, or gone, are passed over. */
async function bulk(request: SiteRequest): Promise<Outcome> {
  const { form, services, site } = request;
  const name = form.text('act');
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (act === undefined) throw invalid('Choose what to do with the leads.');
  const ids = chosenIds(form);
  const to = placeOf(request, ids);
  const leads = services.store.sheets.leadsByIds(site.id, ids);
  if (leads.length === 0) return { to, notice: 'nothing_chosen' };
  const notice = await act(request, leads);
  services.sync.sweep();
  return { to, notice };
}

/** Each is a commit's worth of work, and all share one. */
async function setSpam(request: SiteRequest, leads: readonly Lead[], spam: boolean): Promise<NoticeCode> {
  const { site, services } = request;
  const changed = leads.filter((lead) => lead.spam !== spam);
  const action = spam ? 'lead.spam_marked' : 'lead.spam_cleared';
  await Promise.all(changed.map(({ id }) => services.store.leads.setSpam(site.id, id, spam)));
  await Promise.all(
    changed.map(({ id }) => record(request, { action, objectId: id, before: { spam: !spam }, after: { spam } })),
  );
  return spam ? 'spam_marked' : 'spam_cleared';
}

/** Only what was given up is sent once more: what stands in the sheet stays as it is. */
async function retry(request: SiteRequest, leads: readonly Lead[]): Promise<NoticeCode> {
  const { site, services } = request;
  const ids = leads.filter((lead) => lead.syncStatus === 'failed').map(({ id }) => id);
  if (ids.length === 0) return 'none_failed';
  const { queued } = await services.store.sheets.requeue(site.id, { which: 'ids', ids }, ids.length);
  if (queued === 0) return 'none_failed';
  await Promise.all(ids.map((id) => record(request, { action: 'lead.retried', objectId: id })));
  return 'retried';
}

/** @throws AppError validation_error for a word that the site doesn't have, and that no lead of them has either */
async function setQuality(request: SiteRequest, leads: readonly Lead[]): Promise<NoticeCode> {
  const { site, services, form } = request;
  const quality = form.text('quality') || null;
  const known = [...site.qualityChoices, null, ...leads.map((lead) => lead.quality)];
  if (!known.includes(quality)) throw invalid('This site has no such quality any more. Go back and choose another.');
  const changed = leads.filter((lead) => lead.quality !== quality);
  await Promise.all(changed.map(({ id }) => services.store.leads.amend(site.id, id, { quality })));
  await Promise.all(
    changed.map((lead) =>
      record(request, {
        action: 'lead.quality_set',
        objectId: lead.id,
        before: { quality: lead.quality },
        after: { quality },
      }),
    ),
  );
  return 'saved';
}

/** Asks first; deletes when the answer came with it. */
async function remove(request: SiteRequest): Promise<Outcome> {
  const { form, services, site } = request;
  const ids = chosenIds(form);
  const leads = services.store.sheets.leadsByIds(site.id, ids);
  const list = `/admin/s/${site.id}/leads${sameList(form.text('list'))}`;
  if (leads.length === 0) return { to: list, notice: 'nothing_chosen' };
  if (form.text('sure') !== 'yes') return ask(request, leads);
  const rows = form.text('rows') === 'yes';
  const { removed } = await services.store.leads.remove(site.id, ids, { rows });
  await Promise.all(
    removed.map((id) => record(request, { action: 'lead.deleted', objectId: id, after: { row_removed: rows } })),
  );
  services.sync.sweep();
  return { to: list, notice: 'deleted' };
}

function ask(request: SiteRequest, leads: readonly Lead[]): Outcome {
  const { form, csrf, site } = request;
  const title = leads.length === 1 ? 'Delete this lead?' : `Delete ${count(leads.length)} leads?`;
  const body = (
    <DeleteQuestion
      title={title}
      base={`/admin/s/${site.id}/leads`}
      back={placeOf(
        request,
        leads.map(({ id }) => id),
      )}
      list={form.text('list')}
      leads={leads}
      csrf={csrf}
    />
  );
  return { title, body };
}

/** Names by which one sees what will be gone. */
const NAMED = 10;
const MAX_NAME = 80;

export function DeleteQuestion(props: {
  title: string;
  base: string;
  back: string;
  list: string;
  leads: readonly Pick<Lead, 'id' | 'formName' | 'body'>[];
  csrf: string;
}) {
  const { title, base, back, list, leads, csrf } = props;
  return (
    <>
      <PageTitle title={title} lead="They are deleted for good. Only a backup still has them." />
      <ul class="names">
        {leads.slice(0, NAMED).map(({ id, formName, body }) => (
          <li key={id}>
            <bdi>{cut(whoOf(body.fields).name, MAX_NAME) || 'No name'}</bdi>{' '}
            <span class="muted">
              <bdi>{cut(formName, MAX_NAME)}</bdi>
            </span>
          </li>
        ))}
        {leads.length > NAMED ? <li class="muted">and {count(leads.length - NAMED)} more</li> : null}
      </ul>
      <PostForm action={`${base}/delete`} csrf={csrf}>
        <input type="hidden" name="sure" value="yes" />
        <input type="hidden" name="list" value={list} />
        {leads.map(({ id }) => (
          <input key={id} type="hidden" name="ids" value={id} />
        ))}
        <fieldset class="field checks">
          <label>
            <input type="checkbox" name="rows" value="yes" checked />
            <span>
              Also remove {leads.length === 1 ? 'its row' : 'their rows'} from the sheet
              <small>As soon as the sheet's turn comes. Rows that somebody made by hand stay.</small>
            </span>
          </label>
        </fieldset>
        <div class="actions">
          <Submit text={leads.length === 1 ? 'Delete the lead' : `Delete ${count(leads.length)} leads`} danger />
          <a class="button" href={back}>
            Keep {leads.length === 1 ? 'it' : 'them'}
          </a>
        </div>
      </PostForm>
    </>
  );
}

export const leadActionRoutes: readonly SiteRoute[] = [
  { method: 'POST', path: '/admin/s/:site/leads/bulk', of: 'site', needs: 'leads.edit', run: bulk },
  { method: 'POST', path: '/admin/s/:site/leads/delete', of: 'site', needs: 'leads.delete', recent: true, run: remove },
];
