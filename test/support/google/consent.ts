import type { Page } from './oauth.ts';
import { type CodeRequest, type Consent, KNOWN_SCOPES, long, short } from './token-types.ts';
import type { World } from './world.ts';

/**
 * The consent screen. A simulated person answers it at once, unless `consent({ ask: true })` leaves that to whoever
 * looks at the page. Refused before anybody is asked: whatever Google tells on a page of its own, because it can't be
 * sure where to send the browser back to (RFC 6749 4.1.2.1).
 */

const html = (status: number, title: string, body: string, message?: string): Page => ({
  status,
  body: `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:10vh auto;padding:0 1rem;color-scheme:light dark}
label{display:block;margin:.75rem 0}button{font:inherit;padding:.5rem 1.5rem;margin:1rem .5rem 0 0}small{opacity:.7}</style>
${body}</html>`,
  contentType: 'text/html; charset=UTF-8',
  ...(message === undefined ? {} : { message }),
});

const refused = (status: number, error: string): Page =>
  html(status, 'Sign in - Google Accounts', `<h1>Access blocked</h1><p>Error ${status}: ${error}`, error);

/** `GET /auth`, what a browser is sent to. */
export function answerAuth(world: World, query: URLSearchParams): Page {
  const asked = readRequest(world, query);
  if ('status' in asked) return asked;
  const { consent } = world.tokens;
  if (consent.policy === 'page') return refused(400, 'admin_policy_enforced');
  if (consent.policy === 'redirect') return sendBack(asked, { error: 'admin_policy_enforced' });
  if (world.tokens.asks(asked)) return consentPage(asked, consent, query);
  return decide(world, asked, consent);
}

/** `POST /auth`: somebody has pressed a button of the page. */
export function answerDecision(world: World, form: URLSearchParams): Page {
  const asked = readRequest(world, new URLSearchParams(form.get('request') ?? ''));
  if ('status' in asked) return asked;
  const ticked = new Set(form.getAll('scope'));
  return decide(world, asked, {
    email: form.get('email') ?? '',
    deny: form.get('answer') !== 'allow',
    untick: asked.scopes.filter((scope) => isOptional(scope) && !ticked.has(scope)),
  });
}

function readRequest(world: World, query: URLSearchParams): CodeRequest | Page {
  const clientId = query.get('client_id') ?? '';
  const client = world.tokens.client(clientId);
  if (!client) return refused(401, 'invalid_client');
  if (client.deleted) return refused(401, 'deleted_client');
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!client.redirectUris.includes(redirectUri)) return refused(400, 'redirect_uri_mismatch');
  if (query.get('response_type') !== 'code') return refused(400, 'unsupported_response_type');
  const scopes = (query.get('scope') ?? '').split(' ').filter(Boolean);
  if (scopes.length === 0) return refused(400, 'invalid_request: Missing required parameter: scope');
  const unknown = scopes.filter((scope) => !KNOWN_SCOPES.has(short(scope)));
  if (unknown.length > 0) return refused(400, `invalid_scope: [${unknown.map(escaped).join(', ')}]`);
  const method = query.get('code_challenge_method') ?? undefined;
  if (method !== undefined && method !== 'S256' && method !== 'plain') {
    return refused(400, 'invalid_request: Invalid code_challenge_method');
  }
  return {
    clientId,
    redirectUri,
    scopes,
    challenge: query.get('code_challenge') ?? undefined,
    challengeMethod: method,
    state: query.get('state'),
    offline: query.get('access_type') === 'offline',
    forceConsent: (query.get('prompt') ?? '').split(' ').includes('consent'),
  };
}

function decide(world: World, asked: CodeRequest, consent: Consent): Page {
  const granted = world.tokens.authorize(asked, consent);
  if (granted === 'denied') return sendBack(asked, { error: 'access_denied' });
  return sendBack(asked, { code: granted.code, scope: granted.scopes.join(' ') });
}

/** The browser goes back to exactly the address that was asked for, with the state that it came with. */
function sendBack({ redirectUri, state }: CodeRequest, answer: Readonly<Record<string, string>>): Page {
  const back = new URL(redirectUri);
  if (state !== null) back.searchParams.set('state', state);
  for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
  return { status: 302, body: undefined, headers: { location: back.href } };
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);

/** What signing in takes can't be unticked. */
const isOptional = (scope: string): boolean => !['openid', 'email', 'userinfo.email'].includes(short(scope));

const MEANINGS: Readonly<Record<string, string>> = {
  'drive.file': 'See, edit, create and delete only the specific Google Drive files you use with this app',
  spreadsheets: 'See, edit, create and delete all your Google Sheets spreadsheets',
};

function consentPage({ scopes, clientId }: CodeRequest, { email }: Consent, query: URLSearchParams): Page {
  const optional = scopes.filter(isOptional);
  // As Google has it: one right is allowed or not; of several each has a box, and none is ticked.
  const box = optional.length === 1 ? 'checked' : '';
  const boxes = optional.map(
    (scope) =>
      `<label><input type="checkbox" name="scope" value="${escaped(scope)}" ${box}> ${escaped(MEANINGS[short(scope)] ?? long(short(scope)))}</label>`,
  );
  return html(
    200,
    'Sign in - Google Accounts (stand-in)',
    `<h1>LeadToSheet wants access to your Google Account</h1>
<p><small>This is a stand-in for Google. Client ${escaped(clientId)}</small>
<form method="post" action="/auth"><input type="hidden" name="request" value="${escaped(query.toString())}">
<label>Account <input name="email" type="email" value="${escaped(email)}" required></label>
${boxes.join('\n')}
<button name="answer" value="allow">Allow</button><button name="answer" value="deny" formnovalidate>Cancel</button></form>`,
  );
}
