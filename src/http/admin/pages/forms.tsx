/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import { MAX_TAB_TITLE } from '../../../contract/form.ts';
import { MAX_FIELD_NAME } from '../../../contract/submission.ts';
import { daysUntil } from '../../../lib/days.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import type { MergedForm, StoredForm } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { Sparkline } from '../components/chart.tsx';
import { ChecksField, PostForm, Submit, TextField } from '../components/form.tsx';
import { Card, count, Empty, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import { cut, SOURCE_WORDS } from '../lead-words.ts';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { percent } from './dashboard.tsx';
import { CHART_DAYS, withDays } from './dashboard-data.ts';
import { MergedCard } from './form-merge.tsx';

interface FormsProps {
  base: string;
  /** Where the form that this server shows is edited; null: not by this user. */
  hosted: string | null;
  forms: readonly (StoredForm & { daily: readonly number[] })[];
  now: number;
  zone: string;
}

export function Forms({ base, hosted, forms, now, zone }: FormsProps) {
  return (
    <>
      <PageTitle
        title="Forms"
        lead="What leads are submitted with. Each has a tab of its own in the sheet."
        action={
          hosted === null ? null : (
            <a class="button" href={hosted}>
              Hosted form
            </a>
          )
        }
      />
      {forms.length === 0 ? (
        <Empty title="No forms yet">
          <p>
            A form is made by its first lead. Choose a way they come in under <a href={`${base}/sources`}>Sources</a>.
          </p>
        </Empty>
      ) : (
        <>
          <StackTable
            columns={[
              'Form',
              'Tab',
              'First came by',
              { text: 'Leads', number: true },
              { text: 'Spam, 7 days', number: true },
              'Last lead',
              `${CHART_DAYS} days`,
            ]}
          >
            {forms.map((form) => (
              <FormRow key={form.id} base={base} form={form} now={now} zone={zone} />
            ))}
          </StackTable>
          <p class="under">
            {count(forms.length)} {forms.length === 1 ? 'form' : 'forms'}
          </p>
        </>
      )}
    </>
  );
}

function FormRow({
  base,
  form,
  now,
  zone,
}: { form: FormsProps['forms'][number] } & Omit<FormsProps, 'forms' | 'hosted'>) {
  return (
    <tr>
      <td data-label="Form" class="text">
        <a class="row" href={`${base}/forms/${form.id}`} title={form.name}>
          <bdi>{form.name}</bdi>
        </a>
        {form.ignored ? <span class="muted"> ignored</span> : null}
      </td>
      <td data-label="Tab" class="text">
        {form.ignored ? <span class="muted">none</span> : <bdi title={form.sheetTab}>{form.sheetTab}</bdi>}
      </td>
      <td data-label="First came by">{SOURCE_WORDS[form.source]}</td>
      <td data-label="Leads" class="number">
        <a href={`${base}/leads?form_id=${form.id}`}>{count(form.submissionCount)}</a>
      </td>
      <td data-label="Spam, 7 days" class="number">
        {form.spamRate7d === 0 ? <span class="muted">none</span> : percent(form.spamRate7d)}
      </td>
      <td data-label="Last lead">
        <Moment at={form.lastSubmissionAt} now={now} zone={zone} />
      </td>
      <td data-label={`${CHART_DAYS} days`}>
        <Sparkline values={form.daily} label={`${count(form.daily.reduce((a, b) => a + b, 0))} leads`} />
      </td>
    </tr>
  );
}

interface FormProps {
  base: string;
  form: StoredForm;
  merged: readonly MergedForm[];
  typed: { name: string; sheet_tab: string; ignored: boolean };
  errors: Readonly<Record<string, string>>;
  mayEdit: boolean;
  now: number;
  zone: string;
  csrf: string;
}

export function FormView({ base, form, merged, typed, errors, mayEdit, now, zone, csrf }: FormProps) {
  return (
    <>
      <PageTitle
        title={cut(form.name, 120)}
        action={
          <a class="button" href={`${base}/leads?form_id=${form.id}`}>
            Its leads
          </a>
        }
      />
      <div class="grid">
        {mayEdit ? (
          <PostForm action={`${base}/forms/${form.id}`} csrf={csrf}>
            <TextField
              name="name"
              label="Name"
              value={typed.name}
              required
              maxlength={MAX_FIELD_NAME}
              help="Leads that name the form by its former name find it all the same."
              error={errors.name}
            />
            <TextField
              name="sheet_tab"
              label="Tab in the sheet"
              value={typed.sheet_tab}
              required
              maxlength={MAX_TAB_TITLE}
              help="The tab is renamed too, unless somebody renamed it in the sheet."
              error={errors.sheet_tab}
            />
            <ChecksField
              name="ignored"
              legend="Its leads"
              values={typed.ignored ? ['yes'] : []}
              choices={[
                {
                  value: 'yes',
                  text: 'Ignore this form',
                  help: 'Leads that come from now on are kept and counted apart, and go nowhere.',
                },
              ]}
              error={errors.ignored}
            />
            <Submit text="Save form" />
          </PostForm>
        ) : null}
        <Card title="What is known of it">
          <Facts
            facts={[
              ...(mayEdit ? [] : [['Tab', <bdi>{form.ignored ? 'none, it is ignored' : form.sheetTab}</bdi>] as const]),
              ['Leads', count(form.submissionCount)],
              ['Spam, 7 days', form.spamRate7d === 0 ? 'none' : percent(form.spamRate7d)],
              ['Last lead', <Moment at={form.lastSubmissionAt} now={now} zone={zone} />],
              ['First lead', <Moment at={form.createdAt} now={now} zone={zone} />],
              ['First came by', SOURCE_WORDS[form.source]],
              ['Id', <code>{form.id}</code>],
              ['Fields', <FieldNames names={form.fields} />],
            ]}
          />
        </Card>
      </div>
      <MergedCard base={base} id={form.id} merged={merged} mayEdit={mayEdit} csrf={csrf} />
    </>
  );
}

function FieldNames({ names }: { names: readonly string[] }) {
  return names.length === 0 ? (
    <span class="muted">none yet</span>
  ) : (
    <ul class="plain-list">
      {names.map((name) => (
        <li key={name}>
          <bdi>{cut(name, 80)}</bdi>
        </li>
      ))}
    </ul>
  );
}

function formsPage({ site, services, visit, now }: SiteRequest): Outcome {
  const { forms, sites } = services.store;
  const counts = sites.daily(site.id, now, CHART_DAYS);
  const days = daysUntil(now, CHART_DAYS, site.timezone).map(({ day }) => day);
  const list = withDays(forms.list(site.id), counts, days);
  const base = `/admin/s/${site.id}`;
  const mayEdit = can(visit.user, 'sources.edit', site.id);
  const hosted = mayEdit ? `${base}/sources/endpoints/${site.endpointId}/form` : null;
  return {
    title: 'Forms',
    body: <Forms base={base} hosted={hosted} forms={list} now={now} zone={site.timezone} />,
  };
}

/** @throws AppError not_found */
function formOf({ site, services, params }: SiteRequest): StoredForm {
  const form = services.store.forms.get(site.id, params.form ?? '');
  if (form === null) throw notFound('form');
  return form;
}

function page(request: SiteRequest, typed: FormProps['typed'], errors: FormProps['errors']): PageOutcome {
  const { site, services, visit, now, csrf } = request;
  const form = formOf(request);
  const body = (
    <FormView
      base={`/admin/s/${site.id}`}
      form={form}
      merged={services.store.forms.merged(site.id, form.id)}
      typed={typed}
      errors={errors}
      mayEdit={can(visit.user, 'forms.edit', site.id)}
      now={now}
      zone={site.timezone}
      csrf={csrf}
    />
  );
  return { title: cut(form.name, 120), body, status: Object.keys(errors).length === 0 ? 200 : 422 };
}

function formPage(request: SiteRequest): Outcome {
  const { name, sheetTab, ignored } = formOf(request);
  return page(request, { name, sheet_tab: sheetTab, ignored }, {});
}

/** By the rules of the API: what it refuses is refused here, each beside its field. */
async function saveForm(request: SiteRequest): Promise<Outcome> {
  const { site, services, form: sent } = request;
  const before = formOf(request);
  const typed = {
    name: sent.text('name'),
    sheet_tab: sent.text('sheet_tab'),
    ignored: sent.all('ignored').includes('yes'),
  };
  try {
    const after = await services.operations.updateForm(site.id, before.id, typed);
    await record(request, {
      action: 'form.changed',
      objectId: before.id,
      before: { name: before.name, sheet_tab: before.sheetTab, ignored: before.ignored },
      after: { name: after.name, sheet_tab: after.sheet_tab, ignored: after.ignored },
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'validation_error') throw error;
    return page(request, typed, errorsOf(error));
  }
  services.sync.sweep();
  return { to: `/admin/s/${site.id}/forms/${before.id}`, notice: 'saved' };
}

const FIELD_WORDS: Readonly<Record<string, string>> = { name: 'The name', sheet_tab: 'The tab', ignored: 'This' };

/** The API's words for a bad member, as a sentence about its field. */
function errorsOf({ details }: AppError): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { path, message } of details) {
    const name = path.slice(1);
    const text = message.startsWith('another form')
      ? 'Another form of this site has it. Choose another one.'
      : `${FIELD_WORDS[name] ?? 'This'} ${message.replace(/\.$/, '')}.`;
    errors[name] ??= text;
  }
  return errors;
}

export const formRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site/forms', needs: 'forms.read', of: 'site', run: formsPage },
  { method: 'GET', path: '/admin/s/:site/forms/:form', needs: 'forms.read', of: 'site', run: formPage },
  { method: 'POST', path: '/admin/s/:site/forms/:form', needs: 'forms.edit', of: 'site', run: saveForm },
];
