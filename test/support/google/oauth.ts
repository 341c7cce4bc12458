import type { World } from './world.ts';

/** The three OAuth pages: the consent screen (which answers by itself), the token endpoint, and revocation. */

interface Page {
  status: number;
  body: unknown;
  contentType?: string;
  headers?: Record<string, string>;
  message?: string;
}

const page = (status: number, error: string): Page => ({
  status,
  body: `<!DOCTYPE html><title>Sign in - Google Accounts</title><p>Error ${status}: ${error}`,
  contentType: 'text/html; charset=UTF-8',
  message: error,
});

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

/** The consent screen: the simulated person says yes or no at once, and the browser is sent back. */
export function answerAuth(world: World, query: URLSearchParams): Page {
  const clientId = query.get('client_id') ?? '';
  const client = world.tokens.client(clientId);
  if (!client) return page(401, 'invalid_client');
  if (client.deleted) return page(401, 'deleted_client');
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!client.redirectUris.includes(redirectUri)) return page(400, 'redirect_uri_mismatch');
  if (query.get('response_type') !== 'code') return page(400, 'unsupported_response_type');
  const scopes = (query.get('scope') ?? '').split(' ').filter(Boolean);
  if (scopes.length === 0) return page(400, 'invalid_request: Missing required parameter: scope');
  const granted = world.tokens.authorize({
    clientId,
    redirectUri,
    scopes,
    challenge: query.get('code_challenge') ?? undefined,
    challengeMethod: query.get('code_challenge_method') ?? undefined,
    offline: query.get('access_type') === 'offline',
    forceConsent: (query.get('prompt') ?? '').split(' ').includes('consent'),
  });
  const back = new URL(redirectUri);
  const state = query.get('state');
  if (state !== null) back.searchParams.set('state', state);
  if (granted === 'denied') back.searchParams.set('error', 'access_denied');
  else {
    back.searchParams.set('code', granted.code);
    back.searchParams.set('scope', granted.scopes.join(' '));
  }
  return { status: 302, body: undefined, headers: { location: back.href } };
}
