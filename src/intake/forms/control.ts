/*
 * Fields that say what is to be done with a form, beside those that say what the visitor wants. Ours, and those of
 * Formspree, Basin and Web3Forms: a form written for one of them works here with another action. Spec 3, "Form
 * endpoint".
 */

/** What a form asks for. */
export interface FormControl {
  /** The name of the form, `_form`. */
  formName: string | null;
  /** Where to lead the visitor: only ever to an allowed domain. */
  redirect: string | null;
  /** For mails about the lead. */
  subject: string | null;
  replyTo: string | null;
  idempotencyKey: string | null;
  /** What a bot wrote where people see nothing. */
  isTrapped: boolean;
  /** It has the key of Web3Forms: its script looks for what Web3Forms would answer. */
  hasAccessKey: boolean;
  /** What a captcha's widget put in. */
  captcha: string | null;
  /** When a form that this server shows was shown, signed; null: the form is somebody else's. */
  renderToken: string | null;
  /** Where the visitor came from to a form that this server shows. */
  referrer: string | null;
  /** The metadata of our script, as JSON: `readScript` says what is believed of it. */
  script: string | null;
}

type Text = Exclude<keyof FormControl, 'isTrapped' | 'hasAccessKey'>;
/** What a name stands for: a text of the control, a trap, or something for services that are not asked here. */
type Role = Text | 'trap' | 'idle';

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['_form', 'formName'],
  ['_redirect', 'redirect'],
  ['_next', 'redirect'],
  ['_subject', 'subject'],
  ['_replyto', 'replyTo'],
  ['_reply_to', 'replyTo'],
  ['_idempotency_key', 'idempotencyKey'],
  ['_lts', 'script'],
  ['_render', 'renderToken'],
  ['_referrer', 'referrer'],
  ['cf-turnstile-response', 'captcha'],
  ['h-captcha-response', 'captcha'],
  // Traps whatever the endpoint's own is called: of Formspree and Basin, and of Web3Forms.
  ['_gotcha', 'trap'],
  ['_honeypot', 'trap'],
  ['botcheck', 'trap'],
  ['_cc', 'idle'],
  ['_bcc', 'idle'],
  ['_format', 'idle'],
  ['_language', 'idle'],
  ['_template', 'idle'],
  ['_captcha', 'idle'],
  ['access_key', 'idle'],
  ['apikey', 'idle'],
  ['g-recaptcha-response', 'idle'],
  ['recaptcha_response', 'idle'],
  // What the form is encoded in. HTML, 4.10.22.4.
  ['_charset_', 'idle'],
]);
/** Names of Web3Forms that are good names for fields too: control in a form that has its key. */
const ROLES_WITH_ACCESS_KEY: ReadonlyMap<string, Role> = new Map([
  ...ROLES,
  ['redirect', 'redirect'],
  ['replyto', 'replyTo'],
  ['ccemail', 'idle'],
  ['webhook', 'idle'],
  ['from_name', 'idle'],
]);

export interface FormParts {
  /** In the order sent; of repeated names an array. */
  fields: Record<string, unknown>;
  control: FormControl;
}

/**
 * Takes apart what a form sent. A trap that is empty, or a box that is not ticked (`false`), is no sign of a bot.
 * @param honeypot the endpoint's own trap
 */
export function readFormParts(entries: readonly (readonly [string, unknown])[], honeypot: string): FormParts {
  const hasAccessKey = entries.some(([name]) => name === 'access_key' || name === 'apikey');
  const roles = hasAccessKey ? ROLES_WITH_ACCESS_KEY : ROLES;
  const fields = new Map<string, unknown>();
  const control: FormControl = {
    formName: null,
    redirect: null,
    subject: null,
    replyTo: null,
    idempotencyKey: null,
    isTrapped: false,
    hasAccessKey,
    captcha: null,
    renderToken: null,
    referrer: null,
    script: null,
  };
  for (const [name, value] of entries) {
    const role = name === honeypot ? 'trap' : roles.get(name);
    if (role === undefined) add(fields, name, value);
    else if (role === 'trap') control.isTrapped ||= !isBlank(value);
    else if (role !== 'idle' && typeof value !== 'object' && !isBlank(value)) control[role] ??= String(value);
  }
  if (control.replyTo !== null && isOnlyAddress(control.replyTo, fields)) fields.set('Email', control.replyTo.trim());
  return { fields: Object.fromEntries(fields), control };
}

const ADDRESS = /^\s*[^\s@]{1,64}@[^\s@]{1,255}\s*$/;

/**
 * Whether a reply address is the visitor's only one. Formspree's own example calls the input for it `_replyto`: such a
 * form would become leads that nobody can answer.
 */
function isOnlyAddress(replyTo: string, fields: ReadonlyMap<string, unknown>): boolean {
  const isAddress = (value: unknown) => typeof value === 'string' && ADDRESS.test(value);
  const holdsOne = (value: unknown) => (Array.isArray(value) ? value.some(isAddress) : isAddress(value));
  return isAddress(replyTo) && ![...fields].some(([name, value]) => /mail/i.test(name) || holdsOne(value));
}

/** Lists are looked into no deeper than forms make them: deeper ones are JSON that somebody nested without end. */
function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isBlankItem);
  return isBlankItem(value);
}

function isBlankItem(value: unknown): boolean {
  if (typeof value === 'object') return value === null;
  return value === undefined || value === false || String(value).trim() === '';
}

/** Takes the same time for each value, however many there are of one name. */
function add(fields: Map<string, unknown>, name: string, value: unknown): void {
  const before = fields.get(name);
  if (before === undefined && !fields.has(name)) fields.set(name, value);
  else if (Array.isArray(before)) before.push(value);
  else fields.set(name, [before, value]);
}
