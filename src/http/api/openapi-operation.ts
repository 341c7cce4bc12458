import type { TSchema } from '@sinclair/typebox';
import { AppError } from '../../lib/errors.ts';
import { SCOPE_OF } from '../operations.ts';
import {
  byStatus,
  type Failure,
  failure,
  type HeaderName,
  headers,
  json,
  type Media,
  type Operation,
  type Parameter,
  RATE_HEADERS,
  type Reply,
  shared,
  statusOfFailures,
} from './openapi-parts.ts';

/** What there is to say of one operation; what follows from its scope and its body is added by `operation`. */
export interface OperationDoc {
  tag: string;
  summary: string;
  /** Markdown. */
  description: string;
  parameters?: readonly (Parameter | { $ref: string })[];
  body?: { description: string; limitMiB: number; schema: TSchema; examples: Record<string, [string, unknown]> };
  reply: { status: number; description: string; media: Media; headers?: readonly HeaderName[] };
  /** The refusals that are this operation's own. */
  failures?: readonly { description: string; failures: readonly Failure[] }[];
}

/** An operation that takes a key, complete: its security, and every answer it can give. */
export function operation(id: keyof typeof SCOPE_OF, doc: OperationDoc): Operation {
  const scope = SCOPE_OF[id];
  const { body, reply } = doc;
  const replies: { status: number; reply: Reply | { $ref: string } }[] = [
    {
      status: reply.status,
      reply: {
        description: reply.description,
        headers: headers(...(reply.headers ?? []), ...RATE_HEADERS),
        content: json(reply.media),
      },
    },
    { status: 400, reply: shared(body ? 'BadBody' : 'BadRequest') },
    { status: 401, reply: shared('Unauthorized') },
    { status: 429, reply: shared('RateLimited') },
    { status: 500, reply: shared('InternalError') },
  ];
  if (scope !== null) replies.push({ status: 403, reply: forbidden(scope) });
  if (body) {
    replies.push({ status: 413, reply: tooLarge(body.limitMiB) });
    replies.push({ status: 415, reply: shared('UnsupportedMediaType') });
    replies.push({ status: 503, reply: shared('Unavailable') });
  }
  for (const { description, failures } of doc.failures ?? []) {
    replies.push({ status: statusOfFailures(failures), reply: failure(description, failures) });
  }
  return {
    tags: [doc.tag],
    summary: doc.summary,
    description: doc.description,
    operationId: id,
    security: [{ ApiKey: scope === null ? [] : [scope] }],
    ...(doc.parameters ? { parameters: [...doc.parameters] } : {}),
    ...(body ? { requestBody: requestBody(body) } : {}),
    responses: byStatus(replies),
  };
}

function requestBody({ description, schema, examples }: NonNullable<OperationDoc['body']>) {
  const named = Object.entries(examples).map(([name, [summary, value]]) => [name, { summary, value }] as const);
  return { required: true as const, description, content: json({ schema, examples: Object.fromEntries(named) }) };
}

function forbidden(scope: string): Reply {
  const message = `This key lacks the scope ${scope}. Make a key that has it.`;
  return failure(
    `The key lacks the scope \`${scope}\`.`,
    [{ when: 'A key without the scope', error: new AppError('insufficient_scope', message) }],
    ['WWW-Authenticate'],
  );
}

function tooLarge(limitMiB: number): Reply {
  const message = `The body is larger than ${limitMiB} MiB. Send less at once.`;
  return failure(`The body is larger than ${limitMiB} MiB. Nothing was taken.`, [
    { when: 'A body over the limit', error: new AppError('payload_too_large', message) },
  ]);
}
