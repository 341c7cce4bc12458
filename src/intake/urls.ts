import { maskCards } from './cards.ts';
import { judgeName } from './names.ts';

export interface CleanUrl {
  url: string;
  /** Something with a sensitive name was left out. */
  dropped: boolean;
  /** A card number was masked. */
  masked: boolean;
}

/**
 * An address without what must not be kept: query and fragment parameters with sensitive names
 * (`?token=…`, `#access_token=…`), the user and password before the host, card numbers. The rest stays as it was
 * written, broken and relative addresses included. Never throws; linear.
 */
export function cleanUrl(text: string): CleanUrl {
  const anonymous = withoutUser(text);
  const hash = anonymous.indexOf('#');
  const head = hash < 0 ? anonymous : anonymous.slice(0, hash);
  const question = head.indexOf('?');
  const base = question < 0 ? head : head.slice(0, question);
  const result: CleanUrl = { url: maskCards(base), dropped: anonymous !== text, masked: false };
  result.masked = result.url !== base;
  if (question >= 0) cleanPairs('?', head.slice(question + 1), result);
  if (hash >= 0) cleanPairs('#', anonymous.slice(hash + 1), result);
  if (!result.dropped && !result.masked) result.url = text;
  return result;
}

function withoutUser(text: string): string {
  const slashes = text.indexOf('://');
  if (slashes < 0) return text;
  const start = slashes + 3;
  let end = start;
  while (end < text.length && !'/?#\\'.includes(text.charAt(end))) end++;
  const at = text.slice(start, end).lastIndexOf('@');
  return at < 0 ? text : text.slice(0, start) + text.slice(start + at + 1);
}

/** Each `name=value` of a query, by where it stands: no list is made of what is mostly clean. */
function eachPair(query: string, visit: (start: number, equals: number, end: number) => void): void {
  for (let start = 0; start <= query.length; ) {
    const next = query.indexOf('&', start);
    const end = next < 0 ? query.length : next;
    const equals = query.indexOf('=', start);
    visit(start, equals < 0 || equals >= end ? -1 : equals, end);
    start = end + 1;
  }
}

function cleanPairs(mark: string, query: string, result: CleanUrl): void {
  const kept: string[] = [];
  let clean = true;
  eachPair(query, (start, equals, end) => {
    const verdict = equals < 0 ? null : judgeName(decode(query.slice(start, equals)));
    if (verdict?.sensitive) {
      result.dropped = true;
      clean = false;
      return;
    }
    const from = equals < 0 ? start : equals + 1;
    const value = decode(query.slice(from, end));
    const masked = verdict?.phone ? value : maskCards(value);
    if (masked === value) kept.push(query.slice(start, end));
    else {
      kept.push(query.slice(start, from) + encodeURIComponent(masked));
      result.masked = true;
      clean = false;
    }
  });
  if (clean) result.url += mark + query;
  else if (kept.length > 0) result.url += mark + kept.join('&');
}

/**
 * The first value of each of the `wanted` query parameters, by lower-cased name; that of a hash route
 * (`#/pricing?a=b`) counts as a query. Empty for an address without one.
 */
export function queryOf(url: string, wanted: ReadonlySet<string>): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const question = url.indexOf('?');
  if (question < 0) return values;
  const hash = url.indexOf('#', question);
  const query = url.slice(question + 1, hash < 0 ? undefined : hash);
  eachPair(query, (start, equals, end) => {
    if (equals <= start) return;
    const name = decode(query.slice(start, equals)).toLowerCase();
    if (wanted.has(name) && !values.has(name)) values.set(name, decode(query.slice(equals + 1, end)));
  });
  return values;
}

/** Form decoding that takes broken escapes as they are. */
function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // `100%` is no escape; what the visitor's page wrote is still the best there is.
    return spaced;
  }
}
