import type { TObject, TSchema } from '@sinclair/typebox';
import { type ErrorDetail, invalid } from '../lib/errors.ts';

const WHOLE = /^\d{1,15}$/;
/** An offset's `+` that nobody escaped has become a space on the way. */
const LOST_PLUS = / (?=\d{2}:\d{2}$)/;

/**
 * The parameters of an address as the object its contract describes: whole numbers as numbers, all else as the text
 * it is. What doesn't fit is left as it came, for the contract to refuse by name.
 * @throws AppError validation_error for a parameter given more than once
 */
export function queryObject(params: URLSearchParams, schema: TObject): Record<string, unknown> {
  const twice: ErrorDetail[] = [];
  const query: [name: string, value: unknown][] = [];
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name);
    if (values.length > 1) twice.push({ path: `/${name}`, message: 'is given more than once.' });
    query.push([
      name,
      typed(values[0] ?? '', Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined),
    ]);
  }
  if (twice.length > 0) throw invalid('The request can not be read: see details.', twice);
  // Also a name like `__proto__` is a member then, for the contract to refuse.
  return Object.fromEntries(query);
}

function typed(text: string, schema: TSchema | undefined): unknown {
  if (schema?.type === 'integer' && WHOLE.test(text)) return Number(text);
  return schema?.format === 'date-time' ? text.replace(LOST_PLUS, '+') : text;
}
