import { AppError, errorText } from '../../lib/errors.ts';
import { isMultipart, isUrlencoded } from '../media-type.ts';

/** What a form sent. Repeated names keep all their values. */
export interface FormData {
  /** The first value as it was sent; '' where there is none. */
  text(name: string): string;
  all(name: string): readonly string[];
  file(name: string): File | null;
  /** Every text, in the order sent. */
  entries(): readonly (readonly [name: string, value: string])[];
}

/** More than any form of ours holds: a key file is some 2 KB. */
const MAX_FORM_BYTES = 262_144;

export const NO_FORM: FormData = formOf([]);

/** @throws AppError payload_too_large, unsupported_media_type, bad_request */
export async function readForm(request: Request): Promise<FormData> {
  const type = request.headers.get('content-type') ?? '';
  if (!isUrlencoded(type) && !isMultipart(type)) {
    throw new AppError('unsupported_media_type', 'This address takes what a form of these pages sends.');
  }
  const length = request.headers.get('content-length');
  if (length === null || Number(length) > MAX_FORM_BYTES) {
    throw new AppError('payload_too_large', 'The form holds more than this page takes.');
  }
  try {
    return formOf([...(await request.formData()).entries()]);
  } catch (error) {
    throw new AppError('bad_request', 'The form could not be read.', { internal: errorText(error) });
  }
}

function formOf(entries: readonly (readonly [string, string | File])[]): FormData {
  const texts = entries.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string');
  const all = (name: string) => texts.filter(([each]) => each === name).map(([, value]) => value);
  return {
    text: (name) => all(name)[0] ?? '',
    all,
    file(name) {
      const found = entries.find(([each, value]) => each === name && value instanceof File)?.[1];
      return found instanceof File && found.size > 0 ? found : null;
    },
    entries: () => texts,
  };
}
