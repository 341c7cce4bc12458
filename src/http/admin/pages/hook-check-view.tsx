/** @jsxImportSource preact */
import { HOOK_ALGORITHMS, HOOK_CHECKS, HOOK_ENCODINGS, type HookCheck } from '../../../contract/hook.ts';
import type { HookSettings } from '../../../store/hooks.ts';
import { type Choice, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { Card } from '../components/parts.tsx';
import type { FormData } from '../form-data.ts';

const TYPE_TEXT: Readonly<Record<(typeof HOOK_CHECKS)[number], string>> = {
  none: 'The address alone is enough',
  hmac: 'A signature (HMAC)',
  standard_webhooks: 'A signature by Standard Webhooks',
  secret_header: 'A secret in a header',
  basic: 'A user name and a password',
};

const MEMBERS = [
  'type',
  'header',
  'algorithm',
  'encoding',
  'prefix',
  'signed',
  'timestamp_header',
  'timestamp_part',
  'signature_part',
  'tolerance_seconds',
  'username',
  'event_header',
  'event_path',
] as const;
export type CheckTexts = Readonly<Record<(typeof MEMBERS)[number], string>>;
export type CheckErrors = Readonly<Record<string, string | undefined>>;

export function checkTexts({ check, eventHeader, eventPath }: HookSettings): CheckTexts {
  const text = (value: string | number | null | undefined) =>
    value === null || value === undefined ? '' : String(value);
  const known: Record<string, unknown> = { ...check, event_header: eventHeader, event_path: eventPath };
  return Object.fromEntries(MEMBERS.map((name) => [name, text(known[name] as string)])) as CheckTexts;
}

export const sentCheckTexts = (form: FormData): CheckTexts =>
  Object.fromEntries(MEMBERS.map((name) => [name, form.text(name).trim()])) as CheckTexts;

/** What each type uses; what is left empty is left out. */
const USED: Readonly<Record<HookCheck['type'], readonly (keyof CheckTexts)[]>> = {
  none: [],
  hmac: [
    ...(['header', 'algorithm', 'encoding', 'prefix', 'signed'] as const),
    ...(['timestamp_header', 'timestamp_part', 'signature_part', 'tolerance_seconds'] as const),
  ],
  standard_webhooks: ['tolerance_seconds'],
  secret_header: ['header'],
  basic: ['username'],
};

/** What was typed, as the contract takes it. */
export function checkInput(texts: CheckTexts, secret: string): Record<string, unknown> {
  const used = USED[texts.type as HookCheck['type']] ?? [];
  const members = used.flatMap((name) => (texts[name] === '' ? [] : [[name, memberOf(name, texts[name])] as const]));
  return {
    check: { type: texts.type, ...Object.fromEntries(members) },
    event_header: texts.event_header || null,
    event_path: texts.event_path || null,
    ...(secret === '' ? {} : { secrets: { secret } }),
  };
}

const memberOf = (name: string, text: string) => (name === 'tolerance_seconds' ? Number(text) : text);

const words = (values: readonly string[]): Choice[] => values.map((value) => ({ value, text: value }));

interface CheckFormProps {
  action: string;
  csrf: string;
  texts: CheckTexts;
  errors: CheckErrors;
  hasSecret: boolean;
}

/** How calls are checked. */
export function CheckForm({ action, csrf, texts, errors, hasSecret }: CheckFormProps) {
  const field = (name: keyof CheckTexts, label: string, help?: string) => (
    <TextField name={name} label={label} value={texts[name]} help={help} error={errors[name]} />
  );
  const isUsed = MORE.some((name) => texts[name] !== '' || errors[name]);
  return (
    <Card title="Who may send">
      <PostForm action={action} csrf={csrf}>
        <SelectField
          name="type"
          label="Calls are known by"
          value={texts.type}
          choices={HOOK_CHECKS.map((value) => ({ value, text: TYPE_TEXT[value] }))}
          error={errors.type}
        />
        <TextField
          name="secret"
          label="Secret or password"
          type="password"
          autocomplete="off"
          help={
            hasSecret
              ? 'One is saved; leave this empty to keep it.'
              : 'The one that the sender has too. It is not shown again.'
          }
          error={errors.secret}
        />
        {field('header', 'Header', 'Where the signature or the secret is, such as X-Signature.')}
        {field('username', 'User name', 'For a user name and a password.')}
        <details open={isUsed}>
          <summary>More about the signature and the event</summary>
          <SelectField name="algorithm" label="Made with" value={texts.algorithm} choices={words(HOOK_ALGORITHMS)} />
          <SelectField name="encoding" label="Written as" value={texts.encoding} choices={words(HOOK_ENCODINGS)} />
          {field('prefix', 'What stands before it', 'Such as sha256=')}
          {field('signed', 'What is signed', '{body}, or with a time-stamp such as {timestamp}.{body}')}
          {field('timestamp_header', 'Header of the time-stamp')}
          {field('signature_part', 'Name of the signature in the header', 'Where it is a list like t=…,v1=…: v1.')}
          {field('timestamp_part', 'Name of the time-stamp in it', 'There: t.')}
          {field('tolerance_seconds', 'Seconds that a call may be old', '300 when left empty.')}
          {field(
            'event_header',
            'Header with the id of the event',
            'What comes again with the same id is the same lead.',
          )}
          {field('event_path', 'Or its path in the body', 'Such as event.id')}
        </details>
        <Submit text="Save" />
      </PostForm>
    </Card>
  );
}

const MORE = [
  ...(['prefix', 'signed', 'timestamp_header', 'signature_part'] as const),
  ...(['timestamp_part', 'tolerance_seconds', 'event_header', 'event_path'] as const),
];
