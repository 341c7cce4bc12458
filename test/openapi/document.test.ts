import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SCOPE_OF } from '../../src/http/operations.ts';
import { VERSION } from '../../src/lib/version.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { type Document, documentOfRoutes, GOLDEN, goldenDocument, inLines, operationsOf } from './document.ts';

let api: TestApp;
let document: Document;
beforeAll(async () => {
  api = await testApp();
  document = (await (await get()).json()) as Document;
});
afterAll(() => api.close());

const get = (headers: Record<string, string> = {}) => api.call('GET', '/api/v1/openapi.json', { key: null, headers });

test('is the copy that changes are seen against: bun test/openapi/write-golden.ts writes it anew', async () => {
  expect(inLines(document)).toBe(await Bun.file(GOLDEN).text());
});

test('needs no key, and is kept until it changes', async () => {
  const first = await get();
  expect(first.status).toBe(200);
  expect(first.headers.get('content-type')).toBe('application/json');
  expect(first.headers.get('cache-control')).toBe('no-cache');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[0-9a-f]{16}"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await get({ 'if-none-match': known });
    expect({ known, status: again.status, body: await again.text() }).toEqual({ known, status: 304, body: '' });
    expect(again.headers.get('etag')).toBe(etag);
  }
  expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
});

test('says which version it is of, and where it is reached', async () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info.version).toBe(VERSION);
  expect(document.servers).toEqual([{ url: '/' }]);
  expect(await documentOfRoutes('https://leads.example.com')).toMatchObject({
    servers: [{ url: 'https://leads.example.com' }],
  });
});

test('has every route of the API, and no other', () => {
  const routes = api.app.routes.filter(({ path }) => path.startsWith('/api/v1/'));
  const asDocumented = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  const documented = operationsOf(document).map(({ method, path }) => `${method} ${path}`);
  expect(documented.length).toBeGreaterThan(8);
  expect(documented.sort()).toEqual(asDocumented.sort());
});

test('each operation asks for the scope that the server asks for', () => {
  const asked = operationsOf(document).map(({ operation }) => [operation.operationId, operation.security] as const);
  const wanted = Object.entries(SCOPE_OF).map(([id, scope]) => [id, [{ ApiKey: scope === null ? [] : [scope] }]]);
  expect(Object.fromEntries(asked)).toEqual(Object.fromEntries([...wanted, ['getOpenApi', []]]));
});

test('everything has words', () => {
  const mute: string[] = [];
  const look = (node: unknown, at: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, value] of Object.entries(node as Record<string, object>)) {
      if (['example', 'examples', 'default', 'enum', 'const', 'mapping'].includes(name)) continue;
      const place = `${at}/${name}`;
      if (at.endsWith('/properties') && !hasWords(value)) mute.push(place);
      look(value, place);
    }
  };
  look(document.components, '');
  for (const { method, path, operation } of operationsOf(document)) {
    const at = `${method} ${path}`;
    look(operation, at);
    if (!operation.tags.every((tag) => document.tags.some(({ name }) => name === tag))) mute.push(`${at} tag`);
    if (!operation.summary || !operation.description) mute.push(at);
    for (const each of operation.parameters ?? []) if (!each.$ref && !each.description) mute.push(`${at} ${each.name}`);
    for (const [status, each] of Object.entries(operation.responses)) {
      if (!each.$ref && !each.description) mute.push(`${at} ${status}`);
    }
  }
  expect(mute).toEqual([]);
});

/** Its own, those of the component it names, or of its one branch beside null. */
function hasWords(schema: { description?: string; $ref?: string; anyOf?: { $ref?: string }[] }): boolean {
  if (schema.description) return true;
  const $ref = schema.$ref ?? schema.anyOf?.find((each) => each.$ref)?.$ref;
  const component = document.components.schemas?.[$ref?.split('/').at(-1) ?? ''];
  return typeof component === 'object' && 'description' in component;
}

test('has only what the server takes and sends', () => {
  const text = JSON.stringify(goldenDocument());
  expect(text).not.toContain('multipart/form-data');
  expect(text).not.toContain('text/plain');
  expect(text).not.toContain('"nullable"');
  expect(text).not.toContain('"$id"');
  expect(text).not.toContain('/draft');
});
