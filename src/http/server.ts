import { Elysia, NotFoundError } from 'elysia';
import type { Where } from '../accounts/accounts.ts';
import type { Clock } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { adminMount } from './admin/mount.ts';
import type { AdminServices } from './admin/services.ts';
import { createGuard } from './api/guard.ts';
import { apiV1 } from './api/v1.ts';
import type { Auth, AuthContext } from './auth.ts';
import type { ApiDocument } from './docs/document.ts';
import { docsRoutes } from './docs/routes.ts';
import { type Challenge, challengeTo, errorBody, errorHeaders, STATUS, toAppError } from './errors.ts';
import { type FileRouteDeps, fileRoutes } from './files/routes.ts';
import { type FormDeps, formRoutes } from './forms/routes.ts';
import { sdkRoutes } from './forms/sdk.ts';
import { healthRoutes, type Readiness } from './health.ts';
import { type HookDeps, hookRoutes } from './hooks/routes.ts';
import { mcpChallenge } from './mcp/oauth.ts';
import type { OriginRule } from './mcp/origin.ts';
import { isMcp, mcpRoutes } from './mcp/routes.ts';
import { TOOLS } from './mcp/tools.ts';
import { type MetricsRouteDeps, metricsRoute } from './metrics.ts';
import type { Operations } from './operations.ts';
import { addressed, pathOf, requestId } from './request.ts';
import { createRouteTable, type Route } from './routes.ts';

export interface HttpDeps {
  operations: Operations;
  auth: Auth;
  clock: Clock;
  ids: Ids;
  log: Log;
  readiness: Readiness;
  /** What forms come in by. `addressOf` is given the request as the socket knows it too, `liftTimeout` that one. */
  forms: Omit<FormDeps, 'addressOf' | 'liftTimeout'> & {
    addressOf(request: Request, arrived: Request): string | null;
    liftTimeout(arrived: Request): () => void;
  };
  files: FileRouteDeps;
  hooks: HookDeps;
  /** What pages are made with. `where` is given the request as the socket knows it too. */
  admin: Omit<AdminServices, 'where' | 'liftTimeout' | 'ask'> & { where(request: Request, arrived: Request): Where };
  metrics: MetricsRouteDeps;
  /** Where the server is reached, for the Origin check of MCP and the links in its answers. */
  reach: OriginRule;
  /** true while shutting down: answers close their connection. */
  draining(): boolean;
  /** `LTS_RATE_LIMIT_API`, for the documentation. */
  rateLimitApi: number;
  /** `LTS_RATE_LIMIT_FORMS` and `LTS_RATE_LIMIT_ENDPOINT`, for the same. */
  formRates: { perCaller: number; perEndpoint: number };
  /** `LTS_PUBLIC_URL`, where it is set: what the OpenAPI document names as the server. */
  serverUrl: string | null;
  /** Called for each answer, for the log and the metrics. */
  answered(answer: Answered): void;
}

/** One request that was answered. `route` is a pattern, never what the caller typed. */
export interface Answered {
  method: string;
  route: string;
  status: number;
  ms: number;
  requestId: string;
}

/** Headers of every answer: JSON is never to be guessed at, nor kept by a cache. */
const FIXED_HEADERS = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } as const;

/** For a year, and this host alone: what is beside or below it is not ours. Browsers heed it over HTTPS. RFC 6797. */
const HTTPS_ONLY = 'max-age=31536000';

const OPENAPI_PATH = '/api/v1/openapi.json';

