import type { SentFile } from '../../intake/files/uploads.ts';
import { isObject } from '../../intake/normalise.ts';
import { AppError } from '../../lib/errors.ts';
import { checkEncoding, MAX_JSON_BYTES, parseJson, readText } from '../body.ts';
import { isJson, isMultipart, isUrlencoded } from '../media-type.ts';
import { type MultipartDeps, readMultipart } from './multipart.ts';
import { CHARSET_FIELD, NOT_UTF8, percentDecoded, readSent } from './part.ts';

/** What a form sent, in its order. Repeated names stand as often as they came. */
export interface SentForm {
  entries: (readonly [name: string, value: unknown])[];
  files: readonly SentFile[];
}

const CHARSET_VALUE = new RegExp(`(?:^|&)${CHARSET_FIELD}=([^&]+)`);

/**
 * Reads what a browser or a script sends as a form: urlencoded, multipart, or flat JSON.
 * @throws AppError unsupported_media_type, payload_too_large, invalid_json, bad_request, and as `readMultipart`
 */
export async function readSentForm(request: Request, deps: MultipartDeps): Promise<SentForm> {
  checkEncoding(request.headers);
  const type = request.headers.get('content-type') ?? '';
  if (isUrlencoded(type)) {
    return { entries: urlencoded(await readText(request, MAX_JSON_BYTES)), files: [] };
  }
  if (isMultipart(type)) return await readMultipart(request, deps);
  if (isJson(type)) return flatJson(parseJson(await readText(request, MAX_JSON_BYTES)));
  throw new AppError(
    'unsupported_media_type',
    'Send the form as HTML forms do (urlencoded or multipart), or as JSON with the header `Content-Type: application/json`.',
  );
}

/** A broken letter is refused, not replaced: a name must not lose it silently. WHATWG URL, 5.1, but for that. */
export function urlencoded(text: string): SentForm['entries'] {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  const entries: SentForm['entries'] = [];
  const decode = decoderOf(text);
  const find = (char: string, from: number) => {
    const at = spaced.indexOf(char, from);
    return at < 0 ? spaced.length : at;
  };
  let equals = -1;
  for (let start = 0; start < spaced.length; ) {
    const end = find('&', start);
    // Looked for once: a form may be a megabyte of names without any.
    if (equals < start) equals = find('=', start);
    const nameEnd = Math.min(equals, end);
    if (end > start) entries.push([decode(spaced.slice(start, nameEnd)), decode(spaced.slice(nameEnd + 1, end))]);
    start = end + 1;
  }
  return entries;
}

/**
 * Reads the names and values of a form, blanks and all, in the character set that it names.
 * @throws AppError bad_request: so does what it gives back
 */
function decoderOf(text: string): (part: string) => string {
  if (!text.includes(CHARSET_FIELD)) return decodeUtf8;
  const charset = CHARSET_VALUE.exec(text)?.[1] ?? null;
  return (part) => readSent({ bytes: percentDecoded(part), charset }, null);
}

function decodeUtf8(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeOdd(text);
  }
}

/** With a `%` that begins no escape, and so stands for itself. @throws AppError bad_request for what is not UTF-8 */
function decodeOdd(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![\da-f]{2})/gi, '%25'));
  } catch {
    throw new AppError('bad_request', NOT_UTF8);
  }
}

function flatJson(value: unknown): SentForm {
  if (!isObject(value)) throw new AppError('invalid_json', 'Send a JSON object with the fields of the form.');
  return { entries: Object.entries(value), files: [] };
}
