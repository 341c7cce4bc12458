import { swagger } from '@elysiajs/swagger';
import { Elysia } from 'elysia';
import { ErrorBody } from '../../contract/error.ts';
import { VERSION } from '../../lib/version.ts';
import type { DocumentedRoute } from './openapi.ts';
import { cleanDocument } from './openapi-clean.ts';
import { INFO, sharedComponents, TAGS } from './openapi-components.ts';
import { OPERATIONS } from './openapi-operations.ts';
import type { JsonObject } from './openapi-schema.ts';

/** Where the plugin puts its page and its JSON, in an application of its own that nobody else can reach. */
const DRAFT_PATH = '/draft';

/**
 * The OpenAPI 3.1 document of these routes: drafted by the plugin from what each is documented as, then cleaned and completed.
 * @param serverUrl the origin it is reached at; null: wherever the document came from
 */
export async function openApiDocument(
  routes: readonly DocumentedRoute[],
  serverUrl: string | null,
): Promise<JsonObject> {
  const draft = await draftOf(routes, {
    openapi: '3.1.0',
    info: { ...INFO, version: VERSION },
    servers: [{ url: serverUrl ?? '/' }],
    tags: TAGS,
  });
  return cleanDocument(draft, { components: plain(sharedComponents()), contracts: [plain(ErrorBody)] });
}

async function draftOf(routes: readonly DocumentedRoute[], documentation: object): Promise<JsonObject> {
  const plugin = swagger({
    documentation,
    path: DRAFT_PATH,
    specPath: `${DRAFT_PATH}/json`,
    excludeStaticFile: false,
  });
  const reader = new Elysia({ normalize: false }).use(plugin);
  for (const { method, path, hooks } of routes)
    reader.route(method, path, () => null, { detail: detailOf(hooks.detail) });
  const response = await reader.handle(new Request(`http://localhost${DRAFT_PATH}/json`));
  return (await response.json()) as JsonObject;
}

/** What a route is documented as. One that names no operation stays bare, which no test lets pass. */
function detailOf(detail: DocumentedRoute['hooks']['detail']): object {
  const { operationId = '' } = detail ?? {};
  const known: Readonly<Record<string, object>> = OPERATIONS;
  return known[operationId] ?? detail ?? {};
}

/** Without the marks that only programs see. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
