/** What the stand-in answers next, in place of what it thinks of the call. */
export type CaptchaFault = (request: Request) => Response | Promise<Response>;

/**
 * A stand-in for the services that check captchas, as Cloudflare and hCaptcha describe them: a token is good once, more
 * often only under the same `idempotency_key`; whoever calls with another secret is told so.
 */
export interface TestCaptcha {
  /** Where both services are asked. */
  urls: { turnstile: string; hcaptcha: string };
  /** What each call sent, newest last. */
  calls: Record<string, string>[];
  fault: CaptchaFault | null;
  /** Makes a token as a widget gets one. */
  token(): string;
  /** Lets a token run out. */
  expire(token: string): void;
  stop(): Promise<void>;
}

export const SITE_KEY = '1x00000000000000000000AA';
export const SECRET = '1x0000000000000000000000000000000AA';

export function testCaptcha(): TestCaptcha {
  const good = new Map<string, string | null>();
  let made = 0;
  const say = (success: boolean, ...codes: string[]) => Response.json({ success, 'error-codes': codes });

  function judge({ secret, response = '', idempotency_key = '' }: Record<string, string>): Response {
    if (secret !== SECRET) return say(false, 'invalid-input-secret');
    const used = good.get(response);
    if (used === undefined) return say(false, 'invalid-input-response');
    if (used !== null && (used === '' || used !== idempotency_key)) return say(false, 'timeout-or-duplicate');
    good.set(response, idempotency_key);
    return say(true);
  }

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const sent = Object.fromEntries(new URLSearchParams(await request.clone().text()));
      captcha.calls.push(sent);
      return captcha.fault === null ? judge(sent) : captcha.fault(request);
    },
  });
  const base = `http://127.0.0.1:${server.port}`;
  const captcha: TestCaptcha = {
    urls: { turnstile: `${base}/turnstile/v0/siteverify`, hcaptcha: `${base}/siteverify` },
    calls: [],
    fault: null,
    token() {
      const token = `0.token-${made++}`;
      good.set(token, null);
      return token;
    },
    expire: (token) => void good.delete(token),
    stop: () => server.stop(true),
  };
  return captcha;
}
