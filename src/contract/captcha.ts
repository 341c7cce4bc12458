/** The services that tell people from bots. Spec 3, "Form endpoint". */
export const CAPTCHA_KINDS = ['turnstile', 'hcaptcha'] as const;
export type CaptchaKind = (typeof CAPTCHA_KINDS)[number];
