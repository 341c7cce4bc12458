import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGuard } from '../../src/http/api/guard.ts';
import { openApiDocument } from '../../src/http/api/openapi-document.ts';
import { apiV1 } from '../../src/http/api/v1.ts';
import type { Auth } from '../../src/http/auth.ts';
import type { Operations } from '../../src/http/operations.ts';

/** The copy that changes are seen against; `bun test/openapi/write-golden.ts` writes it anew. */
export const GOLDEN = join(import.meta.dir, '../golden/openapi.json');

export interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { summary: string; value: unknown }>;
}

export interface Reply {
  $ref?: string;
  description: string;
  headers?: Record<string, { $ref?: string; required?: boolean; description?: string; schema?: object }>;
  content?: Record<string, Media>;
}

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { $ref?: string; name: string; in: string; description?: string; schema: object }[];
  requestBody?: { description: string; content: Record<string, Media> };
  responses: Record<string, Reply>;
}

export interface Document {
  openapi: string;
  info: { version: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, object>>;
}

/** The document of the routes alone, as a server answers it that has no public address. */
export function documentOfRoutes(serverUrl: string | null = null): Promise<object> {
  // None of these is asked anything before a request comes.
  const nobody = {} as Auth;
  const api = apiV1({ guard: createGuard(nobody), recheck: nobody.recheck, operations: {} as Operations, serverUrl });
  return openApiDocument(api.routes, serverUrl);
}

/** In lines, so that changes can be seen. */
export const inLines = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

export const goldenDocument = (): Document => JSON.parse(readFileSync(GOLDEN, 'utf8')) as Document;

/** Every operation with where it is. */
export function operationsOf({ paths }: Document): { method: string; path: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}
