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
import type { FormRef, LeadBody, NewLead } from '../store/store.ts';
import { type Attribution, type AttributionInput, attribute } from './attribution.ts';
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
  /** The form of a lead that names none. */
  defaultForm: string;
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
  if (problems.length === 0 && warnings.length === 0 && Object.keys(fields).length === 0) {
    details.push({ path: '/fields', message: 'has no field: send at least one.' });
  }
  const metadata = input.metadata ? sanitiseMetadata(input.metadata, options.overflow) : null;
  if (metadata !== null) {
    details.push(...metadata.problems);
    warnings.push(...metadata.warnings);
  }
  if (form === null || details.length > 0) return { ok: false, details: details.slice(0, MAX_DETAILS) };
  const body: LeadBody = {
    fields,
    ...context(input, warnings),
    files: [],
    metadata: metadata === null ? {} : metadata.metadata,
    warnings,
  };
  return { ok: true, lead: { source: options.source, form, body, submittedAt, spamReason: null } };
}

function formRef(input: SubmissionCreate, options: PrepareOptions, details: ErrorDetail[]): FormRef | null {
  const { form_id: id, form_name: given } = input;
  if (typeof id === 'string') {
    if (typeof given !== 'string') return { by: 'id', id };
    details.push({ path: '/form_name', message: 'can not go together with `form_id`: send one of them.' });
    return null;
  }
  const form = formByName(typeof given === 'string' ? given : options.defaultForm);
  if (form === null) details.push({ path: '/form_name', message: 'has no visible character: give the form a name.' });
  return form;
}

/**
 * The form with this name, by the key that forms are discovered by: without regard to case, in any language and
 * whatever the server's locale, and however accents are encoded. Null for a name without a visible character.
 */
export function formByName(given: string): FormRef | null {
  const name = cutText(cleanLine(given.normalize('NFC')), MAX_FIELD_NAME);
  return name === '' ? null : { by: 'key', key: `name:${name.toLowerCase().normalize('NFC')}`, name };
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

type Context = Omit<LeadBody, 'fields' | 'files' | 'metadata' | 'warnings'>;

/** What surrounds the fields, every member there, null for what is not known. Empty texts count as absent. */
function context(input: SubmissionCreate, warnings: Warning[]): Context {
  const pageUrl = address('page_url', input.page_url, warnings);
  const device = input.user_agent ? readUserAgent(input.user_agent) : null;
  return {
    page_url: pageUrl,
    page_title: contextText('page_title', input.page_title, warnings),
    referrer: address('referrer', input.referrer, warnings),
    ...attribution(input, pageUrl, warnings),
    browser: contextText('browser', input.browser, warnings) ?? device?.browser ?? null,
    os: contextText('os', input.os, warnings) ?? device?.os ?? null,
    device_type: input.device_type ?? device?.device_type ?? null,
    screen_size: contextText('screen_size', input.screen_size, warnings),
    language: contextText('language', input.language, warnings),
    timezone: contextText('timezone', input.timezone, warnings),
  };
}

function attribution(input: SubmissionCreate, pageUrl: string | null, warnings: Warning[]): Attribution {
  const given: AttributionInput = {
    page_url: pageUrl,
    paid_source: input.paid_source ?? null,
    utm_source: contextText('utm_source', input.utm_source, warnings),
    utm_medium: contextText('utm_medium', input.utm_medium, warnings),
    utm_campaign: contextText('utm_campaign', input.utm_campaign, warnings),
    utm_term: contextText('utm_term', input.utm_term, warnings),
    utm_content: contextText('utm_content', input.utm_content, warnings),
    click_id: contextText('click_id', input.click_id, warnings),
  };
  for (const name of CLICK_IDS) if (input[name]) given[name] = contextText(name, input[name], warnings);
  const found = attribute(given);
  if (!pageUrl?.includes('?')) return found;
  // What came out of the address was percent-encoded there: it is clean only after the same rules.
  for (const name of UTM_NAMES) if (!given[name]) found[name] = contextText(name, found[name], []);
  if (!given.click_id) found.click_id = contextText('click_id', found.click_id, []);
  return found;
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
