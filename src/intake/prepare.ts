import type { Source } from '../contract/source.ts';
import {
  CLICK_IDS,
  MAX_FIELD_NAME,
  MAX_TEXT,
  type SubmissionCreate,
  UTM_NAMES,
  type Warning,
} from '../contract/submission.ts';
import type { ErrorDetail } from '../lib/errors.ts';
import { emptyBody } from '../store/lead-body.ts';
import type { FormRef, LeadBody, NewLead } from '../store/store.ts';
import { type AttributionInput, attribute } from './attribution.ts';
import { maskAndCut } from './cards.ts';
import { MAX_DETAILS, type Overflow, sanitiseFields, sanitiseMetadata } from './sanitise.ts';
import { cleanLine, cleanSentence, cutText } from './text.ts';
import { parseTime } from './time.ts';
import { cleanUrl } from './urls.ts';
import { readUserAgent } from './user-agent.ts';

export interface PrepareOptions {
  source: Source;
  nowMs: number;
  overflow: Overflow;
  /** The form of a lead that names none: a name, or one that is known by something else. */
  defaultForm: string | FormRef;
  /** Whether files came with it: then it needs no field. */
  hasFiles?: boolean;
}

export type Prepared = { ok: true; lead: NewLead } | { ok: false; details: ErrorDetail[] };

const DAY_MS = 86_400_000;
/** Nothing that sends leads here is older: a time before it is a clock that was never set. Our own rule. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);

/**
 * From a request that has the shape of the contract to the lead that is stored: fields and metadata sanitised,
 * form named, attribution and device filled in. Pure; the same input gives the same lead. Whether a `form_id` is
 * known is the store's to say. A lead whose fields were all dropped as sensitive is kept, with its warnings;
 * one that came with no field at all is refused. Spec 1, "Sanitising"; spec 2, "POST /submissions".
 */
export function prepareSubmission(input: SubmissionCreate, options: PrepareOptions): Prepared {
  const details: ErrorDetail[] = [];
  const form = formRef(input, options, details);
  const submittedAt = submissionTime(input.submitted_at, options.nowMs, details);
  const { fields, warnings, problems } = sanitiseFields(input.fields, options.overflow);
  details.push(...problems);
  const isEmpty = Object.keys(fields).length === 0 && options.hasFiles !== true;
  if (problems.length === 0 && warnings.length === 0 && isEmpty) {
    details.push({ path: '/fields', message: 'has no field: send at least one.' });
  }
  const metadata = input.metadata ? sanitiseMetadata(input.metadata, options.overflow) : null;
  if (metadata !== null) {
    details.push(...metadata.problems);
    warnings.push(...metadata.warnings);
  }
  if (form === null || details.length > 0) return { ok: false, details: details.slice(0, MAX_DETAILS) };
  const body = contextOf(input, warnings);
  body.fields = fields;
  body.warnings = warnings;
  if (metadata !== null) body.metadata = metadata.metadata;
  return { ok: true, lead: { source: options.source, form, body, submittedAt, spamReason: null } };
}

function formRef(input: SubmissionCreate, options: PrepareOptions, details: ErrorDetail[]): FormRef | null {
  const { form_id: id, form_name: given } = input;
  if (typeof id === 'string') {
    if (typeof given !== 'string') return { by: 'id', id };
    details.push({ path: '/form_name', message: 'can not go together with `form_id`: send one of them.' });
    return null;
  }
  const asked = typeof given === 'string' ? given : options.defaultForm;
  const form = typeof asked === 'string' ? formByName(asked) : asked;
  if (form === null) details.push({ path: '/form_name', message: 'has no visible character: give the form a name.' });
  return form;
}

/** Forms by the name that was given: a site has few, and each comes again and again. Bounded. */
const formRefs = new Map<string, FormRef | null>();
const MAX_FORM_REFS = 1_000;

/**
 * The form with this name, by the key that forms are discovered by: without regard to case, in any language and
 * whatever the server's locale, and however accents are encoded. Null for a name without a visible character.
 */
export function formByName(given: string): FormRef | null {
  const known = formRefs.get(given);
  if (known !== undefined) return known;
  const name = cutText(cleanLine(given.normalize('NFC')), MAX_FIELD_NAME);
  const ref: FormRef | null =
    name === '' ? null : { by: 'key', key: `name:${name.toLowerCase().normalize('NFC')}`, name };
  if (formRefs.size >= MAX_FORM_REFS) formRefs.clear();
  formRefs.set(given, ref);
  return ref;
}

