import { expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { MapOf, Nullable, OneOf } from '../../src/contract/schema.ts';
import { cleanDocument } from '../../src/http/api/openapi-clean.ts';
import type { JsonObject } from '../../src/http/api/openapi-schema.ts';

const plain = (value: object) => JSON.parse(JSON.stringify(value)) as JsonObject;

/** The document of one operation whose request or answer has this contract. */
function documentOf(contract: object, where: 'request' | 'answer' = 'answer') {
  const media = { content: { 'application/json': { schema: contract }, 'multipart/form-data': {}, 'text/plain': {} } };
  const operation = where === 'request' ? { requestBody: media } : { responses: { 200: media } };
  const draft = {
    openapi: '3.1.0',
    paths: {
      '/api/v1/things': { post: { parameters: [], ...operation, operationId: 'x' }, head: {}, options: {} },
      '/api/v1/:hidden': {},
      '/docs/api': { get: {} },
      '/draft/json': { get: {} },
    },
    components: { schemas: { Invented: {} } },
  };
  return cleanDocument(plain(draft), { components: {}, contracts: [] }) as any;
}

function schemaOf(contract: object, where: 'request' | 'answer' = 'answer') {
  const document = documentOf(contract, where);
  const { post } = document.paths['/api/v1/things'];
  const { content } = where === 'request' ? post.requestBody : post.responses['200'];
  return { schema: content['application/json'].schema, components: document.components.schemas };
}

test('of what the plugin makes only the paths, methods and types of the API are kept', () => {
  const document = documentOf(Type.String());
  expect(Object.keys(document.paths)).toEqual(['/api/v1/things', '/api/v1/:hidden']);
  expect(Object.keys(document.paths['/api/v1/things'])).toEqual(['post']);
  const { post } = document.paths['/api/v1/things'];
  expect(Object.keys(post)).toEqual(['operationId', 'parameters', 'responses']);
  expect(Object.keys(post.responses['200'].content)).toEqual(['application/json']);
  expect(document.components.schemas).toEqual({});
});

test('what has a name becomes a component, once, wherever it stands', () => {
  const Inner = Type.Object({ a: Type.String() }, { $id: 'Inner' });
  const Outer = Type.Object({ one: Inner, many: Type.Array(Inner), maybe: Nullable(Inner) }, { $id: 'Outer' });
  const { schema, components } = schemaOf(MapOf(Outer));
  const $ref = '#/components/schemas/Inner';
  expect(schema).toEqual({ type: 'object', additionalProperties: { $ref: '#/components/schemas/Outer' } });
  expect(Object.keys(components)).toEqual(['Inner', 'Outer']);
  expect(components.Outer.properties).toEqual({
    one: { $ref },
    many: { type: 'array', items: { $ref } },
    maybe: { anyOf: [{ $ref }, { type: 'null' }] },
  });
  expect(JSON.stringify(components)).not.toContain('$id');
});

test('or null is a second type, also of words', () => {
  expect(schemaOf(Nullable(Type.String({ description: 'A text.' }))).schema).toEqual({
    type: ['string', 'null'],
    description: 'A text.',
  });
  expect(schemaOf(Nullable(OneOf(['a', 'b'], 'A word.'))).schema).toEqual({
    type: ['string', 'null'],
    enum: ['a', 'b', null],
    description: 'A word.',
  });
  expect(schemaOf(Type.Union([Type.String(), Type.Number(), Type.Null()])).schema).toEqual({
    type: ['string', 'number', 'null'],
  });
  const limits = Type.Union([Type.String({ maxLength: 3 }), Type.Number()]);
  expect(schemaOf(limits).schema).toEqual({ anyOf: [{ type: 'string', maxLength: 3 }, { type: 'number' }] });
});

test('a request may have no other members; an answer may get more', () => {
  const contract = Type.Object({ a: Type.String() }, { additionalProperties: false });
  expect(schemaOf(contract, 'request').schema.additionalProperties).toBe(false);
  expect(schemaOf(contract, 'answer').schema).not.toHaveProperty('additionalProperties');
});

test('objects that a fixed member tells apart say so', () => {
  const kind = (name: string) => Type.Object({ kind: Type.Literal(name) }, { $id: name });
  expect(schemaOf(Type.Union([kind('A'), kind('B')])).schema).toEqual({
    oneOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }],
    discriminator: {
      propertyName: 'kind',
      mapping: { A: '#/components/schemas/A', B: '#/components/schemas/B' },
    },
  });
  const other = Type.Object({ sort: Type.Literal('C') }, { $id: 'C' });
  expect(schemaOf(Type.Union([kind('A'), other])).schema).toHaveProperty('anyOf');
});
