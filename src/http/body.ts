import { AppError, errorText } from '../lib/errors.ts';
import { isJson } from './media-type.ts';

export const MAX_JSON_BYTES = 1_048_576;
export const MAX_BATCH_BYTES = 8 * 1_048_576;

function tooLarge(limit: number): AppError {
  return new AppError(
    'payload_too_large',
    `The body is larger than ${Math.floor(limit / 1_048_576)} MiB. Send less at once.`,
  );
}

/** A broken sequence is refused, not replaced: a name must not lose its letters silently. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/**
 * Reads a JSON body of at most `limit` bytes. The size is checked before and while reading, so that a wrong or
 * missing Content-Length costs no more memory than the limit.
 * @throws AppError unsupported_media_type, payload_too_large, invalid_json, bad_request
 */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  checkType(request.headers);
  return parseJson(decode(await readBytes(request, limit)));
}

/** @throws AppError payload_too_large, bad_request, invalid_json for a body that is not UTF-8 */
export async function readText(request: Request, limit: number): Promise<string> {
  return decode(await readBytes(request, limit));
}

/** @throws AppError payload_too_large, bad_request */
export function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > limit) return Promise.reject(tooLarge(limit));
  // A declared length is kept to by the HTTP parser; a body without one is counted while it comes in.
  return arrived(length !== null ? request.bytes() : readLimited(request, limit));
}

/** @throws AppError invalid_json */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError(
      'invalid_json',
      text.trim() === '' ? 'The body is empty: send a JSON object.' : 'The body is not valid JSON.',
    );
  }
}

/** @throws AppError unsupported_media_type */
function checkType(headers: Headers): void {
  const type = headers.get('content-type');
  // What nearly everybody sends, without a look at the patterns.
  if (type !== 'application/json') {
    if (type === null || !isJson(type)) {
      throw new AppError('unsupported_media_type', 'Send JSON, with the header `Content-Type: application/json`.');
    }
    const charset = charsetOf(type);
    if (charset !== null && !/^utf-?8$/i.test(charset)) {
      throw new AppError('unsupported_media_type', 'Send JSON as UTF-8; other character sets are not read.');
    }
  }
  checkEncoding(headers);
}

/** The character set that a type says; null where it says none. */
export const charsetOf = (type: string) => CHARSET.exec(type)?.[1] ?? null;

/** @throws AppError unsupported_media_type */
export function checkEncoding(headers: Headers): void {
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding !== '' && encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'Send the body as it is, without Content-Encoding.');
  }
}

/** @throws AppError invalid_json for what is not UTF-8 */
export function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new AppError('invalid_json', 'The body is not valid UTF-8.');
  }
}

/** A client that goes away half-way is no fault of ours: not an error in the log, nor a 5xx in the metrics. */
async function arrived(reading: Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('bad_request', 'The request body broke off.', { internal: errorText(error) });
  }
}

async function readLimited(request: Request, limit: number): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  // The parser gives out the last chunk before it looks at what comes after it: it breaks off then, with a 400 of its own.
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (request.signal.aborted) throw new AppError('bad_request', 'The request body broke off.');
  return Buffer.concat(chunks);
}
