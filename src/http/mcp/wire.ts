/*
 * Words of the protocol that more than one file needs. Specification: modelcontextprotocol.io, revisions 2025-03-26 to
 * 2026-07-28.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Revisions that say their version with every request. */
export const MODERN_VERSIONS = ['2026-07-28'] as const;
/** Revisions that begin with `initialize`, the newest first. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;

export type Era = 'legacy' | 'modern';

/** JSON-RPC's own codes, and those of the revision 2026-07-28. */
export const CODE = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  headerMismatch: -32020,
  unsupportedVersion: -32022,
} as const;

/** Why a message has no result: an error of JSON-RPC, and the status it goes with. */
export interface Problem {
  status: number;
  code: number;
  message: string;
  data?: JsonObject;
}

export const VERSION_HEADER = 'mcp-protocol-version';
export const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
export const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';

/** `params._meta`, empty where there is none. */
export function metaOf({ _meta: meta }: JsonObject): JsonObject {
  return isObject(meta) ? meta : {};
}

/** Which era a request belongs to: it says so itself, in one of three ways; all else is legacy. */
export function eraOf(method: string, params: JsonObject, headers: Headers): Era {
  if (metaOf(params)[VERSION_KEY] !== undefined || method === 'server/discover') return 'modern';
  return isModern(headers.get(VERSION_HEADER)) ? 'modern' : 'legacy';
}

export function isModern(version: unknown): boolean {
  return MODERN_VERSIONS.some((known) => known === version);
}
