import { describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import type { HookCheck } from '../../src/contract/hook.ts';
import { verifyCall } from '../../src/intake/hooks/verify.ts';

const NOW = 1_614_265_330_000;

function verdict(check: HookCheck, secret: string, body: string, headers: Record<string, string>, nowMs = NOW) {
  const result = verifyCall(check, secret, { raw: Buffer.from(body), headers: new Headers(headers), nowMs });
  return result.ok ? 'ok' : result.fault;
}

describe('published examples', () => {
  test('GitHub: "Validating webhook deliveries"', () => {
    const check: HookCheck = { type: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' };
    const given = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const secret = "It's a Secret to Everybody";
    expect(verdict(check, secret, 'Hello, World!', { 'x-hub-signature-256': given })).toBe('ok');
    expect(verdict(check, secret, 'Hello, World', { 'x-hub-signature-256': given })).toBe('wrong');
    expect(verdict(check, `${secret} `, 'Hello, World!', { 'x-hub-signature-256': given })).toBe('wrong');
  });

  test('Standard Webhooks: the vector of its libraries', () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const check: HookCheck = { type: 'standard_webhooks' };
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const body = '{"test": 2432232314}';
    expect(verdict(check, secret, body, headers)).toBe('ok');
    expect(verdict(check, secret.slice(6), body, headers)).toBe('ok');
    expect(verdict(check, secret, '{"test":2432232314}', headers)).toBe('wrong');
    expect(verdict(check, secret, body, { ...headers, 'webhook-id': 'msg_other' })).toBe('wrong');
    expect(verdict(check, secret, body, headers, NOW + 299_000)).toBe('ok');
    expect(verdict(check, secret, body, headers, NOW + 301_000)).toBe('stale');
    expect(verdict(check, secret, body, headers, NOW - 301_000)).toBe('stale');
    expect(verdict(check, secret, body, { ...headers, 'webhook-signature': 'v2,x' })).toBe('wrong');
    const svix = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace('webhook', 'svix'), value]),
    );
    expect(verdict(check, secret, body, svix)).toBe('ok');
  });
});

describe('hmac', () => {
  const SECRET = 's';
  const mac = (algorithm: string, text: string, encoding: 'hex' | 'base64') =>
    createHmac(algorithm, SECRET).update(text).digest(encoding);

  test.each(['sha1', 'sha256', 'sha512'] as const)('%s, hex and base64', (algorithm) => {
    for (const encoding of ['hex', 'base64'] as const) {
      const check: HookCheck = { type: 'hmac', algorithm, encoding };
      expect(verdict(check, SECRET, 'ü', { 'x-signature': mac(algorithm, 'ü', encoding) })).toBe('ok');
      expect(verdict(check, SECRET, 'u', { 'x-signature': mac(algorithm, 'ü', encoding) })).toBe('wrong');
      const other = algorithm === 'sha1' ? 'sha256' : 'sha1';
      expect(verdict(check, SECRET, 'ü', { 'x-signature': mac(other, 'ü', encoding) })).toBe('wrong');
    }
  });

  test('bytes are signed as they came, also such as are no text', () => {
    const raw = new Uint8Array([255, 0, 254]);
    const signature = createHmac('sha256', SECRET).update(raw).digest('hex');
    const headers = new Headers({ 'x-signature': signature });
    expect(verifyCall({ type: 'hmac' }, SECRET, { raw, headers, nowMs: NOW }).ok).toBe(true);
  });

  test('a list of parts, as Stripe and Calendly write it', () => {
    const check: HookCheck = {
      ...{ type: 'hmac', timestamp_part: 't', signature_part: 'v1' },
      ...{ signed: '{timestamp}.{body}', tolerance_seconds: 180 },
    };
    const time = String(NOW / 1000);
    const v1 = mac('sha256', `${time}.body`, 'hex');
    expect(verdict(check, SECRET, 'body', { 'x-signature': `t=${time},v1=${v1}` })).toBe('ok');
    expect(verdict(check, SECRET, 'body', { 'x-signature': `v1=${v1}, t=${time}` })).toBe('ok');
    expect(verdict(check, SECRET, 'body', { 'x-signature': `t=${time}1,v1=${v1}` })).toBe('wrong');
    expect(verdict(check, SECRET, 'body', { 'x-signature': `v1=${v1}` })).toBe('missing');
    expect(verdict(check, SECRET, 'body', { 'x-signature': `t=${time}` })).toBe('missing');
    expect(verdict(check, SECRET, 'body', { 'x-signature': `t=${time},v1=${v1}` }, NOW + 181_000)).toBe('stale');
  });

  test.each([
    ['milliseconds', String(NOW)],
    ['a date', new Date(NOW).toISOString()],
  ])('a time-stamp in %s', (_, time) => {
    const check: HookCheck = { type: 'hmac', timestamp_header: 'X-Time', signed: '{timestamp}:{body}' };
    const headers = { 'x-time': time, 'x-signature': mac('sha256', `${time}:b`, 'hex') };
    expect(verdict(check, SECRET, 'b', headers)).toBe('ok');
    expect(verdict(check, SECRET, 'b', headers, NOW + 400_000)).toBe('stale');
  });

  test.each(['now', '', '1e3', '99999999999999999999'])('a signed time-stamp %p is no time', (time) => {
    const check: HookCheck = { type: 'hmac', timestamp_header: 'X-Time', signed: '{timestamp}:{body}' };
    const headers = { 'x-time': time, 'x-signature': mac('sha256', `${time}:b`, 'hex') };
    expect(verdict(check, SECRET, 'b', headers)).toBe(time === '' ? 'missing' : 'stale');
  });

  test('all ways to write a signature are the same one, so that none comes twice', () => {
    const hex = mac('sha256', 'b', 'hex');
    const of = (check: HookCheck, given: string) => {
      const headers = new Headers({ 'x-signature': given });
      return verifyCall(check, SECRET, { raw: Buffer.from('b'), headers, nowMs: NOW });
    };
    const base64: HookCheck = { type: 'hmac', encoding: 'base64' };
    const written = mac('sha256', 'b', 'base64');
    const all = [
      of({ type: 'hmac' }, hex),
      of({ type: 'hmac' }, hex.toUpperCase()),
      of(base64, written),
      of(base64, written.replace('=', '')),
    ];
    for (const each of all) expect(each).toEqual({ ok: true, signature: hex });
    for (const bad of [`${hex}00`, `${hex}0`, hex.slice(2), `${hex}zz`, 'é'])
      expect(of({ type: 'hmac' }, encodeURI(bad)).ok).toBe(false);
  });
});

test('secrets in headers', () => {
  const check: HookCheck = { type: 'secret_header', header: 'X-Token' };
  expect(verdict(check, 'abc', '', { 'x-token': 'abc' })).toBe('ok');
  expect(verdict(check, 'abc', '', { 'x-token': 'abd' })).toBe('wrong');
  expect(verdict(check, 'abc', '', {})).toBe('missing');
  const basic: HookCheck = { type: 'basic', username: 'u' };
  expect(verdict(basic, 'p:ü', '', { authorization: `basic ${Buffer.from('u:p:ü').toString('base64')}` })).toBe('ok');
  expect(verdict(basic, 'p', '', { authorization: `Basic ${btoa('v:p')}` })).toBe('wrong');
  expect(verdict(basic, 'p', '', { authorization: 'Bearer p' })).toBe('missing');
  expect(verdict({ type: 'none' }, '', '', {})).toBe('ok');
});
