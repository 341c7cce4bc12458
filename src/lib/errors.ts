/** The codes of spec 2, "Errors". Which status each one has is decided in `http/errors.ts` alone. */
export const ERROR_CODES = [
  'invalid_json',
  'bad_request',
  'invalid_token',
  'insufficient_scope',
  'origin_not_allowed',
  'not_found',
  'method_not_allowed',
  'conflict',
  'idempotency_key_reused',
  'payload_too_large',
  'unsupported_media_type',
  'validation_error',
  'rate_limited',
  'internal_error',
  'unavailable',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing that is wrong with the input. `path` is a JSON pointer into it, '' for the whole. */
export interface ErrorDetail {
  path: string;
  message: string;
}

export interface AppErrorOptions {
  details?: readonly ErrorDetail[];
  /** For the log alone: never sent to a client, never a field value or a key. */
  internal?: string;
  cause?: unknown;
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
  /** The scope that was missing, with `insufficient_scope`. */
  scope?: string;
  /** The methods a path takes, with `method_not_allowed`. */
  allow?: readonly string[];
}

/**
 * An error with two audiences: `message` is public and says what to do, `internal` is for the log.
 * Anything thrown that is not an AppError is a fault of ours: logged, and answered with a fixed text.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly options: AppErrorOptions;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.options = options;
  }

  get details(): readonly ErrorDetail[] {
    return this.options.details ?? [];
  }
}

export function notFound(what: string): AppError {
  return new AppError('not_found', `There is no such ${what}.`);
}

export function invalid(message: string, details: readonly ErrorDetail[] = []): AppError {
  return new AppError('validation_error', message, { details });
}

/** The text of anything thrown, for the log. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === 'string' ? error : 'unknown error';
}