/** The whole HTTP face of the program, as one function from request to response. */
export function createHttp(deps: HttpDeps) {
  /** Requests that were given another address, and those that came. */
  const arrived = new WeakMap<Request, Request>();
  // Without standardHostname a Host of three letters is cut off together with the start of the path.
  const app = new Elysia({ normalize: false, handler: { standardHostname: false } })
    .headers(FIXED_HEADERS)
    .onRequest(({ request, set }) => {
      const headers = set.headers as Record<string, string>;
      headers['x-request-id'] = requestId(request, deps.ids, deps.clock.now());
    })
    // Registered before any route and global: only so does it see what the routes throw.
    .onError({ as: 'global' }, ({ error, request, set }) => {
      const failure =
        error instanceof NotFoundError
          ? (counted(request, set as AuthContext['set']) ?? notTaken(pathOf(request)))
          : toAppError(error);
      const id = String(set.headers['x-request-id'] ?? '');
      if (STATUS[failure.code] >= 500) {
        deps.log.error('http.failed', { request_id: id, code: failure.code, reason: failure.options.internal });
      }
      Object.assign(set.headers, errorHeaders(failure, challengeOf(request)));
      set.status = STATUS[failure.code];
      return errorBody(failure, id);
    })
    .use(healthRoutes(deps.readiness))
    .use(metricsRoute({ ...deps.metrics, peer: (request) => deps.metrics.peer(arrived.get(request) ?? request) }))
    .use(
      apiV1({
        guard: createGuard(deps.auth),
        recheck: deps.auth.recheck,
        operations: deps.operations,
        serverUrl: deps.serverUrl,
      }),
    )
    .use(
      formRoutes({
        ...deps.forms,
        addressOf: (request) => deps.forms.addressOf(request, arrived.get(request) ?? request),
        liftTimeout: (request) => deps.forms.liftTimeout(arrived.get(request) ?? request),
      }),
    )
    .use(fileRoutes(deps.files))
    .use(hookRoutes(deps.hooks))
    .use(sdkRoutes())
    .use(mcpRoutes({ ...deps, ...deps.reach }))
    .use(
      adminMount({
        ...deps.admin,
        where: (request) => deps.admin.where(request, arrived.get(request) ?? request),
        liftTimeout: (request) => deps.forms.liftTimeout(arrived.get(request) ?? request),
        ask,
      }),
    )
    .use(
      docsRoutes({
        document: servedDocument,
        publicUrl: deps.reach.publicUrl,
        perMinute: deps.rateLimitApi,
        tools: TOOLS,
        formLimits: { ...deps.formRates, ...deps.forms.uploads.limits },
      }),
    );

  /** Answers a request of this server's own. */
  async function ask(request: Request): Promise<Response> {
    return await app.fetch(request);
  }

  /** The OpenAPI document as callers get it. */
  async function servedDocument(): Promise<ApiDocument> {
    const response = await ask(new Request(`http://localhost${OPENAPI_PATH}`));
    return (await response.json()) as ApiDocument;
  }

  /** MCP clients are told where to read about keys; undefined: REST's own. */
  function challengeOf(request: Request): Challenge {
    if (!isMcp(request)) return challengeTo(request);
    return (error) => mcpChallenge(error, deps.reach.publicUrl(), request.headers.has('authorization'));
  }

  const routes = createRouteTable(app.routes);

  /** What no route takes: 405 for a known path, with the methods it takes; else 404. */
  function notTaken(path: string): AppError {
    const allow = routes.methodsOf(path);
    if (allow.length === 0) return new AppError('not_found', 'There is nothing at this address.');
    return new AppError('method_not_allowed', `This address takes ${allow.join(', ')}.`, { allow });
  }

  /** Counts a request that no route takes, like any other, against the limit of its key; the refusal when that is used up. */
  function counted(request: Request, set: AuthContext['set']): AppError | null {
    if (!pathOf(request).startsWith('/api/') || !request.headers.has('authorization')) return null;
    const refusal = refusalOf(() => deps.auth.authenticate({ request, set }));
    return refusal?.code === 'rate_limited' ? refusal : null;
  }

  /** The one shape for a request that the router can't be asked about. */
  function refuse(request: Request, problem: AppError): Response {
    const headers: Record<string, string> = { ...FIXED_HEADERS };
    const failure = counted(request, { headers }) ?? problem;
    const id = requestId(request, deps.ids, deps.clock.now());
    Object.assign(headers, { 'x-request-id': id }, errorHeaders(failure));
    return Response.json(errorBody(failure, id), { status: STATUS[failure.code], headers });
  }

  function answer(request: Request, path: string): Response | Promise<Response> {
    if (routes.strays(request.method, path)) return refuse(request, notTaken(path));
    const routable = addressed(request);
    if (routable === null)
      return refuse(request, new AppError('bad_request', 'The Host header is not one: send the name of this server.'));
    if (routable !== request) arrived.set(routable, request);
    return app.fetch(routable);
  }

  return {
    /** Every route there is, by method and pattern. */
    routes: app.routes.map(({ method, path }): Route => ({ method: method.toUpperCase(), path })),
    /** Answers a request, and tells `deps.answered` about it. Never rejects. */
    async fetch(request: Request): Promise<Response> {
      const startedAt = deps.clock.monotonic();
      const path = pathOf(request);
      const response = await answer(request, path);
      // Asked now, not when the request came in: one that was under way at the signal ends its connection too.
      if (deps.draining()) response.headers.set('connection', 'close');
      if (deps.reach.publicUrl().startsWith('https:')) response.headers.set('strict-transport-security', HTTPS_ONLY);
      deps.answered({
        method: request.method,
        route: routes.labelOf(path),
        status: response.status,
        ms: deps.clock.monotonic() - startedAt,
        requestId: response.headers.get('x-request-id') ?? '',
      });
      return response;
    },
  };
}

function refusalOf(work: () => unknown): AppError | null {
  try {
    work();
    return null;
  } catch (error) {
    return toAppError(error);
  }
}