function submissionTime(text: string | null | undefined, nowMs: number, details: ErrorDetail[]): number | null {
  if (text === null || text === undefined) return null;
  const path = '/submitted_at';
  const time = parseTime(text);
  if (time === null) {
    details.push({ path, message: 'must be an RFC 3339 time with an offset, such as `2026-11-22T14:05:00Z`.' });
  } else if (time > nowMs + DAY_MS) {
    details.push({ path, message: 'must be at most 24 hours ahead.' });
  } else if (time < EARLIEST_MS) {
    details.push({ path, message: 'must not be before the year 2000.' });
  }
  return time;
}

const TEXTS = [
  'browser',
  'os',
  'screen_size',
  'language',
  'timezone',
] as const satisfies readonly (keyof SubmissionCreate & keyof LeadBody)[];

/** What surrounds the fields, every member there, null for what is not known. Empty texts count as absent. */
function contextOf(input: SubmissionCreate, warnings: Warning[]): LeadBody {
  const body = emptyBody();
  if (input.page_url) body.page_url = address('page_url', input.page_url, warnings);
  if (input.page_title) body.page_title = contextText('page_title', input.page_title, warnings);
  if (input.referrer) body.referrer = address('referrer', input.referrer, warnings);
  for (const name of TEXTS) {
    const given = input[name];
    if (given) body[name] = contextText(name, given, warnings);
  }
  if (input.device_type) body.device_type = input.device_type;
  if (input.user_agent) {
    const device = readUserAgent(input.user_agent);
    body.browser ??= device.browser;
    body.os ??= device.os;
    body.device_type ??= device.device_type;
  }
  addAttribution(body, input, warnings);
  return body;
}

const SENT = [...UTM_NAMES, 'click_id', ...CLICK_IDS] as const;

function addAttribution(body: LeadBody, input: SubmissionCreate, warnings: Warning[]): void {
  const hasQuery = body.page_url?.includes('?') === true;
  const given: AttributionInput = { page_url: body.page_url, paid_source: input.paid_source ?? null };
  let sent = false;
  for (const name of SENT) {
    const value = input[name];
    if (!value) continue;
    given[name] = contextText(name, value, warnings);
    sent = true;
  }
  if (!hasQuery && !sent) {
    body.paid_source = given.paid_source ?? null;
    return;
  }
  const found = attribute(given);
  // What came out of the address was percent-encoded there: it is clean only after the same rules.
  const clean = (name: (typeof UTM_NAMES)[number] | 'click_id') =>
    given[name] || !hasQuery || !found[name] ? found[name] : contextText(name, found[name], []);
  for (const name of UTM_NAMES) body[name] = clean(name);
  body.click_id = clean('click_id');
  body.paid_source = found.paid_source;
}

/** Random identifiers, which now and then look like a card number. */
const OPAQUE: ReadonlySet<string> = new Set(['click_id', ...CLICK_IDS]);

function contextText(name: string, given: string | null | undefined, warnings: Warning[]): string | null {
  if (!given) return null;
  const clean = cleanSentence(given);
  const stored = OPAQUE.has(name) ? cutText(clean, MAX_TEXT) : maskAndCut(clean, MAX_TEXT);
  if (stored === given) return stored;
  const cut = cutText(clean, MAX_TEXT);
  if (cut !== clean) warnings.push({ code: 'field_cut', field: name, message: CUT });
  if (stored !== cut) warnings.push({ code: 'field_masked', field: name, message: MASKED });
  return stored === '' ? null : stored;
}

function address(field: 'page_url' | 'referrer', given: string | null | undefined, warnings: Warning[]): string | null {
  if (!given) return null;
  const clean = cleanSentence(given);
  // Cut first, so that a megabyte of parameters is not looked at; masking may make it longer again.
  const short = cutText(clean, MAX_TEXT);
  const { url, dropped, masked } = cleanUrl(short);
  const stored = cutText(url, MAX_TEXT);
  if (dropped)
    warnings.push({ code: 'field_dropped', field, message: 'Its parts with sensitive names were left out.' });
  if (masked) warnings.push({ code: 'field_masked', field, message: MASKED });
  if (short !== clean || stored !== url) warnings.push({ code: 'field_cut', field, message: CUT });
  return stored === '' ? null : stored;
}

const CUT = `Cut to ${MAX_TEXT.toLocaleString('en')} characters.`;
const MASKED = 'A card number was masked.';
