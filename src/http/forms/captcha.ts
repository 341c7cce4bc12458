import type { Warning } from '../../contract/submission.ts';
import type { CaptchaChecker } from '../../intake/captcha.ts';
import type { FormControl } from '../../intake/forms/control.ts';
import { AppError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { CaptchaStore } from '../../store/captchas.ts';

export interface CaptchaDeps {
  store: { captchas: Pick<CaptchaStore, 'get'> };
  captcha: Pick<CaptchaChecker, 'check'>;
  log: Log;
}

const MISSING = 'Show that you are no robot: tick the box of the check on the page, and send the form again.';
const NOT_TAKEN = 'The check that you are no robot has run out, or failed. Repeat it, and send the form again.';
const UNCHECKED: Warning = {
  code: 'captcha_unchecked',
  field: 'Captcha',
  message: 'Could not be checked: look whether a person sent this.',
};

/**
 * Holds what a form sent against the captcha of its site. A service that is down, or that does not take the site's
 * secret, costs no lead: it is taken with a warning, and the log says why.
 * @param repeatKey the same for a form that is sent again
 * @returns what to note with the lead
 * @throws AppError validation_error when the visitor has shown nothing, or something that is not good any more
 */
export async function checkCaptcha(
  { store, captcha, log }: CaptchaDeps,
  siteId: string,
  { captcha: token, isTrapped }: Pick<FormControl, 'captcha' | 'isTrapped'>,
  repeatKey: string | null,
): Promise<readonly Warning[]> {
  const asked = store.captchas.get(siteId);
  // Whoever fell into the trap is known already, and is not told.
  if (asked === null || isTrapped) return [];
  const outcome = await captcha.check(asked, token, repeatKey);
  if (outcome.kind === 'passed') return [];
  if (outcome.kind === 'refused') throw new AppError('validation_error', token === null ? MISSING : NOT_TAKEN);
  log.error('captcha.unchecked', { site: siteId, kind: asked.kind, reason: outcome.reason });
  return [UNCHECKED];
}
