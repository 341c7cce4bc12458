/** @jsxImportSource preact */
import { invalid } from '../../../lib/errors.ts';
import type { Lead } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { PostForm, Submit } from '../components/form.tsx';
import { count, PageTitle } from '../components/parts.tsx';
import { type ActName, actName, LEAD_ACTS, readChoice } from '../lead-acts.ts';
import { sameList } from '../lead-filter.ts';
import { chosenIds } from '../lead-request.ts';
import { cut, whoOf } from '../lead-words.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';

/** Where a form was: the page of one lead, or the list as it was. */
function placeOf({ form, site }: SiteRequest, ids: readonly string[]): string {
  const base = `/admin/s/${site.id}/leads`;
  const [only] = ids;
  return form.text('on') === 'lead' && only !== undefined ? `${base}/${only}` : base + sameList(form.text('list'));
}

/** Does one thing with all leads that were chosen. Those that are not the site's, or gone, are passed over. */
async function bulk(request: SiteRequest): Promise<Outcome> {
  const { form, services, site } = request;
  const name = actName(form.text('act'));
  // Deleting has an address of its own: it asks for more.
  if (name === 'delete') throw invalid('Choose what to do with the leads.');
  const ids = chosenIds(form);
  const to = placeOf(request, ids);
  const leads = services.store.sheets.leadsByIds(site.id, ids);
  if (leads.length === 0) return { to, notice: 'nothing_chosen' };
  const changed = await act(request, name, leads);
  return { to, notice: changed === 0 ? LEAD_ACTS[name].nothing : LEAD_ACTS[name].done };
}

/** Each lead's change is told by itself. Returns how many there were. */
async function act(request: SiteRequest, name: ActName, leads: readonly Lead[]): Promise<number> {
  const { form, services, site } = request;
  const { apply, one, before, after } = LEAD_ACTS[name];
  const choice = readChoice(form, name, site, leads);
  const changed = await apply(services, site, leads, choice);
  await Promise.all(
    changed.map((lead) =>
      record(request, { action: one, objectId: lead.id, before: before(lead), after: after(choice) }),
    ),
  );
  services.sync.sweep();
  return changed.length;
}

/** Asks first; deletes when the answer came with it. */
async function remove(request: SiteRequest): Promise<Outcome> {
  const { form, services, site } = request;
  const ids = chosenIds(form);
  const leads = services.store.sheets.leadsByIds(site.id, ids);
  const list = `/admin/s/${site.id}/leads${sameList(form.text('list'))}`;
  if (leads.length === 0) return { to: list, notice: 'nothing_chosen' };
  if (form.text('sure') !== 'yes') return ask(request, leads);
  await act(request, 'delete', leads);
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
        <RowsToo of={leads.length === 1 ? 'its row' : 'their rows'} />
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

export function RowsToo({ of }: { of: string }) {
  return (
    <fieldset class="field checks">
      <label>
        <input type="checkbox" name="rows" value="yes" checked />
        <span>
          Also remove {of} from the sheet
          <small>As soon as the sheet's turn comes. Rows that somebody made by hand stay.</small>
        </span>
      </label>
    </fieldset>
  );
}

export const leadActionRoutes: readonly SiteRoute[] = [
  { method: 'POST', path: '/admin/s/:site/leads/bulk', of: 'site', needs: 'leads.edit', run: bulk },
  { method: 'POST', path: '/admin/s/:site/leads/delete', of: 'site', needs: 'leads.delete', recent: true, run: remove },
];
