import type { CaptchaKind } from '../contract/captcha.ts';
import { readBounded } from '../lib/bounded-body.ts';
import type { Clock } from '../lib/clock.ts';
import { sha256, type Vault } from '../lib/crypto.ts';
import { errorText } from '../lib/errors.ts';
import type { Captcha } from '../store/captchas.ts';
import { isObject } from './normalise.ts';

/** What became of asking a captcha service about a visitor's token. */
export type CaptchaOutcome =
  | { kind: 'passed' }
  /** There is no token, or the service does not know it, or no longer. */
  | { kind: 'refused' }
  /** The service gave no answer that says anything about the visitor; why, for the log and for whoever runs the site. */
  | { kind: 'unchecked'; reason: string; secretIsWrong: boolean };

export interface CaptchaChecker {
  /**
   * Asks the service, for at most 5 s. Never rejects.
   * @param repeatKey the same for a request that is sent again: its token is then good once more, where the service
   * knows how
   */
  check(captcha: Captcha, token: string | null, repeatKey: string | null): Promise<CaptchaOutcome>;
  /** Encrypts a secret as `check` wants it. */
  seal(secret: string): string;
}

export interface CaptchaDeps {
  vault: Pick<Vault, 'seal' | 'open'>;
  clock: Clock;
  /** Where each service is asked. */
  urls: Readonly<Record<CaptchaKind, string>>;
}

/** Of one call, from the first byte sent to the last received. */
const TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 1_048_576;
/** Tokens are printable, and shorter: Cloudflare's have at most 2,048 characters, those of hCaptcha a few thousand. */
const TOKEN = /^[!-~]{1,16384}$/;
const SEALED_AS = 'captcha secret';

/** Said about the secret or its account, not about the visitor. Cloudflare's and hCaptcha's own tables of error codes. */
const ABOUT_SECRET: ReadonlySet<string> = new Set([
  'missing-input-secret',
  'invalid-input-secret',
  'sitekey-secret-mismatch',
  'not-using-dummy-secret',
]);
/** Said about neither. */
const ABOUT_SERVICE: ReadonlySet<string> = new Set(['internal-error']);

export function createCaptchaChecker({ vault, clock, urls }: CaptchaDeps): CaptchaChecker {
  /** The service's answer as text; rejects in words for the log. */
  async function ask(url: string, form: URLSearchParams): Promise<{ status: number; text: string }> {
    const controller = new AbortController();
    const cancel = clock.after(TIMEOUT_MS, () =>
      controller.abort(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)),
    );
    try {
      const response = await fetch(url, { method: 'POST', body: form, redirect: 'error', signal: controller.signal });
      const text = await readBounded(response, MAX_ANSWER_BYTES);
      if (text === null) throw new Error('the answer was over 1 MiB');
      return { status: response.status, text };
    } finally {
      cancel();
    }
  }

  return {
    seal: (secret) => vault.seal(secret, SEALED_AS),
    async check({ kind, siteKey, secretSealed }, token, repeatKey) {
      if (token === null || !TOKEN.test(token)) return { kind: 'refused' };
      try {
        const form = new URLSearchParams({ secret: vault.open(secretSealed, SEALED_AS), response: token });
        if (kind === 'hcaptcha') form.set('sitekey', siteKey);
        else if (repeatKey !== null) form.set('idempotency_key', uuidOf(`${repeatKey}\n${token}`));
        const { status, text } = await ask(urls[kind], form);
        return outcomeOf(status, text);
      } catch (error) {
        return unchecked(errorText(error));
      }
    },
  };
}

const unchecked = (reason: string, secretIsWrong = false): CaptchaOutcome => ({
  kind: 'unchecked',
  reason,
  secretIsWrong,
});

/** What an answer says. Whatever a visitor's token may bring about refuses it; only faults of others let it pass. */
function outcomeOf(status: number, text: string): CaptchaOutcome {
  const answer = parsed(text);
  if (status >= 500 || status === 429 || answer === null)
    return unchecked(`it answered ${status}${answer === null ? ', not in JSON' : ''}`);
  if (answer.success === true) return { kind: 'passed' };
  if (answer.success !== false) return unchecked(`it answered ${status}, without saying yes or no`);
  const codes = Array.isArray(answer['error-codes']) ? answer['error-codes'].map(String) : [];
  const wrong = codes.find((code) => ABOUT_SECRET.has(code));
  if (wrong !== undefined) return unchecked(`it does not take the secret (${wrong})`, true);
  const own = codes.find((code) => ABOUT_SERVICE.has(code));
  return own === undefined ? { kind: 'refused' } : unchecked(`it has a fault of its own (${own})`);
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // Garbage is an answer that says nothing, whoever sent it.
    return null;
  }
}

/** A UUID that is the same for the same text. RFC 9562, 5.8. */
function uuidOf(text: string): string {
  const hex = sha256(text);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
