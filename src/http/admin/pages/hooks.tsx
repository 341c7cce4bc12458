/** @jsxImportSource preact */
import { HOOK_KINDS, type HookKind } from '../../../contract/hook.ts';
import { senderOf } from '../../../intake/hooks/calls.ts';
import { createHook, hookValues, mappingOf, secretsOf, updateHook } from '../../../intake/hooks/manage.ts';
import { fieldsToMap, leavesToMap } from '../../../intake/hooks/mapping.ts';
import { hookPath } from '../../../intake/hooks/secrets.ts';
import { sources } from '../../../intake/sources/list.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import type { Hook, HookCall } from '../../../store/hooks.ts';
import { record } from '../audit.ts';
import { cut } from '../lead-words.ts';
import type { NoticeCode } from '../notices.ts';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { CallPage, type LeafGroup } from './hook-calls-view.tsx';
import { checkInput, checkTexts, sentCheckTexts } from './hook-check-view.tsx';
import { mappingTexts, sentMapping } from './hook-mapping-view.tsx';
import { HookPage, type HookPageProps, NewHook } from './hooks-view.tsx';

/** More would be a mistake. */
const MAX_HOOKS = 100;

/** Kinds that the program knows how to take. */
const KINDS: readonly HookKind[] = HOOK_KINDS.filter((kind) => sources.some(({ id }) => id === kind));

const sourcesOf = ({ site }: SiteRequest) => `/admin/s/${site.id}/sources`;
const addressOf = (request: SiteRequest, { id }: Hook) => `${sourcesOf(request)}/hooks/${id}`;
const managing = ({ services }: SiteRequest) => ({ hooks: services.store.hooks, vault: services.vault });

/** @throws AppError not_found, also for the hook of another site */
function hookOf({ services, site, params }: SiteRequest): Hook {
  const hook = services.store.hooks.get(site.id, params.hook ?? '');
  if (hook === null) throw notFound('webhook');
  return hook;
}

type NewTexts = Parameters<typeof NewHook>[0]['texts'];

function newPage(
  request: SiteRequest,
  texts: NewTexts,
  errors: Parameters<typeof NewHook>[0]['errors'] = {},
): PageOutcome {
  const props = { action: `${sourcesOf(request)}/hooks`, csrf: request.csrf, kinds: KINDS, texts, errors };
  return { title: 'New webhook', body: <NewHook {...props} />, status: Object.keys(errors).length > 0 ? 422 : 200 };
}

async function create(request: SiteRequest): Promise<Outcome> {
  const { services, site, form } = request;
  const texts = { kind: form.text('kind'), name: form.text('name') };
  if (!KINDS.some((kind) => kind === texts.kind)) return newPage(request, texts, { kind: 'Choose one of these.' });
  if (services.store.hooks.list(site.id).length >= MAX_HOOKS) {
    return newPage(request, texts, { name: `A site has at most ${MAX_HOOKS} webhooks. Delete one that is not used.` });
  }
  try {
    const made = await createHook(managing(request), site.id, texts);
    await record(request, { action: 'hook.created', objectId: made.id, after: hookValues(made) });
    return { to: addressOf(request, made), notice: 'created' };
  } catch (error) {
    return newPage(request, texts, errorsOf(error));
  }
}

