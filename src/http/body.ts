import { AppError, errorText } from '../lib/errors.ts';

export const MAX_JSON_BYTES = 1_048_576;
export const MAX_BATCH_BYTES = 8 * 1_048_576;

function tooLarge(limit: number): AppError {
  return new AppError(
    'payload_too_large',
    `The body is larger than ${Math.floor(limit / 1_048_576)} MiB. Send less at once.`,
  );
}

/**
 * Reads a JSON body of at most `limit` bytes. The size is checked before and while reading, so that a wrong or
 * missing Content-Length costs no more memory than the limit.
 * @throws AppError unsupported_media_type, payload_too_large, invalid_json, bad_request
 */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  const type = request.headers.get('content-type');
  if (type === null || !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new AppError('unsupported_media_type', 'Send JSON, with the header `Content-Type: application/json`.');
  }
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > limit) throw tooLarge(limit);
  // A declared length is kept to by the HTTP parser; a body without one is counted while it comes in.
  const text = await arrived(length !== null ? request.text() : readLimited(request, limit));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError(
      'invalid_json',
      text.trim() === '' ? 'The body is empty: send a JSON object.' : 'The body is not valid JSON.',
    );
  }
}

/** A client that goes away half-way is no fault of ours: not an error in the log, nor a 5xx in the metrics. */
async function arrived(reading: Promise<string>): Promise<string> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('bad_request', 'The request body broke off.', { internal: errorText(error) });
  }
}

async function readLimited(request: Request, limit: number): Promise<string> {
  if (!request.body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
