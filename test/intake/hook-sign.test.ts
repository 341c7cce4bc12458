import { describe, expect, test } from 'bun:test';
import type { HookCheck } from '../../src/contract/hook.ts';
import { compileMapping } from '../../src/intake/hooks/mapping.ts';
import { sampleBody } from '../../src/intake/hooks/sample.ts';
import { signedHeaders } from '../../src/intake/hooks/sign.ts';
import { verifyCall } from '../../src/intake/hooks/verify.ts';

const NOW = 1_614_265_330_000;
const raw = new TextEncoder().encode('{"a":"ü"}');

const CHECKS: readonly HookCheck[] = [
  { type: 'none' },
  { type: 'hmac' },
  { type: 'hmac', header: 'X-Mac', algorithm: 'sha512', encoding: 'base64', prefix: 'sha512=' },
  { type: 'hmac', timestamp_header: 'X-Time', signed: '{timestamp}.{body}' },
  { type: 'hmac', timestamp_part: 't', signature_part: 'v1', prefix: 'x', signed: 'v0:{timestamp}:{body}!' },
  { type: 'hmac', signature_part: 'sig' },
  { type: 'standard_webhooks' },
  { type: 'secret_header', header: 'X-Token' },
  { type: 'secret_header' },
  { type: 'basic', username: 'shop' },
  { type: 'basic' },
];

test.each(CHECKS)('a call of our own passes the check %j, with its secret and body alone', (check) => {
  const headers = new Headers(signedHeaders(check, 'c2VjcmV0', { raw, id: 'call-1', nowMs: NOW }));
  const verify = (secret: string, body = raw, nowMs = NOW) =>
    verifyCall(check, secret, { raw: body, headers, nowMs }).ok;
  expect(verify('c2VjcmV0')).toBe(true);
  const isKeyless = check.type === 'none';
  expect(verify('b3RoZXI=')).toBe(isKeyless);
  const isSigned = check.type === 'hmac' || check.type === 'standard_webhooks';
  expect(verify('c2VjcmV0', new TextEncoder().encode('{}'))).toBe(!isSigned);
});

describe('the body of a call of our own', () => {
  const lead = { id: 'x1', name: 'Test lead', email: 'alice@example.com', message: 'Hello', nowMs: NOW };
  const check = { type: 'none' } as const;
  const bodyFor = (paths: readonly [field: string, path: string][], rest = false, eventPath: string | null = null) => {
    const mapping = { rows: paths.map(([field, path]) => ({ field, path })), rest };
    const body = sampleBody({ kind: 'webhook', mapping, settings: { check, eventHeader: null, eventPath } }, lead);
    return { body, fields: compileMapping(mapping)(Array.isArray(body) ? body[0] : body) };
  };

  test('without a mapping it is the lead', () => {
    expect(bodyFor([]).body).toEqual({ Name: 'Test lead', Email: 'alice@example.com', Message: 'Hello' });
  });

  test('a mapping finds each of its fields in it', () => {
    const { body, fields } = bodyFor([
      ['E-mail', 'data.contact.email'],
      ['Name', 'data.contact["full name"]'],
      ['Answers', 'data.answers[*].text'],
      ['Third', 'data.answers[2].text'],
    ]);
    expect(fields).toMatchObject({ 'E-mail': 'alice@example.com', Name: 'Test lead', Third: 'Test lead' });
    expect(fields.Answers).toEqual(['Test lead', 'Test lead']);
    expect(body).toMatchObject({ data: { contact: { email: 'alice@example.com' } } });
  });

  test('a body that is a list is one lead, an event has its id, and what can’t be there together is left out', () => {
    expect(bodyFor([['First', '[1].x']])).toEqual({
      body: [[null, { x: 'Test lead' }, { test_id: 'x1' }]],
      fields: { First: 'Test lead' },
    });
    expect(bodyFor([['A', 'a']], true, 'event.id').body).toMatchObject({
      a: 'Test lead',
      event: { id: 'x1' },
      Name: 'Test lead',
    });
    expect(
      bodyFor([
        ['A', 'a'],
        ['B', 'a.b'],
        ['C', 'a[0]'],
        ['D', '__proto__.x'],
      ]).fields,
    ).toEqual({ A: 'Test lead', D: 'Test lead' });
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});
