import type { HookCheck } from '../../contract/hook.ts';
import { hmacOf, standardHmac } from './verify.ts';

/**
 * The headers by which `verifyCall` takes a call for the sender's: for calls that this server makes to its own hooks, to
 * try them out.
 * @param id of the call, in characters that a header may have
 */
export function signedHeaders(
  check: HookCheck,
  secret: string,
  { raw, id, nowMs }: { raw: Uint8Array; id: string; nowMs: number },
): Record<string, string> {
  const time = String(Math.floor(nowMs / 1000));
  switch (check.type) {
    case 'none':
      return {};
    case 'hmac':
      return hmacHeaders(check, secret, raw, time);
    case 'standard_webhooks':
      return {
        'webhook-id': id,
        'webhook-timestamp': time,
        'webhook-signature': `v1,${standardHmac(secret, raw, id, time).toString('base64')}`,
      };
    case 'secret_header':
      return { [check.header ?? 'X-Webhook-Secret']: secret };
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${check.username ?? ''}:${secret}`).toString('base64')}` };
  }
}

function hmacHeaders(check: HookCheck, secret: string, raw: Uint8Array, now: string): Record<string, string> {
  const { timestamp_part: timePart, timestamp_header: timeHeader, signature_part: part } = check;
  const time = timePart || timeHeader ? now : '';
  const written = (check.prefix ?? '') + hmacOf(check, secret, raw, time).toString(check.encoding ?? 'hex');
  const parts = [...(timePart ? [`${timePart}=${time}`] : []), `${part}=${written}`];
  return {
    [check.header ?? 'X-Signature']: part ? parts.join(',') : written,
    ...(timeHeader && !timePart ? { [timeHeader]: time } : {}),
  };
}
