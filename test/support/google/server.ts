import { answerAuth, answerDecision } from './consent.ts';
import { answerControl } from './control.ts';
import type { Call, Fault } from './control-types.ts';
import { type DriveMethod, driveMethod } from './drive.ts';
import { Plain } from './drive-uploads.ts';
import { ApiError, apiDisabled, badFields, scopeInsufficient, unauthenticated } from './errors.ts';
import { distort, lateAnswer, refusal } from './faults.ts';
import { listen, type WireAnswer, type WireRequest } from './http.ts';
import { omitDefaults, readBody } from './json.ts';
import { applyMask, responseMask } from './mask.ts';
import { answerRevoke, answerToken } from './oauth.ts';
import type { SheetsMethod } from './sheets-call.ts';
import { describeBatch, sheetsMethod } from './sheets-methods.ts';
import type { Principal } from './tokens.ts';
import { World } from './world.ts';

/** The front door: finds the method, lets faults and users have their way, and answers. */

interface Result {
  status: number;
  /** Undefined for an empty body. */
  body: unknown;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  /** Google's refusal text, for the log. */
  message?: string;
}

interface Route {
  readonly kind: Call['kind'];
  readonly access: Call['access'];
  readonly id: string | null;
  /** Does the call: checks the caller and, unless refused, applies it. */
  readonly run: (call: Call, late: boolean) => Result;
}

const SHEETS_READ = ['spreadsheets', 'spreadsheets.readonly', 'drive', 'drive.readonly', 'drive.file'];
const SHEETS_WRITE = ['spreadsheets', 'drive', 'drive.file'];
const COMMON_QUERY = ['fields', 'prettyPrint', 'alt', 'quotaUser', 'key', '$.xgafv', 'access_token', 'callback'];

/** Starts the fake on a port of 127.0.0.1 (0: a free one). */
export function startServer(port: number): { url: string; world: World; stop(): void } {
  const world = new World();
  const server = listen(port, (request) => answer(world, request));
  return { url: `http://127.0.0.1:${server.port}`, world, stop: () => server.stop() };
}

async function answer(world: World, request: WireRequest): Promise<WireAnswer> {
  const url = new URL(request.target, 'http://fake.invalid');
  if (url.pathname.startsWith('/__fake/')) return wire(world, answerControl(world, url, request.body));
  const path = request.target.split('?')[0] ?? '/';
  const route = findRoute(world, request, path, url);
  const call = world.calls.begin(route.kind, route.access, request.method, path, route.id);
  call.bytes = request.bytes.length;
  if (route.kind === 'batchUpdate')
    Object.assign(
      call,
      describeBatch(() => parsed(request)),
    );
  void request.gone.then(() => world.calls.end(call));
  if (world.faults.latency > 0) await Bun.sleep(world.faults.latency);
  world.hands.beforeCall(call);
  world.faults.releaseAround(call, 'beforeNext');
  const fault = world.faults.choose(call);
  const out = await withFault(world, request, route, call, fault);
  world.faults.releaseAround(call, 'afterNext');
  if (out.kind === 'answer' || out.kind === 'cut') call.status = out.status;
  if (out.kind !== 'hang') world.calls.end(call);
  return out;
}

async function withFault(
  world: World,
  request: WireRequest,
  route: Route,
  call: Call,
  fault: Fault | undefined,
): Promise<WireAnswer> {
  if (!fault) return wire(world, perform(route, call, false));
  call.fault = fault.kind;
  if (fault.kind === 'slow') await Bun.sleep(fault.ms ?? 20);
  if (fault.kind === 'revokeTokenMidFlight') world.tokens.kill(bearer(request) ?? '', fault.refresh === true);
  const refused = refusal(fault);
  if (refused) {
    if (refused.kind === 'answer') call.outcome = refused.status;
    return dated(world, refused);
  }
  if (fault.kind === 'lateApply') {
    const caller = world.tokens.principal(bearer(request) ?? '');
    if (caller) parkedCallers.set(request, caller);
    world.faults.park(call, fault, () => {
      const result = perform(route, call, true);
      return { status: result.status, message: result.message ?? null };
    });
    return dated(world, lateAnswer(fault));
  }
  return distort(fault, wire(world, perform(route, call, false)));
}

/** Runs the call and writes into the log what came of it. */
function perform(route: Route, call: Call, late: boolean): Result {
  const result = route.run(call, late);
  call.outcome = result.status;
  call.message = result.message ?? null;
  call.applied = route.access === 'write' && result.status < 300;
  return result;
}

function wire(world: World, result: Result): WireAnswer & { kind: 'answer' } {
  const { status, body, contentType = 'application/json; charset=UTF-8', headers } = result;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const plain = { kind: 'answer', status, headers: { 'content-type': contentType, ...headers }, body: text } as const;
  return dated(world, plain);
}

/** Google's clock shows in every answer. */
function dated<T extends WireAnswer>(world: World, answer: T): T {
  if (answer.kind !== 'answer') return answer;
  const date = new Date(world.clock.google()).toUTCString();
  return { ...answer, headers: { ...answer.headers, date } };
}

