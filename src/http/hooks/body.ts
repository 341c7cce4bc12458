import type { Upload } from '../../intake/files/uploads.ts';
import { fieldsOf } from '../../intake/hooks/sender.ts';
import type { Clock } from '../../lib/clock.ts';
import { checkEncoding, decode, parseJson } from '../body.ts';
import { urlencoded } from '../forms/body.ts';
import { readMultipart } from '../forms/multipart.ts';
import { isMultipart, isUrlencoded } from '../media-type.ts';

/**
 * Gives what reads the bytes of a call: a form's fields where its type says that it is a form, else JSON, whatever its
 * type says, for services differ. Files of a form are passed over. It throws AppError invalid_json, bad_request,
 * payload_too_large, unsupported_media_type.
 */
export function createHookBodyParser(clock: Clock): (raw: Uint8Array, headers: Headers) => Promise<unknown> {
  return async (raw, headers) => {
    checkEncoding(headers);
    const type = headers.get('content-type') ?? '';
    if (isUrlencoded(type)) return formOrJson(decode(raw));
    if (isMultipart(type)) return await multipart(raw, type, clock);
    return exactJson(decode(raw));
  };
}

/** There may be a number in it that is rounded when it is read. */
const LONG_NUMBER = /\d{16}/;

/**
 * JSON with whole numbers that would be rounded as texts: many ids are such numbers, the sender can't write them otherwise,
 * and two events must not become one.
 * @throws AppError invalid_json
 */
function exactJson(text: string): unknown {
  const body = parseJson(text);
  if (!LONG_NUMBER.test(text)) return body;
  const exact = (_: string, value: unknown, context?: { source: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? context?.source
      : value;
  try {
    return JSON.parse(text, exact) as unknown;
  } catch {
    // Nested deeper than a reviver can go.
    return body;
  }
}

/** JSON is often sent with the type that a client has from the start, as `curl -d` does. */
function formOrJson(text: string): unknown {
  if (/^\s*[{[]/.test(text)) {
    try {
      return exactJson(text);
    } catch {
      // A form's name may begin like that.
    }
  }
  return fieldsOf(urlencoded(text));
}

async function multipart(raw: Uint8Array, type: string, clock: Clock): Promise<Record<string, unknown>> {
  const call = new Request('http://hook.invalid', {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(raw),
  });
  // Fields beyond those of a lead are left out with a warning: the sender could not mend it.
  const limits = { maxUpload: raw.length, maxParts: Number.POSITIVE_INFINITY };
  const { entries } = await readMultipart(call, { upload: PASSED_OVER, limits, clock, liftTimeout: () => () => {} });
  return fieldsOf(entries);
}

const PASSED_OVER: Upload = {
  async take(_field, _name, bytes) {
    for await (const _ of bytes);
  },
  files: async () => [],
  onGiveWay: () => {},
  settle: async () => {},
};
