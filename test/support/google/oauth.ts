import type { World } from './world.ts';

/** The token endpoint and revocation; `consent.ts` is the page that people see. */

export interface Page {
  status: number;
  body: unknown;
  contentType?: string;
  headers?: Record<string, string>;
  message?: string;
}

export function answerToken(world: World, form: URLSearchParams, authorization: string | undefined): Page {
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (basic !== undefined && !form.has('client_id')) {
    const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(':');
    form.set('client_id', decodeURIComponent(id));
    form.set('client_secret', decodeURIComponent(secret));
  }
  const { status, body } = world.tokens.exchange(form);
  const { error, error_description: why } = body;
  return { status, body, ...(error === undefined ? {} : { message: `${String(error)}: ${String(why)}` }) };
}

export function answerRevoke(world: World, form: URLSearchParams): Page {
  if (world.tokens.revoke(form.get('token') ?? '')) return { status: 200, body: {} };
  return { status: 400, body: { error: 'invalid_token', error_description: 'Token expired or revoked' } };
}
