import type { HookCheck } from '../../contract/hook.ts';
import type { ErrorDetail } from '../../lib/errors.ts';

/** What is wrong with a way to check calls, beyond its shape; empty: nothing. */
export function checkProblems(check: HookCheck): ErrorDetail[] {
  if (check.type === 'hmac') return hmacProblems(check);
  if (check.type === 'basic' && (check.username ?? '') === '')
    return [at('username', 'is needed: the sender has one.')];
  if (check.type === 'basic' && check.username?.includes(':')) return [at('username', 'can not hold a colon.')];
  return [];
}

const at = (name: string, message: string): ErrorDetail => ({ path: `/check/${name}`, message });

function hmacProblems({ signed = '{body}', timestamp_header: header, timestamp_part: part }: HookCheck): ErrorDetail[] {
  const details: ErrorDetail[] = [];
  if (signed.split('{body}').length !== 2) details.push(at('signed', 'must hold {body} once.'));
  const isTimed = Boolean(header) || Boolean(part);
  // A time-stamp that is not signed can be set at will: it would only seem to keep old calls out.
  if (isTimed && !signed.includes('{timestamp}')) {
    details.push(at('signed', 'must hold {timestamp}, as there is one: else anybody could change it.'));
  }
  if (!isTimed && signed.includes('{timestamp}')) {
    details.push(at('timestamp_header', 'is needed: say where the {timestamp} is that is signed.'));
  }
  if (header && part) details.push(at('timestamp_part', 'can not go together with a header for the time-stamp.'));
  return details;
}

/** Why a text can't be a secret that comes in a header or signs; null: it can. */
export function secretProblem(text: string): string | null {
  if (text !== text.trim()) return 'begins or ends with a blank: it was copied with too much.';
  return /^[\x20-\x7e]+$/.test(text) ? null : 'may hold letters without accents, digits and signs.';
}
