import { AppError } from '../../lib/errors.ts';
import { charsetOf } from '../body.ts';

/** Text as it was sent, and the character set it says it is in; null: that of the whole form. */
export interface SentText {
  bytes: Uint8Array;
  charset: string | null;
}

/** What a part of a form says of itself. */
export interface PartHead {
  name: SentText;
  /** null: it is no file. A part is one by its file name, whatever type it says it has. RFC 7578, 4.2. */
  fileName: SentText | null;
  /** That of the text in it. RFC 7578, 4.4. */
  charset: string | null;
}

/** The field in which browsers name the character set of a form that isn't UTF-8. RFC 7578, 4.6; HTML, 4.10.22.4. */
export const CHARSET_FIELD = '_charset_';

export const NOT_UTF8 = 'The form is not UTF-8. Send it from a page that is, or with accept-charset="utf-8".';
const PARAMETER = /;\s*([\w!#$&'+.^`|~-]+)(\*?)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;]*))/gs;

/**
 * Reads the header of a part, each byte of it a character.
 * @returns null for a part that is none of a form
 */
export function readHead(header: Readonly<Record<string, readonly string[]>>): PartHead | null {
  const disposition = header['content-disposition']?.[0] ?? '';
  if (!/^\s*form-data\s*(?:;|$)/i.test(disposition)) return null;
  return {
    name: parameterOf(disposition, 'name') ?? plain(''),
    fileName: parameterOf(disposition, 'filename'),
    charset: charsetOf(header['content-type']?.[0] ?? ''),
  };
}

/** The boundary between the parts, as the type of the form has it; null where it has none. RFC 2046, 5.1.1. */
export function boundaryOf(type: string): string | null {
  const boundary = parameterOf(type, 'boundary')?.bytes;
  return boundary === undefined || boundary.length === 0 ? null : Buffer.from(boundary).toString('latin1');
}

/** Of two forms of one, that which says its character set is meant. RFC 6266, 4.3. */
function parameterOf(header: string, wanted: string): SentText | null {
  let found: SentText | null = null;
  for (const [, name = '', star, quoted, token = ''] of header.matchAll(PARAMETER)) {
    if (name.toLowerCase() !== wanted) continue;
    if (star === '*') return extended(quoted ?? token);
    found ??= plain(quoted?.replace(/\\(["\\])/g, '$1') ?? token.trim());
  }
  return found;
}

const plain = (binary: string): SentText => ({ bytes: Buffer.from(binary, 'latin1'), charset: null });

/** `UTF-8'en'J%C3%BCrgen`. RFC 8187, 3.2. */
function extended(value: string): SentText {
  const [, charset = '', rest = value] = /^([^']*)'[^']*'(.*)$/s.exec(value.trim()) ?? [];
  return { bytes: percentDecoded(rest), charset: charset || null };
}

/** The bytes of a text in which some are written as `%FC`; other letters are taken as UTF-8. */
export function percentDecoded(text: string): Uint8Array {
  const binary = Buffer.from(text).toString('latin1');
  const decoded = binary.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(decoded, 'latin1');
}

/**
 * A broken letter is refused, not replaced: a name must not lose it silently.
 * @param charset of the whole form
 * @throws AppError bad_request for what is not in its character set, or in one that isn't known here
 */
export function readSent({ bytes, charset }: SentText, formCharset: string | null): string {
  const label = charset ?? formCharset ?? 'utf-8';
  const decoder = decoderOf(label);
  try {
    return decoder.decode(bytes);
  } catch {
    throw new AppError(
      'bad_request',
      decoder.encoding === 'utf-8'
        ? NOT_UTF8
        : `The form is not ${decoder.encoding}, which it says it is. Send it as UTF-8.`,
    );
  }
}

/** @throws AppError bad_request for a name of none that is known here. WHATWG Encoding, 4.2 */
function decoderOf(label: string): TextDecoder {
  try {
    return new TextDecoder(label as Bun.Encoding, { fatal: true, ignoreBOM: true });
  } catch {
    throw new AppError(
      'bad_request',
      'The form says it is in a character set that is not known here. Send it as UTF-8.',
    );
  }
}
