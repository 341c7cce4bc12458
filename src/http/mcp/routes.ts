import { Elysia } from 'elysia';
import { AppError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Auth, AuthContext } from '../auth.ts';
import { MAX_JSON_BYTES, readJson } from '../body.ts';
import type { Answer } from '../json.ts';
import type { Operations } from '../operations.ts';
import { pathOf } from '../request.ts';
import { together } from '../together.ts';
import { MCP_PATH, oauthRoutes } from './oauth.ts';
import { isAllowedOrigin, type OriginRule } from './origin.ts';
import { answerMessage, badOrigin, notJson, type Reply, type ToolServer } from './protocol.ts';
import { createToolbox } from './toolbox.ts';
import { TOOLS } from './tools.ts';

export interface McpDeps extends OriginRule {
  auth: Auth;
  operations: Operations;
  log: Log;
}

/** Whether a request is for the endpoint; a slash at the end is nothing. */
export function isMcp(request: Request): boolean {
  const path = pathOf(request);
  return path === MCP_PATH || path === `${MCP_PATH}/`;
}

/**
 * The Model Context Protocol at `/api/mcp`, for clients of both eras, and what they look for around it. In the order
 * of the checks: Origin, method, key and its limit, type and size of the body, JSON, message. Spec 2, "MCP".
 */
export function mcpRoutes(deps: McpDeps) {
  const { auth } = deps;
  const toolbox = createToolbox({ ...deps, tools: TOOLS });
  return new Elysia()
    .onRequest(({ request, set }) => {
      if (isMcp(request) && !isAllowedOrigin(request, deps)) return render(set as Answer, badOrigin(), false);
    })
    .use(oauthRoutes(deps.publicUrl))
    .post(
      MCP_PATH,
      async ({ request, set }) => {
        await together();
        const caller = auth.authenticate({ request, set: set as AuthContext['set'] });
        const body = await bodyOf(request);
        auth.recheck(caller);
        const tools = toolbox.forCaller(caller, String(set.headers['x-request-id'] ?? ''));
        return render(set as Answer, await replyTo(body, request, tools), takesStreamOnly(request));
      },
      { parse: 'none' },
    );
}

type Body = { message: unknown } | { problem: string };

/** @throws AppError unsupported_media_type, payload_too_large, bad_request */
async function bodyOf(request: Request): Promise<Body> {
  try {
    return { message: await readJson(request, MAX_JSON_BYTES) };
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_json') return { problem: error.message };
    throw error;
  }
}

async function replyTo(body: Body, request: Request, tools: ToolServer): Promise<Reply> {
  return 'problem' in body ? notJson(body.problem) : answerMessage(body.message, request.headers, tools);
}

/**
 * Clients have to take both JSON and event streams, and get JSON. Some proxies ask for a stream alone: theirs has
 * the one message.
 */
function takesStreamOnly({ headers }: Request): boolean {
  const accept = headers.get('accept') ?? '';
  return /text\/event-stream/i.test(accept) && !/\*\/\*|application\/(?:\*|json)/i.test(accept);
}

function render(set: Answer, { status, body }: Reply, asStream: boolean): string | Response {
  set.status = status;
  if (body === null) return new Response(null, { status });
  const stream = asStream && status === 200;
  set.headers['content-type'] = stream ? 'text/event-stream' : 'application/json';
  return stream ? `event: message\ndata: ${body}\n\n` : body;
}
