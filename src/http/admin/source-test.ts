import type { HOSTED_KINDS, HostedField } from '../../contract/hosted-form.ts';
import type { ScriptData } from '../../contract/script.ts';
import type { Source } from '../../contract/source.ts';
import { checksOf, secretName, senderOf } from '../../intake/hooks/calls.ts';
import { sampleBody } from '../../intake/hooks/sample.ts';
import { hookPath, openSecrets } from '../../intake/hooks/secrets.ts';
import { signedHeaders } from '../../intake/hooks/sign.ts';
import { TICKED } from '../../intake/hosted/check.ts';
import { makeRenderToken } from '../../intake/spam/render-token.ts';
import { endpointWay, hookWay, hostedWay } from '../../intake/ways.ts';
import { AppError } from '../../lib/errors.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import type { Hook } from '../../store/hooks.ts';
import { TOOLS } from '../mcp/tools.ts';
import type { SiteRequest } from './route.ts';

/** What became of a test lead: it is stored, or why it is not and what to do, in words. */
export type TestResult = { ok: true; leadId: string } | { ok: false; message: string };

/** Requests come here as the socket hands them over, whatever stands in front of the server. */
const HERE = 'http://localhost';
/** As if a person had taken so long to fill in a form. */
const FILL_MS = 60_000;

/** What a test lead says. It is for people: nothing tells it from other leads. */
export const testFields = ({ visit }: Pick<SiteRequest, 'visit'>, from: string) => ({
  Name: 'Test lead',
  Email: visit.user.email,
  Message: `This is a test lead, sent from ${from}. You may delete it.`,
});

/** The form of test leads whose way leaves that open. */
export const TEST_FORM = 'Test';
const FROM = 'the page Sources';

/** Sends a lead by a way of the site, as its senders do. Null: the site has no such way. */
export async function sendTest(request: SiteRequest, way: string): Promise<TestResult | null> {
  const { services, site } = request;
  if (way === 'rest_api') return byOperation(request, 'rest_api');
  if (way === 'mcp') return byTool(request);
  const endpoints = services.store.endpoints.list(site.id);
  const [first] = endpoints;
  if (way === 'sdk') return first === undefined ? null : toEndpoint(request, first, { _lts: scriptData(request) });
  const endpoint = endpoints.find(({ id }) => way === endpointWay(id));
  if (endpoint !== undefined) return toEndpoint(request, endpoint, { _form: TEST_FORM });
  const hosted = endpoints.find(({ id }) => way === hostedWay(id));
  if (hosted !== undefined) return toHosted(request, hosted);
  const hook = services.store.hooks.list(site.id).find(({ id }) => way === hookWay(id));
  return hook === undefined ? null : toHook(request, hook);
}

/** A key of the site's would end up here: who asks has shown who they are. */
async function byOperation(request: SiteRequest, source: Source): Promise<TestResult> {
  return told(async () => {
    const { submission } = await request.services.operations.createSubmission(
      { fields: testFields(request, FROM), form_name: TEST_FORM },
      { siteId: request.site.id, source, idempotencyKey: null },
    );
    return submission.id;
  });
}

async function byTool(request: SiteRequest): Promise<TestResult> {
  const tool = TOOLS.find(({ name }) => name === 'create_submission');
  if (tool === undefined) throw new Error('there is no tool that adds a lead');
  const { services, site } = request;
  const args = { fields: testFields(request, FROM), form_name: TEST_FORM };
  const context = { operations: services.operations, siteId: site.id, scopes: ['submissions:write' as const] };
  return told(async () => ((await tool.run(args, context)) as { data: { id: string } }).data.id);
}

/** @throws whatever is no refusal of the lead */
async function told(work: () => Promise<string>): Promise<TestResult> {
  try {
    return { ok: true, leadId: await work() };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'internal_error') throw error;
    return { ok: false, message: wordsOf(error) };
  }
}

const wordsOf = ({ message, details }: Pick<AppError, 'message' | 'details'>): string =>
  [message, ...details.map((detail) => detail.message)].join(' ');

/** What the script for pages says beside the fields. */
function scriptData({ services }: SiteRequest): string {
  const data: ScriptData = {
    ...{ v: 1, form: TEST_FORM, ms: FILL_MS, url: `${services.publicUrl()}/`, title: 'Test', ref: '' },
    ...{ screen: '', lang: '', tz: '', touch: 0 },
  };
  return JSON.stringify(data);
}

