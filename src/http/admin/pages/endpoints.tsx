/** @jsxImportSource preact */
import { readEndpointUpdate } from '../../../intake/endpoint-update.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import { endpointValues } from '../../../store/audit-values.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import { record } from '../audit.ts';
import { PostForm, Submit, TextField } from '../components/form.tsx';
import { PageTitle } from '../components/parts.tsx';
import type { FormData } from '../form-data.ts';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { type EndpointErrors, EndpointPage, type EndpointTexts, endpointTexts } from './endpoints-view.tsx';

/** More would be a mistake: one serves any number of forms. */
const MAX_ENDPOINTS = 100;

const baseOf = ({ site }: SiteRequest) => `/admin/s/${site.id}/sources`;

/** @throws AppError not_found, also for the endpoint of another site */
export function endpointOf({ services, site, params }: SiteRequest): Endpoint {
  const endpoint = services.store.endpoints.get(params.endpoint ?? '');
  if (endpoint === null || endpoint.siteId !== site.id) throw notFound('form endpoint');
  return endpoint;
}

function endpointPage(request: SiteRequest, texts?: EndpointTexts, errors: EndpointErrors = {}): PageOutcome {
  const endpoint = endpointOf(request);
  const body = (
    <EndpointPage
      endpoint={endpoint}
      action={`${baseOf(request)}/endpoints/${endpoint.id}`}
      publicUrl={request.services.publicUrl()}
      texts={texts ?? endpointTexts(endpoint)}
      errors={errors}
      csrf={request.csrf}
    />
  );
  return { title: endpoint.name, body, status: texts === undefined ? 200 : 422 };
}

const textsOf = (form: FormData): EndpointTexts => ({
  name: form.text('name'),
  answer: form.text('answer'),
  redirect_url: form.text('redirect_url'),
  thanks_title: form.text('thanks_title'),
  thanks_text: form.text('thanks_text'),
  honeypot: form.text('honeypot'),
});

async function save(request: SiteRequest): Promise<Outcome> {
  const { services, site, form } = request;
  const before = endpointOf(request);
  const texts = textsOf(form);
  try {
    const change = readEndpointUpdate(texts, services.store.hostedForms.get(before.id)?.form);
    const after = await services.store.endpoints.update(site.id, before.id, change);
    if (after === null) throw notFound('form endpoint');
    const [from, to] = [endpointValues(before), endpointValues(after)];
    await record(request, { action: 'endpoint.changed', objectId: before.id, before: from, after: to });
    return { to: `${baseOf(request)}/endpoints/${before.id}`, notice: 'saved' };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'validation_error') throw error;
    return endpointPage(request, texts, errorsOf(error));
  }
}

/** `must be …` below the field it is about. */
function errorsOf({ details }: AppError): EndpointErrors {
  return Object.fromEntries(details.map(({ path, message }) => [path.slice(1), `This ${message}`]));
}

function newPage(request: SiteRequest, name = '', error?: string): PageOutcome {
  const title = 'New form endpoint';
  const body = (
    <>
      <PageTitle
        title={title}
        lead="One serves any number of forms. A further one has an answer and a trap of its own."
      />
      <PostForm action={`${baseOf(request)}/endpoints`} csrf={request.csrf}>
        <TextField name="name" label="Name" value={name} required help="Such as the page it is for." error={error} />
        <Submit text="Make the endpoint" />
      </PostForm>
    </>
  );
  return { title, body, status: error === undefined ? 200 : 422 };
}

async function create(request: SiteRequest): Promise<Outcome> {
  const { services, site, form } = request;
  const { endpoints } = services.store;
  const text = form.text('name');
  if (endpoints.list(site.id).length >= MAX_ENDPOINTS) {
    return newPage(request, text, `A site has at most ${MAX_ENDPOINTS} endpoints. Use one of those.`);
  }
  try {
    const { name = '' } = readEndpointUpdate({ name: text });
    const made = await endpoints.create(site.id, name);
    await record(request, { action: 'endpoint.created', objectId: made.id, after: endpointValues(made) });
    return { to: `${baseOf(request)}/endpoints/${made.id}`, notice: 'created' };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'validation_error') throw error;
    return newPage(request, text, errorsOf(error).name ?? error.message);
  }
}

const edit = { of: 'site', needs: 'sources.edit' } as const;

export const endpointRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/admin/s/:site/sources/endpoints/new',
    ...edit,
    run: (request: SiteRequest) => newPage(request),
  },
  { method: 'POST', path: '/admin/s/:site/sources/endpoints', ...edit, run: create },
  {
    method: 'GET',
    path: '/admin/s/:site/sources/endpoints/:endpoint',
    ...edit,
    run: (request: SiteRequest) => endpointPage(request),
  },
  { method: 'POST', path: '/admin/s/:site/sources/endpoints/:endpoint', ...edit, run: save },
];
