import {
  CAPABILITIES_KEY,
  CODE,
  isModern,
  isObject,
  type JsonObject,
  LEGACY_VERSIONS,
  MODERN_VERSIONS,
  metaOf,
  type Problem,
  VERSION_HEADER,
  VERSION_KEY,
} from './wire.ts';

/**
 * What is wrong with what a modern request says of itself, in the order the revision has it: headers that are missing
 * or say something else than the body, then `_meta`, then the version. null: nothing.
 */
export function clientProblem(method: string, params: JsonObject, headers: Headers): Problem | null {
  const meta = metaOf(params);
  const version = meta[VERSION_KEY];
  const header = headers.get(VERSION_HEADER);
  if (header === null) return mismatch('The header MCP-Protocol-Version is missing.');
  if (version !== undefined && version !== header) return mismatch(`MCP-Protocol-Version is not ${VERSION_KEY}.`);
  const problem = headerProblem('Mcp-Method', headers, method) ?? nameProblem(method, params, headers);
  if (problem !== null) return problem;
  if (typeof version !== 'string') return missingMeta(VERSION_KEY, 'a string');
  if (!isObject(meta[CAPABILITIES_KEY])) return missingMeta(CAPABILITIES_KEY, 'an object');
  return isModern(version) ? null : unsupported(version, MODERN_VERSIONS);
}

/** A legacy request may leave its version out; it may not name one that is not served. */
export function legacyProblem(headers: Headers): Problem | null {
  const version = headers.get(VERSION_HEADER);
  if (version === null || LEGACY_VERSIONS.some((known) => known === version)) return null;
  return unsupported(version, [...MODERN_VERSIONS, ...LEGACY_VERSIONS]);
}

function nameProblem(method: string, { name }: JsonObject, headers: Headers): Problem | null {
  return method === 'tools/call' && typeof name === 'string' ? headerProblem('Mcp-Name', headers, name) : null;
}

function headerProblem(name: string, headers: Headers, wanted: string): Problem | null {
  const value = headers.get(name);
  if (value === null) return mismatch(`The header ${name} is missing.`);
  return decoded(value) === wanted ? null : mismatch(`The header ${name} says something else than the body.`);
}

const ENCODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** What a header says: as it is, or in the form for what headers can't hold. null: in that form, but broken. */
function decoded(value: string): string | null {
  if (!value.startsWith('=?base64?') || !value.endsWith('?=')) return value;
  const base64 = ENCODED.exec(value)?.[1];
  if (base64 === undefined) return null;
  const bytes = Buffer.from(base64, 'base64');
  // Only what says the same when it is written again: Buffer skips over what is no Base64.
  if (bytes.toString('base64') !== base64) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

const mismatch = (message: string): Problem => ({ status: 400, code: CODE.headerMismatch, message });

function missingMeta(key: string, what: string): Problem {
  return { status: 400, code: CODE.invalidParams, message: `\`params._meta\` must have \`${key}\`: ${what}.` };
}

function unsupported(requested: string, supported: readonly string[]): Problem {
  const message = `This server does not speak that version, but ${supported.join(', ')}.`;
  return { status: 400, code: CODE.unsupportedVersion, message, data: { supported, requested } };
}
