import type { TObject, TSchema } from '@sinclair/typebox';
import { EXAMPLE_REQUEST_ID } from '../../contract/examples.ts';
import type { Scope } from '../../contract/key.ts';
import type { AppError } from '../../lib/errors.ts';
import { errorBody, STATUS } from '../errors.ts';

/*
 * The pieces that operations of the OpenAPI document are made of. They are loaded with the document alone. What many
 * operations share is named here and spelled out in `openapi-components.ts`.
 */

interface Reference {
  $ref: string;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description: string;
  schema: object;
}

export interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { summary: string; value: unknown }>;
}

export interface Reply {
  description: string;
  headers: Record<string, Reference>;
  content?: Record<string, Media>;
}

/** An operation as OpenAPI 3.1 has it, but that schemas are still contracts. */
export interface Operation {
  tags: string[];
  summary: string;
  description: string;
  operationId: string;
  security: { ApiKey: Scope[] }[];
  parameters?: (Parameter | Reference)[];
  requestBody?: { required: true; description: string; content: Record<string, Media> };
  responses: Record<string, Reply | Reference>;
}

const JSON_TYPE = 'application/json';

export const json = (media: Media): Record<string, Media> => ({ [JSON_TYPE]: media });

export type HeaderName = keyof typeof HEADER_COMPONENTS;

/** Headers of answers, and the names they have among the components. */
export const HEADER_COMPONENTS = {
  'X-Request-Id': 'RequestId',
  'RateLimit-Limit': 'RateLimitLimit',
  'RateLimit-Remaining': 'RateLimitRemaining',
  'RateLimit-Reset': 'RateLimitReset',
  'Retry-After': 'RetryAfter',
  'WWW-Authenticate': 'Challenge',
  'Idempotent-Replayed': 'IdempotentReplayed',
  ETag: 'ETag',
  'Cache-Control': 'CacheControl',
} as const;

export const RATE_HEADERS = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'] as const;

/** The headers of an answer: `X-Request-Id`, which all have, and these. */
export function headers(...names: readonly HeaderName[]): Record<string, Reference> {
  const all: HeaderName[] = ['X-Request-Id', ...names];
  return Object.fromEntries(all.map((name) => [name, { $ref: `#/components/headers/${HEADER_COMPONENTS[name]}` }]));
}

/** One answer that a shared component describes. */
export const shared = (name: string): Reference => ({ $ref: `#/components/responses/${name}` });

export interface Failure {
  /** What makes it come to this. */
  when: string;
  /** The error, exactly as the server answers it. */
  error: AppError;
}

/** Errors of one status as one answer, each an example under its code. */
export function failure(description: string, failures: readonly Failure[], more: readonly HeaderName[] = []): Reply {
  const named = failures.map(({ when, error }, at) => {
    const before = failures.slice(0, at).filter((other) => other.error.code === error.code).length;
    const name = before === 0 ? error.code : `${error.code}_${before + 1}`;
    return [name, { summary: when, value: errorBody(error, EXAMPLE_REQUEST_ID) }] as const;
  });
  return {
    description,
    headers: headers(...more, ...RATE_HEADERS),
    content: json({ schema: { $ref: '#/components/schemas/Error' }, examples: Object.fromEntries(named) }),
  };
}

/** Answers by the status that their errors have. */
export function byStatus(replies: readonly { status: number; reply: Reply | Reference }[]): Operation['responses'] {
  return Object.fromEntries(replies.map(({ status, reply }) => [String(status), reply]));
}

export const statusOfFailures = ([first]: readonly Failure[]): number => (first ? STATUS[first.error.code] : 500);

/** The parameters of an address, one for each member of the object they make. */
export function queryParameters(query: TObject): Parameter[] {
  return Object.entries(query.properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) ?? false,
    description: description ?? '',
    schema,
  }));
}

/** The id in a path. */
export function idParameter({ description, ...schema }: TSchema): Parameter {
  return { name: 'id', in: 'path', required: true, description: description ?? '', schema };
}

export const IDEMPOTENCY_KEY: Reference = { $ref: '#/components/parameters/IdempotencyKey' };
