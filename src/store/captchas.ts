import type { CaptchaKind } from '../contract/captcha.ts';

/** How a site tells people from bots. The secret is sealed; the store can't open it. */
export interface Captcha {
  kind: CaptchaKind;
  /** Public: it stands in pages. */
  siteKey: string;
  secretSealed: string;
}

export interface CaptchaStore {
  /** From memory: every form that comes in asks. Null: the site asks for none. */
  get(siteId: string): Captcha | null;
  /** Null: none from now on. */
  set(siteId: string, captcha: Captcha | null): Promise<void>;
}
