import { EXAMPLE_REQUEST_ID } from '../../contract/examples.ts';
import { AppError } from '../../lib/errors.ts';
import { errorHeaders } from '../errors.ts';
import { type Failure, failure, HEADER_COMPONENTS, type HeaderName, type Reply } from './openapi-parts.ts';

/* What many operations of the OpenAPI document share. Loaded with the document alone. */

interface Header {
  description: string;
  /** Present on every answer that names it. */
  required?: true;
  schema: object;
  example: unknown;
}

const rateNote = 'Absent while the server has no limit, and without a valid key.';

const HEADERS: Readonly<Record<HeaderName, Header>> = {
  'X-Request-Id': {
    description: "The request's id, for the log of the server. Your own `X-Request-Id` is kept if it is sane.",
    required: true,
    schema: { type: 'string', maxLength: 128 },
    example: EXAMPLE_REQUEST_ID,
  },
  'RateLimit-Limit': {
    description: `How many requests a minute the key has. ${rateNote}`,
    schema: { type: 'integer', minimum: 1 },
    example: 1200,
  },
  'RateLimit-Remaining': {
    description: `How many of them are left. ${rateNote}`,
    schema: { type: 'integer', minimum: 0 },
    example: 1187,
  },
  'RateLimit-Reset': {
    description: `Seconds until all are there again. ${rateNote}`,
    schema: { type: 'integer', minimum: 1, maximum: 60 },
    example: 42,
  },
  'Retry-After': {
    description: 'Seconds after which trying again makes sense.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
    example: 5,
  },
  'WWW-Authenticate': {
    description: 'What the key lacks, as RFC 6750 has it.',
    required: true,
    schema: { type: 'string' },
    example: errorHeaders(new AppError('invalid_token', ''))['www-authenticate'],
  },
  'Idempotent-Replayed': {
    description: '`true` when an earlier request with the same key was answered again. Absent otherwise.',
    schema: { type: 'string', const: 'true' },
    example: 'true',
  },
  ETag: {
    description: 'Changes when the document does: send it as `If-None-Match`.',
    required: true,
    schema: { type: 'string' },
    example: '"0f3a9c5d7e1b2a48"',
  },
  'Cache-Control': {
    description: 'Keep it, and ask whether it has changed.',
    required: true,
    schema: { type: 'string' },
    example: 'no-cache',
  },
};

const PARAMETERS = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A name for this request, of your choice. For 24 hours the same name with the same body gives the same answer and creates nothing, also when both arrive at once. Keys count for the whole site, whichever API key comes with them. Only successes are remembered.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    example: 'order-4711',
  },
};

const SECURITY_SCHEMES = {
  ApiKey: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'lts_ key',
    description:
      'An API key of one site: `Authorization: Bearer lts_…`. The site is known by the key. Keys are for servers: never put one into a page or an address.',
  },
};

const error = (when: string, ...[code, message, options]: ConstructorParameters<typeof AppError>): Failure => ({
  when,
  error: new AppError(code, message, options),
});

const badHost = error(
  'A Host header that is none',
  'bad_request',
  'The Host header is not one: send the name of this server.',
);

function sharedReplies(): Readonly<Record<string, Reply>> {
  return {
    BadRequest: failure('The request is no proper HTTP.', [badHost]),
    BadBody: failure('The body is no JSON, or it broke off. Nothing was taken.', [
      error('No JSON', 'invalid_json', 'The body is not valid JSON.'),
      error('An empty body', 'invalid_json', 'The body is empty: send a JSON object.'),
      error('A body that broke off', 'bad_request', 'The request body broke off.'),
      badHost,
    ]),
    Unauthorized: failure(
      'The key is missing, malformed, unknown, expired or revoked.',
      [
        error('No key', 'invalid_token', 'Send your API key as `Authorization: Bearer lts_…`.'),
        error(
          'A typo',
          'invalid_token',
          'This is not an API key as this server makes them: check for a typo or a cut-off end.',
        ),
        error('A revoked key', 'invalid_token', 'This API key was revoked. Make a new one.'),
      ],
      ['WWW-Authenticate'],
    ),
    UnsupportedMediaType: failure('The body is something else than JSON in UTF-8. Nothing was taken.', [
      error('Another type', 'unsupported_media_type', 'Send JSON, with the header `Content-Type: application/json`.'),
    ]),
    RateLimited: failure(
      'The key has used up its requests of this minute. Nothing was taken.',
      [
        error(
          'A request over the limit',
          'rate_limited',
          'This key has used its 1200 requests of this minute. Wait 42 s.',
        ),
      ],
      ['Retry-After'],
    ),
    InternalError: failure(
      'Something went wrong on the server. Nothing was taken.',
      [error('A fault', 'internal_error', 'Something went wrong on the server. Nothing was taken; try again.')],
      ['Retry-After'],
    ),
    Unavailable: failure(
      'The server can store nothing now: its disk is full, or it is shutting down. Nothing was taken.',
      [
        error(
          'A full disk',
          'unavailable',
          'The disk is full, so nothing can be stored. Nothing of this request was taken.',
        ),
        error('A shutdown', 'unavailable', 'The server is shutting down. Try again.'),
      ],
      ['Retry-After'],
    ),
  };
}

/** All components but the schemas. */
export function sharedComponents() {
  const named = Object.entries(HEADERS).map(([name, header]) => [HEADER_COMPONENTS[name as HeaderName], header]);
  return {
    securitySchemes: SECURITY_SCHEMES,
    parameters: PARAMETERS,
    headers: Object.fromEntries(named) as Record<string, Header>,
    responses: sharedReplies(),
  };
}

export const TAGS = [
  { name: 'Submissions', description: 'Leads: send them, list them, look one up.' },
  { name: 'Forms', description: 'What leads are submitted with. A form is made by its first lead.' },
  { name: 'Site', description: 'What the key belongs to.' },
  { name: 'Document', description: 'This document.' },
];

export const INFO = {
  title: 'LeadToSheet API',
  summary: 'Send leads, read them, and see that each stands in the sheet.',
  license: { name: 'MIT', identifier: 'MIT' },
  description: `LeadToSheet takes leads, keeps every one, and writes each to your sheet exactly once.

## First lead

\`\`\`sh
curl https://leads.example.com/api/v1/submissions \\
  -H "Authorization: Bearer $LTS_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{ "fields": { "Email": "alice@example.com", "Full name": "Alice" } }'
\`\`\`

## Keys

Send your key as \`Authorization: Bearer lts_…\`. It belongs to one site, so no request names a site. Each operation says which scope it needs.

## Repeating safely

With an \`Idempotency-Key\` a request that creates something can be sent again until it is answered: whatever happened in between, the lead is taken once.

## Errors

Every error has one shape: a \`code\` for programs, a \`message\` that says what to do, \`details\` that say where, and a \`request_id\`. A 5xx never means that the lead was taken. A path that is not there is a 404, and a method that a path does not take a 405 with \`Allow\`, both in this shape.

## Limits

A key may make 1,200 requests a minute unless the operator says otherwise; a batch counts as one. \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` tell how things stand. A body may have 1 MiB, a batch 8 MiB.

## Values

JSON in UTF-8, names in \`snake_case\`, times in RFC 3339, in UTC with milliseconds. What is not known is \`null\`, never missing. New members may be added to answers: pass over those you do not know.`,
};
