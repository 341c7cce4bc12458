import { ParseError, ValidationError } from 'elysia';
import type { ErrorBody } from '../contract/error.ts';
import { AppError, type ErrorCode, errorText } from '../lib/errors.ts';

/**
 * How MCP tells of an error that a tool ends with: `told` to the model, which can do something about it, as the
 * tool's result; by `http` like any other, with its status; as a `fault` of ours, without detail.
 */
export type ToolChannel = 'told' | 'http' | 'fault';

/** What becomes of each code, at REST and at MCP: the one place that says so. Spec 2, "Errors". */
const TABLE: Readonly<Record<ErrorCode, { status: number; tool: ToolChannel }>> = {
  invalid_json: { status: 400, tool: 'http' },
  bad_request: { status: 400, tool: 'http' },
  invalid_token: { status: 401, tool: 'http' },
  insufficient_scope: { status: 403, tool: 'http' },
  origin_not_allowed: { status: 403, tool: 'http' },
  not_found: { status: 404, tool: 'told' },
  method_not_allowed: { status: 405, tool: 'http' },
  conflict: { status: 409, tool: 'told' },
  idempotency_key_reused: { status: 409, tool: 'told' },
  payload_too_large: { status: 413, tool: 'http' },
  unsupported_media_type: { status: 415, tool: 'http' },
  validation_error: { status: 422, tool: 'told' },
  rate_limited: { status: 429, tool: 'told' },
  internal_error: { status: 500, tool: 'fault' },
  unavailable: { status: 503, tool: 'told' },
};

/** The status of each code. */
export const STATUS = Object.fromEntries(Object.entries(TABLE).map(([code, { status }]) => [code, status])) as Readonly<
  Record<ErrorCode, number>
>;

export const statusOf = ({ code }: AppError): number => TABLE[code].status;
export const toolChannelOf = ({ code }: AppError): ToolChannel => TABLE[code].tool;

const REALM = 'Bearer realm="LeadToSheet"';

/**
 * Whatever was thrown, as an AppError: ours as they are, the framework's by what they are, anything else as a
 * fault whose text stays inside.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof ParseError) {
    return new AppError('bad_request', 'The request body could not be read.', { internal: errorText(error) });
  }
  if (error instanceof ValidationError && error.type !== 'response') {
    return new AppError('validation_error', 'The request is not as the documentation has it.', {
      internal: errorText(error),
    });
  }
  return new AppError('internal_error', 'Something went wrong on the server. Nothing was taken; try again.', {
    internal: errorText(error),
    cause: error,
  });
}

export function errorBody(error: AppError, requestId: string): ErrorBody {
  const details = error.details.map(({ path, message }) => ({ path, message }));
  return { error: { code: error.code, message: error.message, details, request_id: requestId } };
}

/** What `WWW-Authenticate` says with an error that has to do with the key. */
export type Challenge = (error: AppError) => string;

const restChallenge: Challenge = ({ code, options }) =>
  code === 'invalid_token'
    ? `${REALM}, error="invalid_token"`
    : `${REALM}, error="insufficient_scope", scope="${options.scope ?? ''}"`;

/** Who sent no key, or tried another way, did not know that one is needed: there is no error to name. RFC 6750, 3.1. */
export function challengeTo({ headers }: Request): Challenge {
  return /^Bearer\b/i.test(headers.get('authorization') ?? '') ? restChallenge : () => REALM;
}

/** The headers an error carries beside its body. */
export function errorHeaders(error: AppError, challenge: Challenge = restChallenge): Record<string, string> {
  const headers: Record<string, string> = {};
  const { retryAfterSeconds, allow } = error.options;
  if (error.code === 'invalid_token' || error.code === 'insufficient_scope') {
    headers['www-authenticate'] = challenge(error);
  }
  if (allow) headers.allow = allow.join(', ');
  const retryAfter = retryAfterSeconds ?? (statusOf(error) >= 500 ? 5 : undefined);
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
  return headers;
}
