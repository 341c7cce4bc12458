import { fieldsOf } from '../../intake/hooks/sender.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import { checkEncoding, decode, parseJson } from '../body.ts';
import { urlencoded } from '../forms/body.ts';

/**
 * What the bytes of a call say: a form's fields where its type says that it is a form, else JSON, whatever its type says,
 * for services differ. Files of a form are passed over.
 * @throws AppError invalid_json, bad_request, unsupported_media_type
 */
export async function parseHookBody(raw: Uint8Array, headers: Headers): Promise<unknown> {
  checkEncoding(headers);
  const type = headers.get('content-type') ?? '';
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return formOrJson(decode(raw));
  if (/^multipart\/form-data\b/i.test(type)) return multipart(raw, type);
  return parseJson(decode(raw));
}

/** JSON is often sent with the type that a client has from the start, as `curl -d` does. */
function formOrJson(text: string): unknown {
  if (/^\s*[{[]/.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // A form's name may begin like that.
    }
  }
  return fieldsOf(urlencoded(text));
}

async function multipart(raw: Uint8Array, type: string): Promise<Record<string, unknown>> {
  try {
    const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
    return fieldsOf([...form].filter(([, value]) => typeof value === 'string'));
  } catch (error) {
    const internal = errorText(error);
    throw new AppError('bad_request', 'The form could not be read: its parts are broken.', { internal });
  }
}
