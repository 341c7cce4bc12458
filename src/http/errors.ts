import { ParseError, ValidationError } from 'elysia';
import type { ErrorBody } from '../contract/error.ts';
import { AppError, type ErrorCode, errorText } from '../lib/errors.ts';

/** The one place where a code becomes a status. Spec 2, "Errors". */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_json: 400,
  bad_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_key_reused: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  validation_error: 422,
  rate_limited: 429,
  internal_error: 500,
  unavailable: 503,
};

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

/** The headers an error carries beside its body. */
export function errorHeaders(error: AppError): Record<string, string> {
  const headers: Record<string, string> = {};
  const { retryAfterSeconds, scope, allow } = error.options;
  if (error.code === 'invalid_token') headers['www-authenticate'] = `${REALM}, error="invalid_token"`;
  if (error.code === 'insufficient_scope') {
    headers['www-authenticate'] = `${REALM}, error="insufficient_scope", scope="${scope ?? ''}"`;
  }
  if (allow) headers.allow = allow.join(', ');
  const retryAfter = retryAfterSeconds ?? (STATUS[error.code] >= 500 ? 5 : undefined);
  if (retryAfter !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfter)));
  return headers;
}
