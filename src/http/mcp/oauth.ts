import { Elysia } from 'elysia';
import type { Scope } from '../../contract/key.ts';
import type { AppError } from '../../lib/errors.ts';
import { type Answer, sendJson } from '../json.ts';

/** Where the endpoint is. */
export const MCP_PATH = '/api/mcp';
const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The least that makes a client useful. */
const SCOPES_TO_START: readonly Scope[] = ['submissions:read', 'forms:read'];

/** The words reach the user of a client that looks for a sign-in here. */
const NO_SIGN_IN =
  'This server has no OAuth sign-in. Create an API key under Sources, REST API, or with `leadtosheet key create`, and send it as Authorization: Bearer lts_...';

/**
 * What clients ask for that got a 401: who guards this address (RFC 9728), and where to register (RFC 7591). There is
 * no authorization server, so none is named; keys are the specification's "custom authentication".
 * @param publicUrl an origin; what the client shows has to be what the user typed, so never the request's own Host
 */
export function oauthRoutes(publicUrl: () => string) {
  const metadata = ({ set }: { set: unknown }) => sendJson(set as Answer, metadataOf(publicUrl()));
  return new Elysia()
    .get(METADATA_PATH, metadata)
    .get(`${METADATA_PATH}${MCP_PATH}`, metadata)
    .post(
      '/register',
      ({ set }) => {
        set.status = 400;
        return sendJson(set as Answer, { error: 'invalid_client_metadata', error_description: NO_SIGN_IN });
      },
      { parse: 'none' },
    );
}

function metadataOf(publicUrl: string) {
  return {
    resource: `${publicUrl}${MCP_PATH}`,
    scopes_supported: SCOPES_TO_START,
    bearer_methods_supported: ['header'],
    resource_name: 'LeadToSheet',
    resource_documentation: `${publicUrl}/docs/mcp`,
  };
}

/**
 * `WWW-Authenticate` of a 401 or 403 at this endpoint. RFC 6750, 3: without a key there is no error to name.
 * @param sentKey whether the request had an Authorization header
 */
export function mcpChallenge(error: AppError, publicUrl: string, sentKey: boolean): string {
  const metadata = `resource_metadata="${publicUrl}${METADATA_PATH}${MCP_PATH}"`;
  if (error.code === 'insufficient_scope') {
    return `Bearer error="insufficient_scope", scope="${error.options.scope ?? ''}", ${metadata}`;
  }
  const start = `Bearer ${metadata}, scope="${SCOPES_TO_START.join(' ')}"`;
  return sentKey ? `${start}, error="invalid_token", error_description="${headerText(error.message)}"` : start;
}

/** The characters that RFC 6750, 3 has for it. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '');
}
