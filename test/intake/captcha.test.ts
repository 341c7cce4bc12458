import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import type { CaptchaKind } from '../../src/contract/captcha.ts';
import { createCaptchaChecker } from '../../src/intake/captcha.ts';
import { createVault } from '../../src/lib/crypto.ts';
import { SECRET, SITE_KEY, testCaptcha } from '../support/captcha.ts';
import { TestClock } from '../support/clock.ts';

const service = testCaptcha();
afterAll(() => service.stop());
beforeEach(() => {
  service.fault = null;
  service.calls.length = 0;
});

const clock = new TestClock();
const vault = createVault('a secret for tests, 32 characters');
const checker = createCaptchaChecker({ vault, clock, urls: service.urls });
const captcha = (kind: CaptchaKind = 'turnstile', secret = SECRET) => ({
  kind,
  siteKey: SITE_KEY,
  secretSealed: checker.seal(secret),
});

const check = (token: string | null, repeatKey: string | null = null, kind: CaptchaKind = 'turnstile') =>
  checker.check(captcha(kind), token, repeatKey);

describe.each(['turnstile', 'hcaptcha'] as const)('%s', (kind) => {
  test('a token is good once; the service is told the secret, and what else it wants', async () => {
    const token = service.token();
    expect(await check(token, null, kind)).toEqual({ kind: 'passed' });
    expect(await check(token, null, kind)).toEqual({ kind: 'refused' });
    const site = kind === 'hcaptcha' ? { sitekey: SITE_KEY } : {};
    expect(service.calls[0]).toEqual({ secret: SECRET, response: token, ...site });
  });

  test('one that ran out, or that the service never gave, is refused', async () => {
    const token = service.token();
    service.expire(token);
    expect(await check(token, null, kind)).toEqual({ kind: 'refused' });
    expect(await check('made-up', null, kind)).toEqual({ kind: 'refused' });
  });

  test('a wrong secret is nobody’s fault but ours: nothing is said about the visitor', async () => {
    const outcome = await checker.check(captcha(kind, 'another'), service.token(), null);
    expect(outcome).toMatchObject({ kind: 'unchecked', secretIsWrong: true });
  });
});

test('what is no token is not asked about', async () => {
  for (const token of [null, '', ' ', 'a b', 'ü', '\u0000', 'x'.repeat(16_385)]) {
    expect(await check(token)).toEqual({ kind: 'refused' });
  }
  expect(service.calls).toEqual([]);
});

test('Cloudflare takes the same token again for the same request, and for no other', async () => {
  const token = service.token();
  expect(await check(token, 'k-1')).toEqual({ kind: 'passed' });
  expect(await check(token, 'k-1')).toEqual({ kind: 'passed' });
  expect(await check(token, 'k-2')).toEqual({ kind: 'refused' });
  expect(service.calls[0]?.idempotency_key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
});

describe('a service that says nothing about the visitor', () => {
  const faults: [string, (request: Request) => Response, string][] = [
    ['500', () => new Response('oh', { status: 500 }), '500'],
    ['503 in JSON', () => Response.json({ success: false, 'error-codes': ['x'] }, { status: 503 }), '503'],
    ['429', () => Response.json({ success: false }, { status: 429 }), '429'],
    ['a page', () => new Response('<!doctype html><p>Checking your browser'), 'not in JSON'],
    ['broken JSON', () => new Response('{"success":'), 'not in JSON'],
    ['a list', () => Response.json([true]), 'not in JSON'],
    ['nothing', () => new Response(''), 'not in JSON'],
    ['"success": "true"', () => Response.json({ success: 'true' }), 'without saying'],
    [
      'a fault of its own',
      () => Response.json({ success: false, 'error-codes': ['internal-error'] }),
      'internal-error',
    ],
    ['more than a MiB', () => new Response(`{"success":true,"x":"${'x'.repeat(1_048_576)}"}`), '1 MiB'],
    [
      'another address, where it would pass: the secret goes nowhere else',
      ({ url }) =>
        url === service.urls.turnstile
          ? Response.redirect(service.urls.hcaptcha, 307)
          : Response.json({ success: true }),
      '',
    ],
  ];
  test.each(faults)('%s', async (_, fault, why) => {
    service.fault = fault;
    const outcome = await check(service.token());
    expect(outcome).toMatchObject({ kind: 'unchecked', secretIsWrong: false });
    expect(outcome.kind === 'unchecked' && outcome.reason).toContain(why);
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });

  test('a no without a reason is a no', async () => {
    service.fault = () => Response.json({ success: false, 'error-codes': { a: 1 } });
    expect(await check(service.token())).toEqual({ kind: 'refused' });
    service.fault = () => Response.json({ success: false, 'error-codes': ['bad-request'] }, { status: 400 });
    expect(await check(service.token())).toEqual({ kind: 'refused' });
  });

  test.each([
    ['that does not answer', () => new Promise<Response>(() => {})],
    [
      'that stops in the middle',
      () =>
        new Response(
          new ReadableStream({
            start: (stream) => stream.enqueue(new TextEncoder().encode('{"success":')),
          }),
        ),
    ],
  ])('one %s is waited for 5 s', async (_, fault) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    service.fault = () => {
      resolve();
      return fault();
    };
    const pending = check(service.token());
    await promise;
    expect(await Promise.race([pending, Promise.resolve('waits')])).toBe('waits');
    clock.advance(5_000);
    expect(await pending).toMatchObject({ kind: 'unchecked', reason: 'no answer within 5 s' });
  });

  test('one that is not there', async () => {
    const gone = createCaptchaChecker({
      vault,
      clock,
      urls: { turnstile: 'http://127.0.0.1:9/', hcaptcha: 'http://127.0.0.1:9/' },
    });
    expect(await gone.check(captcha(), service.token(), null)).toMatchObject({ kind: 'unchecked' });
  });
});

test('a secret that was sealed for something else, or by another server, is not sent anywhere', async () => {
  const stranger = { ...captcha(), secretSealed: vault.seal(SECRET, 'something else') };
  expect(await checker.check(stranger, service.token(), null)).toMatchObject({ kind: 'unchecked' });
  expect(service.calls).toEqual([]);
});
