/** @jsxImportSource preact */
import type { Captcha } from '../../store/captchas.ts';
import { WIDGETS } from './captcha-scripts.ts';

/** Where a visitor shows to be no bot. It needs JavaScript, and says so to those without. */
export function CaptchaWidget({ captcha, lang }: { captcha: Captcha; lang: string }) {
  const { script, class: name } = WIDGETS[captcha.kind];
  return (
    <div class="captcha">
      <div class={name} data-sitekey={captcha.siteKey} data-language={lang} data-theme="auto" />
      <noscript>
        <p class="error">
          Sending this form needs JavaScript: it checks that you are no bot. Switch it on for this page.
        </p>
      </noscript>
      <script src={script(lang)} async defer />
    </div>
  );
}
