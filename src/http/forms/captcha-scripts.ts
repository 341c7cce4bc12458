import type { CaptchaKind } from '../../contract/captcha.ts';
import type { Captcha } from '../../store/captchas.ts';
import type { OtherHosts } from './answer.ts';

interface Widget {
  script(lang: string): string;
  class: string;
  /** What its script loads, as the service's own documentation has it. */
  hosts: OtherHosts;
}

const CLOUDFLARE = ['https://challenges.cloudflare.com'];
const HCAPTCHA = ['https://hcaptcha.com', 'https://*.hcaptcha.com'];

/** What each service has on a page. */
export const WIDGETS: Readonly<Record<CaptchaKind, Widget>> = {
  turnstile: {
    script: () => 'https://challenges.cloudflare.com/turnstile/v0/api.js',
    class: 'cf-turnstile',
    hosts: { 'script-src': CLOUDFLARE, 'frame-src': CLOUDFLARE },
  },
  hcaptcha: {
    script: (lang) => `https://js.hcaptcha.com/1/api.js?hl=${encodeURIComponent(lang)}`,
    class: 'h-captcha',
    hosts: { 'script-src': HCAPTCHA, 'frame-src': HCAPTCHA, 'style-src': HCAPTCHA, 'connect-src': HCAPTCHA },
  },
};

/** What a page with this captcha has to be allowed to load; nothing without one. */
export const captchaHosts = (captcha: Captcha | null): OtherHosts =>
  captcha === null ? {} : WIDGETS[captcha.kind].hosts;
