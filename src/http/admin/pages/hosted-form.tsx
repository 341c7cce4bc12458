/** @jsxImportSource preact */
import type { HostedForm } from '../../../contract/hosted-form.ts';
import {
  changedOnly,
  type FieldTexts,
  newHostedForm,
  nextFieldId,
  type PageTexts,
  readField,
  readPage,
  shownText,
  withField,
  withMoved,
} from '../../../intake/hosted/edit.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import { hostedFormValues } from '../../../store/audit-values.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import type { HostedFormState } from '../../../store/hosted-forms.ts';
import { visitorHeaders } from '../../forms/answer.ts';
import { hostedPage } from '../../forms/hosted-page.tsx';
import { record } from '../audit.ts';
import type { FormData } from '../form-data.ts';
import type { NoticeCode } from '../notices.ts';
import type { AdminRoute, HtmlOutcome, MoveOutcome, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { endpointOf } from './endpoints.tsx';
import { FieldPage, type FieldProps, fieldTexts } from './hosted-field-view.tsx';
import { type AddTexts, type HostedErrors, HostedFormPage, NO_ADD, pageTexts } from './hosted-form-view.tsx';

const baseOf = ({ site, params }: SiteRequest) => `/admin/s/${site.id}/sources/endpoints/${params.endpoint}/form`;

/** What is stored, or what one starts with. */
function startOf({ name }: Endpoint, stored: HostedFormState | null): HostedFormState {
  return stored ?? { published: false, form: newHostedForm(name === 'Website' ? 'Contact us' : name) };
}

function stateOf(request: SiteRequest): HostedFormState {
  const endpoint = endpointOf(request);
  return startOf(endpoint, request.services.store.hostedForms.get(endpoint.id));
}

/** Changes the form from what is stored at that moment, and tells the audit log. */
async function change(request: SiteRequest, edit: (state: HostedFormState) => HostedFormState): Promise<void> {
  const { services, site } = request;
  const endpoint = endpointOf(request);
  const changed = await services.store.hostedForms.change(site.id, endpoint.id, (stored) =>
    edit(startOf(endpoint, stored)),
  );
  if (changed === null) throw notFound('form endpoint');
  const before = changed.before && hostedFormValues(changed.before);
  const after = hostedFormValues(changed.after);
  await record(request, { action: 'hosted_form.changed', objectId: endpoint.id, before, after });
}

/** As `change`, for the form alone. */
const changeForm = (request: SiteRequest, edit: (form: HostedForm) => HostedForm) =>
  change(request, (state) => ({ ...state, form: edit(state.form) }));

const back = (request: SiteRequest, notice: NoticeCode, to = ''): MoveOutcome => ({ to: baseOf(request) + to, notice });

// ---- the page --------------------------------------------------------------------------------------------------

interface Refused {
  page?: { texts: PageTexts; errors: HostedErrors<keyof PageTexts>; shown: string };
  add?: AddTexts;
}

function formPage(request: SiteRequest, refused: Refused = {}): PageOutcome {
  const { services, csrf } = request;
  const endpoint = endpointOf(request);
  const state = stateOf(request);
  const body = (
    <HostedFormPage
      endpoint={endpoint}
      state={state}
      base={baseOf(request)}
      publicUrl={services.publicUrl()}
      texts={refused.page?.texts ?? pageTexts(state.form)}
      shown={refused.page?.shown ?? shownText(pageTexts(state.form))}
      errors={refused.page?.errors ?? {}}
      add={refused.add ?? NO_ADD}
      csrf={csrf}
    />
  );
  const isRefused = refused.page !== undefined || refused.add !== undefined;
  return { title: `Hosted form: ${state.form.title}`, body, status: isRefused ? 422 : 200 };
}

async function savePage(request: SiteRequest): Promise<Outcome> {
  const texts = pageTextsOf(request.form);
  const shown = request.form.text('shown');
  try {
    await changeForm(request, (form) => {
      const read = readPage(changedOnly(texts, shown, pageTexts(form)));
      if (!read.ok) throw new Refusal(read.errors);
      return { ...form, ...read.value };
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return formPage(request, { page: { texts, errors: error.errors, shown } });
  }
  return back(request, 'saved');
}

const pageTextsOf = (form: FormData): PageTexts => ({
  title: form.text('title'),
  intro: form.text('intro'),
  button: form.text('button'),
  lang: form.text('lang'),
  required_word: form.text('required_word'),
  problem_title: form.text('problem_title'),
});

async function publish(request: SiteRequest): Promise<Outcome> {
  const published = request.form.text('published') === 'yes';
  await change(request, (state) => ({ ...state, published }));
  return back(request, published ? 'form_published' : 'form_closed');
}

/** The page as visitors have it, whether or not it is published. Nothing on it works: it stands in a sandbox. */
function preview(request: SiteRequest): HtmlOutcome {
  const { site } = request;
  const { form } = stateOf(request);
  const html = hostedPage({
    ...{ site, endpoint: endpointOf(request), form, search: '', captcha: null },
    ...{ marks: { render: '', key: '', referrer: null }, typed: {}, problems: new Map(), alert: null },
  });
  const { 'content-security-policy': policy = '', ...headers } = visitorHeaders(null);
  const framed = policy.replace('frame-ancestors *', "frame-ancestors 'self'; sandbox");
  return { html, headers: { ...headers, 'content-security-policy': framed } };
}

// ---- its fields ------------------------------------------------------------------------------------------------

async function addField(request: SiteRequest): Promise<Outcome> {
  const { form: sent } = request;
  const { honeypot } = endpointOf(request);
  const [kind, label] = [sent.text('kind'), sent.text('label')];
  let id = '';
  try {
    await changeForm(request, (form) => {
      id = nextFieldId(form);
      const choices = kind === 'choice' ? 'First choice\nSecond choice' : '';
      const read = readField(id, { ...NO_TEXTS, kind, label, choices }, { form, honeypot });
      const made = read.ok ? withField(form, read.value) : null;
      if (made === null) throw new Refusal(read.ok ? { label: FULL } : read.errors);
      return made;
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return formPage(request, { add: { kind, label, error: error.errors.label ?? error.errors.kind ?? error.message } });
  }
  return back(request, 'field_added', `/fields/${id}`);
}

const FULL = 'A form has at most 50 fields.';

const NO_TEXTS: FieldTexts = {
  ...{ kind: '', label: '', name: '', help: '', error: '', autocomplete: '', choices: '', min: '', max: '' },
  ...{ required: false, several: false },
};

/** What was typed can't be part of the form as it is stored now. */
class Refusal extends AppError {
  constructor(readonly errors: HostedErrors<keyof FieldTexts | keyof PageTexts>) {
    super('validation_error', 'It was not saved.');
  }
}

/** @throws AppError not_found for a field that the form has not, or no longer */
function fieldIn({ fields }: HostedForm, { params }: SiteRequest) {
  const found = fields.find(({ id }) => id === params.field);
  if (found === undefined) throw notFound('field');
  return found;
}

function fieldPage(request: SiteRequest, refused: Partial<Pick<FieldProps, 'texts' | 'errors'>> = {}): PageOutcome {
  const field = fieldIn(stateOf(request).form, request);
  const { texts, errors = {} } = refused;
  const body = (
    <FieldPage
      field={field}
      texts={texts ?? fieldTexts(field)}
      shown={texts ? request.form.text('shown') : shownText(fieldTexts(field))}
      errors={errors}
      base={baseOf(request)}
      csrf={request.csrf}
    />
  );
  return { title: field.label, body, status: texts === undefined ? 200 : 422 };
}

async function saveField(request: SiteRequest): Promise<Outcome> {
  const texts = fieldTextsOf(request.form);
  const { honeypot } = endpointOf(request);
  try {
    await changeForm(request, (form) => {
      const field = fieldIn(form, request);
      const { id } = field;
      const changed = changedOnly(texts, request.form.text('shown'), fieldTexts(field));
      const read = readField(id, changed, { form, honeypot });
      if (!read.ok) throw new Refusal(read.errors);
      return { ...form, fields: form.fields.map((each) => (each.id === id ? read.value : each)) };
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return fieldPage(request, { texts, errors: error.errors });
  }
  return back(request, 'saved');
}

const fieldTextsOf = (form: FormData): FieldTexts => ({
  kind: form.text('kind'),
  label: form.text('label'),
  name: form.text('name'),
  help: form.text('help'),
  error: form.text('error'),
  autocomplete: form.text('autocomplete'),
  choices: form.text('choices'),
  min: form.text('min'),
  max: form.text('max'),
  required: form.text('required') === 'on',
  several: form.text('several') === 'on',
});

async function moveField(request: SiteRequest): Promise<Outcome> {
  const by = request.form.text('to') === 'up' ? -1 : 1;
  await changeForm(request, (form) => withMoved(form, fieldIn(form, request).id, by));
  return back(request, 'saved');
}

async function deleteField(request: SiteRequest): Promise<Outcome> {
  await changeForm(request, (form) => {
    const gone = fieldIn(form, request);
    return { ...form, fields: form.fields.filter((each) => each !== gone) };
  });
  return back(request, 'field_deleted');
}

const PATH = '/admin/s/:site/sources/endpoints/:endpoint/form';
const edit = { of: 'site', needs: 'sources.edit' } as const;

export const hostedFormRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: PATH, ...edit, run: (request: SiteRequest) => formPage(request) },
  { method: 'POST', path: PATH, ...edit, run: savePage },
  { method: 'POST', path: `${PATH}/publish`, ...edit, run: publish },
  { method: 'GET', path: `${PATH}/preview`, ...edit, run: preview },
  { method: 'POST', path: `${PATH}/fields`, ...edit, run: addField },
  { method: 'GET', path: `${PATH}/fields/:field`, ...edit, run: (request: SiteRequest) => fieldPage(request) },
  { method: 'POST', path: `${PATH}/fields/:field`, ...edit, run: saveField },
  { method: 'POST', path: `${PATH}/fields/:field/move`, ...edit, run: moveField },
  { method: 'POST', path: `${PATH}/fields/:field/delete`, ...edit, run: deleteField },
];
