/** @jsxImportSource preact */
import { notFound } from '../../../lib/errors.ts';
import type { FormOutline, MergedForm } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { PostForm, SelectField, Submit } from '../components/form.tsx';
import { Card, count, Empty, PageTitle } from '../components/parts.tsx';
import { cut } from '../lead-words.ts';
import type { Outcome, PageOutcome, SiteRequest, SiteRoute } from '../route.ts';

const MAX_TITLE = 80;

interface MergeProps {
  base: string;
  form: Pick<FormOutline, 'id' | 'name' | 'sheetTab'> & { leads: number };
  others: readonly Pick<FormOutline, 'id' | 'name' | 'sheetTab'>[];
  chosen: string;
  error: string | undefined;
  csrf: string;
}

export function MergeQuestion({ base, form, others, chosen, error, csrf }: MergeProps) {
  const back = `${base}/forms/${form.id}`;
  const title = `Merge “${cut(form.name, MAX_TITLE)}” into another form?`;
  if (others.length === 0) {
    return (
      <>
        <PageTitle title={title} />
        <Empty title="There is no other form">
          <p>
            <a href={back}>Back to the form</a>
          </p>
        </Empty>
      </>
    );
  }
  return (
    <>
      <PageTitle title={title} lead="They can be parted again: leads that come meanwhile stay with the other." />
      <PostForm action={`${back}/merge`} csrf={csrf}>
        <SelectField
          name="into"
          label="Merge into"
          value={chosen}
          choices={[
            { value: '', text: 'Choose a form' },
            ...others.map(({ id, name, sheetTab }) => ({
              value: id,
              text: name === sheetTab ? cut(name, MAX_TITLE) : `${cut(name, MAX_TITLE)} (tab ${cut(sheetTab, 40)})`,
            })),
          ]}
          help={`Its ${count(form.leads)} ${form.leads === 1 ? 'lead is' : 'leads are'} counted and listed there. Whatever is sent to this form from now on belongs to the other.`}
          error={error}
        />
        <TabsAfter tab={form.sheetTab} />
        <div class="actions">
          <Submit text="Merge the forms" danger />
          <a class="button" href={back}>
            Keep them apart
          </a>
        </div>
      </PostForm>
    </>
  );
}

/** What becomes of the tab that a merged form has. */
function TabsAfter({ tab }: { tab: string }) {
  return (
    <p class="help">
      The tab “<bdi>{cut(tab, MAX_TITLE)}</bdi>” stays in the sheet with its rows, which are kept up to date. Leads that
      came before and have no row yet still go there; new leads go to the other form's tab. No row is moved or written
      twice.
    </p>
  );
}

/** What a form has taken in, and where to merge it into another. */
export function MergedCard(props: {
  base: string;
  id: string;
  merged: readonly MergedForm[];
  mayEdit: boolean;
  csrf: string;
}) {
  const { base, id, merged, mayEdit, csrf } = props;
  if (!mayEdit && merged.length === 0) return null;
  return (
    <Card title="Merged forms">
      <div class="stacked">
        {merged.length === 0 ? null : (
          <ul class="plain-list">
            {merged.map((each) => (
              <li key={each.id}>
                <bdi>{cut(each.name, MAX_TITLE)}</bdi>
                <span class="muted">
                  . Its rows from before stay on the tab “<bdi>{cut(each.sheetTab, MAX_TITLE)}</bdi>”.
                </span>
                {mayEdit ? <PartAgain action={`${base}/forms/${each.id}/part`} name={each.name} csrf={csrf} /> : null}
              </li>
            ))}
          </ul>
        )}
        {mayEdit ? (
          <p>
            <a href={`${base}/forms/${id}/merge`}>Merge into another form …</a>
          </p>
        ) : null}
      </div>
    </Card>
  );
}

function PartAgain({ action, name, csrf }: { action: string; name: string; csrf: string }) {
  return (
    <details class="ask">
      <summary class="button small">Part again</summary>
      <PostForm action={action} csrf={csrf}>
        <p>
          “<bdi>{cut(name, MAX_TITLE)}</bdi>” becomes a form by itself again, with its tab and the leads from before the
          two were merged. Leads that came since stay here.
        </p>
        <Submit text="Part the forms" />
      </PostForm>
    </details>
  );
}

/** @throws AppError not_found for one that is not the site's, or is merged already */
function formOf({ site, services, params }: SiteRequest): FormOutline {
  const form = services.store.forms.outline(site.id, params.form ?? '');
  if (form === null || form.mergedInto !== null) throw notFound('form');
  return form;
}

const othersOf = ({ site, services }: SiteRequest, form: FormOutline) =>
  services.store.forms
    .outlines(site.id)
    .filter(({ id, mergedInto }) => mergedInto === null && id !== form.id)
    .toSorted((a, b) => a.name.localeCompare(b.name));

function ask(request: SiteRequest, chosen: string, error: string | undefined): PageOutcome {
  const { site, services, csrf } = request;
  const form = formOf(request);
  const leads = services.store.leads.count(site.id, { formId: form.id, spam: 'include' }, Number.MAX_SAFE_INTEGER);
  const body = (
    <MergeQuestion
      base={`/admin/s/${site.id}`}
      form={{ ...form, leads }}
      others={othersOf(request, form)}
      chosen={chosen}
      error={error}
      csrf={csrf}
    />
  );
  return { title: 'Merge forms', body, status: error === undefined ? 200 : 422 };
}

async function merge(request: SiteRequest): Promise<Outcome> {
  const { site, services, form: sent } = request;
  const from = formOf(request);
  const into = othersOf(request, from).find(({ id }) => id === sent.text('into'));
  if (into === undefined) return ask(request, '', 'Choose the form that it becomes a part of.');
  const merged = await services.store.forms.merge(site.id, from.id, into.id);
  // Somebody else merged one of them in this very moment.
  if (merged === null) return ask(request, '', 'One of the two was just merged by somebody else. Choose again.');
  await record(request, {
    action: 'form.merged',
    objectId: from.id,
    before: { name: from.name, sheet_tab: from.sheetTab },
    after: { merged_into: merged.id, name: merged.name, sheet_tab: merged.sheetTab },
  });
  return { to: `/admin/s/${site.id}/forms/${merged.id}`, notice: 'form_merged' };
}

/** @throws AppError not_found, also for a form that is not merged */
async function part(request: SiteRequest): Promise<Outcome> {
  const { site, services, params } = request;
  const mergedInto = services.store.forms.outline(site.id, params.form ?? '')?.mergedInto ?? null;
  const form = mergedInto === null ? null : await services.store.forms.part(site.id, params.form ?? '');
  if (form === null) throw notFound('merged form');
  await record(request, {
    action: 'form.parted',
    objectId: form.id,
    before: { merged_into: mergedInto },
    after: { name: form.name, sheet_tab: form.sheetTab },
  });
  return { to: `/admin/s/${site.id}/forms/${form.id}`, notice: 'form_parted' };
}

export const formMergeRoutes: readonly SiteRoute[] = [
  {
    method: 'GET',
    path: '/admin/s/:site/forms/:form/merge',
    of: 'site',
    needs: 'forms.edit',
    run: (request) => ask(request, '', undefined),
  },
  { method: 'POST', path: '/admin/s/:site/forms/:form/merge', of: 'site', needs: 'forms.edit', run: merge },
  { method: 'POST', path: '/admin/s/:site/forms/:form/part', of: 'site', needs: 'forms.edit', run: part },
];
