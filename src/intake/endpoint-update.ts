import { EndpointUpdate } from '../contract/endpoint.ts';
import type { HostedForm } from '../contract/hosted-form.ts';
import { type ErrorDetail, invalid } from '../lib/errors.ts';
import type { EndpointChange } from '../store/endpoints.ts';
import { readFormParts } from './forms/control.ts';
import { readName } from './site-input.ts';
import { cleanText, trimEnds } from './text.ts';
import { compileContract } from './validate.ts';

const contract = compileContract(EndpointUpdate);

/**
 * A change of an endpoint, checked and cleaned; the same rules in the pages and on the command line.
 * @param hosted the form that this server shows for it; null: there is none
 * @throws AppError validation_error naming each bad member
 */
export function readEndpointUpdate(input: unknown, hosted: Pick<HostedForm, 'fields'> | null = null): EndpointChange {
  if (!contract.check(input)) throw refused(contract.details(input));
  const details: ErrorDetail[] = [];
  const change: EndpointChange = {};
  if (input.answer !== undefined) change.answer = input.answer;
  if (input.name !== undefined) change.name = named('/name', input.name, details);
  if (input.honeypot !== undefined) change.honeypot = trap(input.honeypot, hosted, details);
  if (input.redirect_url !== undefined) change.redirectUrl = redirectUrl(input.redirect_url, details);
  if (input.thanks_title !== undefined) change.thanksTitle = words(input.thanks_title);
  if (input.thanks_text !== undefined) change.thanksText = words(input.thanks_text);
  if (details.length > 0) throw refused(details);
  return change;
}

function named(path: string, text: string, details: ErrorDetail[]): string {
  const name = readName(text);
  if (name === null) details.push({ path, message: 'must have 1 to 200 visible characters.' });
  return name ?? '';
}

/** Control fields, and those of the hosted form, are filled in by good visitors too: as a trap they would make spam of them. */
function trap(text: string, hosted: Pick<HostedForm, 'fields'> | null, details: ErrorDetail[]): string {
  const name = named('/honeypot', text, details);
  const { fields, control } = readFormParts([[name, 'x']], '');
  if (name !== '' && !control.isTrapped && !Object.hasOwn(fields, name)) {
    details.push({
      path: '/honeypot',
      message: 'is a name that this server reads for something else. Choose another.',
    });
  }
  if (hosted?.fields.some((field) => field.name === name)) {
    details.push({ path: '/honeypot', message: 'is a field of the hosted form. Choose another.' });
  }
  return name;
}

function words(text: string | null): string | null {
  return text === null ? null : trimEnds(cleanText(text)) || null;
}

/** Empty or null: back to the page of the form. */
function redirectUrl(text: string | null, details: ErrorDetail[]): string | null {
  if (text === null || text.trim() === '') return null;
  const url = URL.parse(text.trim());
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href;
  details.push({ path: '/redirect_url', message: 'must be a whole address, such as https://example.com/thanks.' });
  return null;
}

function refused(details: readonly ErrorDetail[]) {
  return invalid('The endpoint was not changed: see details.', details);
}