function toEndpoint(request: SiteRequest, { id }: Endpoint, control: Record<string, string>): Promise<TestResult> {
  return toForm(request, id, Object.entries({ ...testFields(request, FROM), ...control }));
}

function toHosted(request: SiteRequest, { id }: Endpoint): Promise<TestResult> | TestResult {
  const { services, now } = request;
  const stored = services.store.hostedForms.get(id);
  if (!stored?.published) return refused('Publish the form first.');
  const { fields } = stored.form;
  if (fields.some(({ kind, required }) => kind === 'file' && required)) {
    return refused('This form wants a file, which a test has not. Open the form, and fill it in yourself.');
  }
  const values = fields.flatMap((field): [string, string][] => {
    const value = VALUES[field.kind](field, request);
    return value === null ? [] : [[field.name, value]];
  });
  return toForm(request, id, [...values, ['_render', makeRenderToken(services.vault, id, now - FILL_MS)]]);
}

/** What a test fills in, by the kind of field; null: nothing. */
const VALUES: Readonly<
  Record<(typeof HOSTED_KINDS)[number], (field: HostedField, request: SiteRequest) => string | null>
> = {
  text: (_, request) => testFields(request, FROM).Name,
  email: (_, request) => testFields(request, FROM).Email,
  phone: () => '+1 555 0100',
  number: ({ min, max }) => String(min ?? max ?? 1),
  long_text: (_, request) => testFields(request, FROM).Message,
  choice: ({ choices }) => choices[0] ?? null,
  checkbox: () => TICKED,
  date: (_, { now }) => new Date(now).toISOString().slice(0, 'yyyy-mm-dd'.length),
  file: () => null,
};

/** As a browser sends a form of a page of this server. */
async function toForm(request: SiteRequest, id: string, entries: [string, string][]): Promise<TestResult> {
  const { services, site } = request;
  const origin = services.publicUrl();
  if (services.store.captchas.get(site.id) !== null) {
    return refused('Forms of this site ask for a captcha, which a test can’t solve. Send a form of yours by hand.');
  }
  const response = await services.ask(
    new Request(`${HERE}/f/${id}`, {
      method: 'POST',
      headers: { accept: 'application/json', origin, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(entries).toString(),
    }),
  );
  const answer = (await response.json()) as { id?: string; error?: Pick<AppError, 'message' | 'details'> };
  return answer.id === undefined
    ? refused(answer.error ? wordsOf(answer.error) : SILENT)
    : { ok: true, leadId: answer.id };
}

const refused = (message: string): TestResult => ({ ok: false, message });
const SILENT = 'This server did not say why. Its log does.';

/** As the sender calls it, signed with the secret that is kept here. What became of it is on the hook's list of calls. */
async function toHook(request: SiteRequest, hook: Hook): Promise<TestResult> {
  const { services, now } = request;
  if (!hook.active) return refused('It is switched off. Switch it on first.');
  const id = `test-${crypto.randomUUID()}`;
  const {
    Name: name,
    Email: email,
    Message: message,
  } = testFields(request, `${FROM} at ${new Date(now).toISOString()}`);
  const body = sampleBody(hook, { id, name, email, message, nowMs: now });
  const sender = senderOf(hook);
  if (body === null) return refused(typeof sender?.sample === 'string' ? sender.sample : SILENT);
  const secret = openSecrets(services.vault, hook)[secretName(hook)];
  const [check] = checksOf(hook);
  const raw = new TextEncoder().encode(JSON.stringify(body));
  const { eventHeader } = hook.settings;
  const headers = {
    'content-type': 'application/json',
    ...(check === undefined || secret === undefined ? {} : signedHeaders(check, secret, { raw, id, nowMs: now })),
    ...(eventHeader === null ? {} : { [eventHeader]: id }),
  };
  const url = HERE + hookPath(services.vault, hook);
  const response = await services.ask(new Request(url, { method: 'POST', headers, body: raw }));
  const answer = await response.text();
  const { ids, error } = (answer === '' ? {} : JSON.parse(answer)) as { ids?: string[]; error?: AppError };
  // Some services want to be answered with nothing: the call that is kept says what it came to.
  const call = services.store.hooks.calls(hook.id).find((each) => each.body?.includes(id));
  const [leadId] = ids ?? call?.leadIds ?? [];
  return leadId === undefined ? refused(error ? wordsOf(error) : (call?.message ?? SILENT)) : { ok: true, leadId };
}
