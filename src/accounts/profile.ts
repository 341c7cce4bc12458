import type { Field, Refused } from './accounts.ts';
import { refuse } from './core.ts';
import { passwordProblem } from './passwords.ts';

/** RFC 5321, 4.5.3.1.3: a path has at most 256 characters, two of them its brackets. */
const EMAIL_MAX = 254;
const EMAIL = /^[^\s@<>(),;:"\\\p{C}]+@[^\s@<>(),;:"\\\p{C}]+$/u;
export const NAME_MAX = 100;
/** What can't be seen, and what turns the reading direction of the text around it. */
const NOISE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;

export type Checked<T> = { ok: true; value: T } | Refused<'invalid'>;

const wrong = (message: string, field: Field) => refuse('invalid', message, field);

export function checkEmail(text: string): Checked<string> {
  const value = text.trim().normalize('NFC');
  if (EMAIL.test(value) && value.length <= EMAIL_MAX) return { ok: true, value };
  return wrong('Give an e-mail address, such as alice@example.com.', 'email');
}

export function checkName(text: string): Checked<string> {
  const value = text.replace(NOISE, '').trim();
  const length = [...value].length;
  return length > 0 && length <= NAME_MAX
    ? { ok: true, value }
    : wrong(`Give a name of 1 to ${NAME_MAX} characters.`, 'name');
}

export function checkPassword(password: string, email: string): Checked<string> {
  const problem = passwordProblem(password, email);
  return problem === null ? { ok: true, value: password } : wrong(problem, 'password');
}

/** All three; the first that is wrong. */
export function checkProfile(input: { email: string; name: string; password: string }): Checked<typeof input> {
  const email = checkEmail(input.email);
  if (!email.ok) return email;
  const name = checkName(input.name);
  if (!name.ok) return name;
  const password = checkPassword(input.password, email.value);
  if (!password.ok) return password;
  return { ok: true, value: { email: email.value, name: name.value, password: password.value } };
}
