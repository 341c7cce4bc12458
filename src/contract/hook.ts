import { type Static, Type } from '@sinclair/typebox';
import { Id, MapOf, Nullable, OneOf, Time } from './schema.ts';
import { MAX_FIELD_NAME } from './submission.ts';

/** Who sends to a hook: anybody (`webhook`), or a service whose format is known here. Spec 3. */
export const HOOK_KINDS = ['webhook', 'meta', 'linkedin', 'formaloo', 'typeform', 'tally', 'calendly'] as const;
export type HookKind = (typeof HOOK_KINDS)[number];

/** How a custom webhook's calls are told from those of others. */
export const HOOK_CHECKS = ['none', 'hmac', 'standard_webhooks', 'secret_header', 'basic'] as const;
export const HOOK_ALGORITHMS = ['sha256', 'sha1', 'sha512'] as const;
export const HOOK_ENCODINGS = ['hex', 'base64'] as const;

export const MAX_HOOK_NAME = 200;
export const MAX_MAPPING_ROWS = 200;
export const MAX_PATH = 300;
const MAX_SECRET = 1_000;

const header = (description: string, example: string) =>
  Type.Optional(
    Nullable(
      Type.String({
        minLength: 1,
        maxLength: 100,
        pattern: "^[\\w!#$%&'*+.^`|~-]+$",
        description,
        examples: [example],
      }),
    ),
  );
const text = (description: string, example: string, maxLength = 100) =>
  Type.Optional(Type.String({ maxLength, description, examples: [example] }));

/** How calls are checked. Members that the type does not use are ignored. Spec 3, "Custom webhook". */
export const HookCheck = Type.Object(
  {
    type: OneOf(HOOK_CHECKS, '`none`: whoever knows the address may send.'),
    header: header('Where the signature or the secret is.', 'X-Signature'),
    algorithm: Type.Optional(OneOf(HOOK_ALGORITHMS, 'What the HMAC is made with; sha256 when left out.')),
    encoding: Type.Optional(OneOf(HOOK_ENCODINGS, 'How the signature is written; hex when left out.')),
    prefix: text('What stands before the signature.', 'sha256='),
    signature_part: text('Where the header is a list like `t=…,v1=…`: the name of the signature in it.', 'v1', 20),
    timestamp_part: text('And that of the time-stamp.', 't', 20),
    timestamp_header: header('The header with the time-stamp, where it has one of its own.', 'X-Timestamp'),
    tolerance_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 86_400, description: 'How old a call may be; 300 when left out.' }),
    ),
    signed: text('What is signed, with `{body}` and, where there is one, `{timestamp}`.', '{timestamp}.{body}', 200),
    username: text('For `basic`.', 'sender'),
  },
  { additionalProperties: false, description: 'How calls are checked.' },
);
export type HookCheck = Static<typeof HookCheck>;

export const HookMapping = Type.Object(
  {
    rows: Type.Array(
      Type.Object(
        {
          field: Type.String({
            minLength: 1,
            maxLength: MAX_FIELD_NAME,
            description: "The lead's field.",
            examples: ['Email'],
          }),
          path: Type.String({
            minLength: 1,
            maxLength: MAX_PATH,
            description: 'Where its value is in the body.',
            examples: ['data.contact.email'],
          }),
        },
        { additionalProperties: false, description: 'One field.' },
      ),
      {
        maxItems: MAX_MAPPING_ROWS,
        description: 'Which field takes what; empty: the whole body, flattened, or what a known service’s answers are.',
      },
    ),
    rest: Type.Boolean({ description: 'true: everything else of the body, or of the answers, becomes fields too.' }),
  },
  {
    additionalProperties: false,
    description: 'How a body becomes a lead; for known services, under which names their answers are kept.',
  },
);
export type HookMapping = Static<typeof HookMapping>;

const settings = {
  name: Type.String({
    minLength: 1,
    maxLength: MAX_HOOK_NAME,
    description: 'What people call it; also the name of the form of its leads.',
    examples: ['Shop orders'],
  }),
  mapping: HookMapping,
  check: HookCheck,
  event_header: header("The header with the sender's id of the event: repeats of it make one lead.", 'X-Event-Id'),
  event_path: Type.Optional(
    Nullable(
      Type.String({
        minLength: 1,
        maxLength: MAX_PATH,
        description: 'The same, where it is in the body.',
        examples: ['event.id'],
      }),
    ),
  ),
  active: Type.Boolean({ description: 'false: calls are refused as if it were not there.' }),
  secrets: MapOf(Type.String({ minLength: 1, maxLength: MAX_SECRET }), {
    description: 'By name; `secret` for custom webhooks. Never shown again.',
    examples: [{ secret: 'a long random text' }],
  }),
};

/** What a hook is made of. */
export const HookCreate = Type.Object(
  {
    kind: OneOf(HOOK_KINDS, 'Who sends to it.'),
    name: settings.name,
    mapping: Type.Optional(settings.mapping),
    check: Type.Optional(settings.check),
    event_header: settings.event_header,
    event_path: settings.event_path,
    active: Type.Optional(settings.active),
    secrets: Type.Optional(settings.secrets),
  },
  { additionalProperties: false, $id: 'HookCreate', description: 'A new hook.' },
);
export type HookCreate = Static<typeof HookCreate>;

/** What of it is changed; what is left out stays. A secret is replaced by one of its name. */
export const HookUpdate = Type.Object(
  {
    name: Type.Optional(settings.name),
    mapping: Type.Optional(settings.mapping),
    check: Type.Optional(settings.check),
    event_header: settings.event_header,
    event_path: settings.event_path,
    active: Type.Optional(settings.active),
    secrets: Type.Optional(settings.secrets),
  },
  { additionalProperties: false, minProperties: 1, $id: 'HookUpdate', description: 'A change of a hook.' },
);
export type HookUpdate = Static<typeof HookUpdate>;

/** A hook as it is shown, to those who may edit it. */
export const Hook = Type.Object(
  {
    id: Id('hook', 'The hook.'),
    kind: OneOf(HOOK_KINDS, 'Who sends to it.'),
    name: settings.name,
    path: Type.String({
      description: 'Where it is called, below the address of the server. Whoever knows it may call.',
      examples: ['/hooks/k3x9w2m7qa…'],
    }),
    mapping: settings.mapping,
    check: Nullable(settings.check),
    event_header: Nullable(Type.String({ description: 'The header with the id of the event.' })),
    event_path: Nullable(Type.String({ description: 'Where that id is in the body.' })),
    secrets: Type.Array(Type.String(), { description: 'The names of the secrets that are set.' }),
    active: settings.active,
    created_at: Time('When it was made.'),
    last_call_at: Nullable(Time('When it was last called.')),
  },
  { additionalProperties: false, $id: 'Hook', description: 'An address that another service sends leads to.' },
);
export type Hook = Static<typeof Hook>;