function findRoute(world: World, request: WireRequest, path: string, url: URL): Route {
  const oauth = oauthRoute(world, request, path, url);
  if (oauth) return oauth;
  if (path === '/v4/spreadsheets' || path.startsWith('/v4/spreadsheets/')) {
    const found = sheetsMethod(request.method, path.slice('/v4/spreadsheets'.length));
    if (found) return sheetsRoute(world, request, url, found);
  }
  const drive = driveMethod(request.method, path);
  if (drive) return driveRoute(world, request, url, drive.method, drive.id);
  return {
    kind: 'unknown',
    access: null,
    id: null,
    run: () => ({
      status: 404,
      body: '<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>',
      contentType: 'text/html; charset=UTF-8',
    }),
  };
}

function oauthRoute(world: World, request: WireRequest, path: string, url: URL): Route | undefined {
  const form = () => {
    const params = new URLSearchParams(request.body);
    for (const [name, value] of url.searchParams) if (!params.has(name)) params.set(name, value);
    return params;
  };
  const route = (kind: Call['kind'], run: (call: Call) => Result): Route => ({ kind, access: null, id: null, run });
  if (path === '/token' && request.method === 'POST') {
    return route('token', () => answerToken(world, form(), request.headers.get('authorization')));
  }
  if (path === '/revoke') return route('revoke', () => answerRevoke(world, form()));
  if (path === '/auth' && request.method === 'GET') return route('auth', () => answerAuth(world, url.searchParams));
  if (path === '/auth' && request.method === 'POST') return route('auth', () => answerDecision(world, form()));
  return undefined;
}

function bearer(request: WireRequest): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}

/** Who is calling; throws what Google answers to strangers and to projects without the API. */
function authenticate(world: World, request: WireRequest, call: Call, api: 'sheets' | 'drive'): Principal {
  const token = bearer(request);
  const principal = token === undefined ? undefined : world.tokens.principal(token);
  if (!principal) throw unauthenticated(token === undefined);
  call.email = principal.email;
  if (world.disabled.has(api)) throw apiDisabled(api, world.tokens.projectNumber(principal.project));
  return principal;
}

function sheetsRoute(
  world: World,
  request: WireRequest,
  url: URL,
  { method, id, part }: NonNullable<ReturnType<typeof sheetsMethod>>,
): Route {
  const run = (call: Call, late: boolean): Result => {
    try {
      // What was let in before it was parked does not stand in the queue again.
      const principal = late ? principalOf(request) : admit(world, request, call, method);
      checkQuery(url.searchParams, method.query ?? []);
      const fields = url.searchParams.get('fields');
      if (fields === null) world.calls.violate(call, 'no_response_mask', `${method.kind} without fields`);
      const mask = fields === null ? undefined : responseMask(fields, method.response);
      const body = method.request === undefined ? {} : readBody(() => parsed(request), method.request);
      const value = method.run({ world, principal, id, part, query: url.searchParams, body, mask, call });
      const masked = mask ? applyMask(value, mask) : value;
      return { status: 200, body: world.behaviour.omitDefaults ? omitDefaults(masked) : masked };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.code, body: error.sheetsBody(), message: error.message };
    }
  };
  return { kind: method.kind, access: method.access, id: id === '' ? null : id, run };
}

const bodies = new WeakMap<WireRequest, unknown>();

/** The body as JSON, parsed once however often it is asked for. */
function parsed(request: WireRequest): unknown {
  if (!bodies.has(request)) bodies.set(request, request.body === '' ? {} : JSON.parse(request.body));
  return bodies.get(request);
}

/** Callers of parked requests, as they were known when the request came in: a token may expire in the meantime. */
const parkedCallers = new WeakMap<WireRequest, Principal>();

function principalOf(request: WireRequest): Principal {
  const principal = parkedCallers.get(request);
  if (!principal) throw unauthenticated(false);
  return principal;
}

function admit(world: World, request: WireRequest, call: Call, method: SheetsMethod): Principal {
  const principal = authenticate(world, request, call, 'sheets');
  const scopes = method.access === 'read' && request.method === 'GET' ? SHEETS_READ : SHEETS_WRITE;
  if (!scopes.some((scope) => principal.scopes.has(scope))) throw scopeInsufficient();
  try {
    world.quota.take(method.access, principal.email, world.tokens.projectNumber(principal.project));
  } catch (error) {
    world.calls.violate(call, 'over_quota', error instanceof Error ? error.message : String(error));
    throw error;
  }
  return principal;
}

function checkQuery(query: URLSearchParams, allowed: readonly string[]): void {
  for (const name of query.keys()) {
    if (COMMON_QUERY.includes(name) || allowed.includes(name)) continue;
    const text = `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`;
    throw badFields(text, '', text);
  }
}

const NOBODY: Principal = { email: '', scopes: new Set(), client: '', project: '', serviceAccount: false };

function driveRoute(world: World, request: WireRequest, url: URL, method: DriveMethod, id: string): Route {
  const run = (call: Call): Result => {
    try {
      const byNobody = method.bySession === true && bearer(request) === undefined;
      const principal = byNobody ? NOBODY : authenticate(world, request, call, 'drive');
      const { body, bytes, headers } = request;
      const value = method.run({ world, principal, id, query: url.searchParams, body, bytes, headers, call });
      if (value instanceof Plain) return { status: value.status, body: undefined, headers: value.headers };
      return value === undefined ? { status: 204, body: undefined } : { status: 200, body: value };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { status: error.code, body: error.driveBody(), message: error.message };
    }
  };
  return { kind: method.kind, access: method.access, id: id === '' ? null : id, run };
}