/** What is wrong, by the field it is about. @throws whatever is no such thing */
function errorsOf(error: unknown): Record<string, string> {
  if (!(error instanceof AppError) || error.code !== 'validation_error') throw error;
  return Object.fromEntries(
    error.details.map(({ path, message }) => {
      const row = /^\/mapping\/rows\/(\d+)\/(field|path)/.exec(path);
      if (row) return ['mapping', `Row ${Number(row[1]) + 1}, ${row[2]}: ${message}`];
      const name = path.startsWith('/mapping') ? 'mapping' : (path.split('/').at(-1) ?? '');
      return [name, /^[A-Z`]/.test(message) ? message : `This ${message}`];
    }),
  );
}

type Typed = Partial<Pick<HookPageProps, 'name' | 'check' | 'mapping' | 'errors'>>;

function page(request: SiteRequest, typed: Typed = {}): PageOutcome {
  const { services, site, csrf, now } = request;
  const hook = hookOf(request);
  const { hooks } = services.store;
  const sender = senderOf(hook);
  const body = (
    <HookPage
      hook={hook}
      url={`${services.publicUrl()}${hookPath(services.vault, hook)}`}
      here={addressOf(request, hook)}
      sources={sourcesOf(request)}
      csrf={csrf}
      calls={hooks.calls(hook.id)}
      waiting={hooks.waiting(hook.id)}
      sender={sender}
      name={hook.name}
      check={checkTexts(hook.settings)}
      mapping={mappingTexts(mappingOf(hook))}
      errors={{}}
      {...typed}
      zone={site.timezone}
      now={now}
    />
  );
  return { title: cut(hook.name, 120), body, status: typed.errors === undefined ? 200 : 422 };
}

/** Changes the hook and tells the audit log; on wrong input the page again, with what was typed. */
async function change(
  request: SiteRequest,
  input: unknown,
  typed: Typed,
  notice: NoticeCode = 'saved',
): Promise<Outcome> {
  const before = hookOf(request);
  try {
    const after = await updateHook(managing(request), request.site.id, before.id, input);
    if (after === null) throw notFound('webhook');
    const [from, to] = [hookValues(before), hookValues(after)];
    await record(request, { action: 'hook.changed', objectId: before.id, before: from, after: to });
    return { to: addressOf(request, before), notice };
  } catch (error) {
    return page(request, { ...typed, errors: errorsOf(error) });
  }
}

const rename = (request: SiteRequest) => {
  const name = request.form.text('name');
  return change(request, { name }, { name });
};

function saveCheck(request: SiteRequest): Promise<Outcome> {
  const check = sentCheckTexts(request.form);
  return change(request, checkInput(check, request.form.text('secret')), { check });
}

function saveMapping(request: SiteRequest): Promise<Outcome> {
  const mapping = sentMapping(request.form);
  return change(request, { mapping }, { mapping });
}

function saveSecrets(request: SiteRequest): Promise<Outcome> {
  const given = secretsOf(hookOf(request).kind).map(({ name }) => [name, request.form.text(name)] as const);
  const secrets = Object.fromEntries(given.filter(([, value]) => value !== ''));
  return change(request, { secrets }, {});
}

function switchOver(request: SiteRequest): Promise<Outcome> {
  const active = request.form.text('active') === 'yes';
  return change(request, { active }, {}, active ? 'hook_on' : 'hook_off');
}

async function addRow(request: SiteRequest): Promise<Outcome> {
  const { form, services } = request;
  const hook = hookOf(request);
  const call = services.store.hooks.call(hook.id, form.text('call'));
  if (call === null) throw notFound('call');
  const row = { field: form.text('field').trim(), path: form.text('path').trim() };
  const before = mappingOf(hook);
  const mapping = { ...before, rows: [...before.rows, row] };
  const outcome = await change(request, { mapping }, { mapping }, 'row_added');
  return 'to' in outcome ? { ...outcome, to: `${addressOf(request, hook)}/calls/${call.id}` } : outcome;
}

async function remove(request: SiteRequest): Promise<Outcome> {
  const hook = hookOf(request);
  await request.services.store.hooks.remove(request.site.id, hook.id);
  await record(request, { action: 'hook.deleted', objectId: hook.id, before: hookValues(hook) });
  return { to: sourcesOf(request), notice: 'deleted' };
}

function callPage(request: SiteRequest, said: string | null = null, status: 200 | 409 | 422 = 200): PageOutcome {
  const { services, site, params, csrf, now } = request;
  const hook = hookOf(request);
  const call = services.store.hooks.call(hook.id, params.call ?? '');
  if (call === null) throw notFound('call');
  const body = (
    <CallPage
      call={call}
      title={`Call of ${cut(hook.name, 100)}`}
      hook={addressOf(request, hook)}
      leads={`/admin/s/${site.id}/leads`}
      csrf={csrf}
      zone={site.timezone}
      now={now}
      groups={groupsOf(request, hook, call)}
      mapped={new Set(hook.mapping.rows.map(({ path }) => path))}
      said={said}
    />
  );
  return { title: 'Call', body, status };
}

/** What of a call can be mapped. Of a known service: the answers as they are read, and all that it sent. */
function groupsOf({ services, site }: SiteRequest, hook: Hook, call: HookCall): LeafGroup[] {
  const sender = senderOf(hook);
  const body: unknown = call.body === null ? null : JSON.parse(call.body);
  // Each item of a list is a lead: paths are those of an item.
  if (sender === null) {
    return [{ title: 'Map by clicking', help: null, leaves: leavesToMap(Array.isArray(body) ? body[0] : body) }];
  }
  const reading = body === null ? null : sender.read(body);
  if (reading !== null && 'leads' in reading) {
    return [
      answers(reading.leads[0]?.input.fields),
      { title: 'All that was sent', help: ALL, isFurther: true, leaves: leavesToMap(body) },
    ];
  }
  // It was fetched, and what came is not kept but in the lead: by names of its own where no row gave it another.
  const lead = services.store.leads.get(site.id, call.leadIds[0] ?? '');
  const given = new Set(hook.mapping.rows.map(({ field }) => field));
  const own = Object.entries(lead?.body.fields ?? {}).filter(([name]) => !given.has(name));
  return [answers(Object.fromEntries(own))];
}

const ALL = 'For what is not among the answers.';
const answers = (fields: Readonly<Record<string, unknown>> = {}): LeafGroup => ({
  title: 'Answers',
  help: 'As they are read here. Add one to give it another name.',
  leaves: fieldsToMap(fields),
});

async function replay(request: SiteRequest): Promise<Outcome> {
  const { services, params } = request;
  const hook = hookOf(request);
  try {
    const result = await services.hookDesk.replay(hook, params.call ?? '');
    const after = { outcome: result.outcome, leads: result.ids.length };
    await record(request, { action: 'hook.call_replayed', objectId: hook.id, after });
    return callPage(request, result.message);
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'conflict' && error.code !== 'validation_error')) throw error;
    return callPage(request, error.message, error.code === 'conflict' ? 409 : 422);
  }
}

const edit = { of: 'site', needs: 'sources.edit' } as const;
const HOOKS = '/admin/s/:site/sources/hooks';
const HOOK = `${HOOKS}/:hook` as const;

export const hookRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: `${HOOKS}/new`,
    ...edit,
    run: (request: SiteRequest) => newPage(request, { kind: request.query.get('kind') ?? 'webhook', name: '' }),
  },
  { method: 'POST', path: HOOKS, ...edit, run: create },
  { method: 'GET', path: HOOK, ...edit, run: (request: SiteRequest) => page(request) },
  { method: 'POST', path: HOOK, ...edit, run: rename },
  { method: 'POST', path: `${HOOK}/check`, ...edit, run: saveCheck },
  { method: 'POST', path: `${HOOK}/secrets`, ...edit, run: saveSecrets },
  { method: 'POST', path: `${HOOK}/mapping`, ...edit, run: saveMapping },
  { method: 'POST', path: `${HOOK}/mapping/add`, ...edit, run: addRow },
  { method: 'POST', path: `${HOOK}/switch`, ...edit, run: switchOver },
  { method: 'POST', path: `${HOOK}/delete`, ...edit, recent: true, run: remove },
  { method: 'GET', path: `${HOOK}/calls/:call`, ...edit, run: (request: SiteRequest) => callPage(request) },
  { method: 'POST', path: `${HOOK}/calls/:call/replay`, ...edit, run: replay },
];
