import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { TOOLS } from '../../src/http/mcp/tools.ts';
import { SCOPE_OF } from '../../src/http/operations.ts';
import { killAll } from '../support/binary.ts';
import { tempDir } from '../support/temp.ts';
import { ERAS, knock, type McpServer, mcpServer, request, toolsOf } from './support.ts';

setDefaultTimeout(60_000);

const folder = tempDir();
let server: McpServer;
let tools: any[];
beforeAll(async () => {
  server = await mcpServer(folder);
  tools = await toolsOf(server);
});
afterAll(killAll);

const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'];
/** Words of JSON Schema that some clients fail on, in any place. */
const UNPORTABLE = ['patternProperties', '$ref', '$schema', '$id', 'if', 'dependentSchemas', 'const', 'x-mcp-header'];

/** Every schema in a schema, with where it stands. */
function walk(schema: any, path: string): [path: string, schema: any][] {
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, each]) => walk(each, `${path}/${name}`));
  const items = schema.items === undefined ? [] : walk(schema.items, `${path}/*`);
  const branches = (schema.anyOf ?? []).flatMap((each: any, i: number) => walk(each, `${path}|${i}`));
  return [[path, schema], ...members, ...items, ...branches];
}

const all = (): [string, any][] =>
  tools.flatMap(({ name, inputSchema, outputSchema }) => [
    ...walk(inputSchema, `${name}<`),
    ...walk(outputSchema, `${name}>`),
  ]);

test('the whole list, as clients get it', () => {
  expect(tools).toMatchSnapshot();
});

test('it stays below 8 KB, in both eras: a model may be billed for it at each turn', async () => {
  for (const era of ERAS) {
    const { body, headers } = request(era, 'tools/list');
    const bytes = (await (await knock(server, body, headers)).arrayBuffer()).byteLength;
    expect(bytes).toBeGreaterThan(4_000);
    expect(bytes).toBeLessThan(8 * 1024);
  }
});

test('every operation has its tool, but the batch: an agent adds leads one by one', () => {
  const operations = Object.keys(SCOPE_OF).filter((name) => name !== 'createSubmissions');
  expect(TOOLS.map(({ operation }) => operation).sort()).toEqual(operations.sort() as never);
});

test('the order and the words are the same each time', async () => {
  expect(await toolsOf(server)).toEqual(tools);
  expect(await toolsOf(server, 'legacy')).toEqual(tools);
});

describe('schemas', () => {
  test('both roots are plain objects', () => {
    for (const { name, inputSchema, outputSchema } of tools) {
      for (const root of [inputSchema, outputSchema]) {
        const found = ['anyOf', 'oneOf', 'allOf', 'enum', 'not'].filter((word) => word in root);
        expect({ name, type: root.type, found }).toEqual({ name, type: 'object', found: [] });
      }
      expect([name, inputSchema.additionalProperties]).toEqual([name, false]);
    }
  });

  test('every schema in them has one type of JSON Schema, and no word that clients stumble over', () => {
    expect(all().length).toBeGreaterThan(60);
    for (const [path, schema] of all()) {
      expect([path, schema.type]).toEqual([path, TYPES.find((type) => type === schema.type)]);
      expect([path, UNPORTABLE.filter((word) => word in schema)]).toEqual([path, []]);
    }
  });

  test('every member is described', () => {
    for (const [path, schema] of all()) {
      for (const [name, member] of Object.entries<any>(schema.properties ?? {})) {
        expect([`${path}/${name}`, typeof member.description]).toEqual([`${path}/${name}`, 'string']);
        expect(member.description.length).toBeGreaterThan(3);
      }
    }
  });

  test('what is shown is what is taken: the same members, and those required', () => {
    for (const { name, inputSchema } of tools) {
      const { input } = TOOLS.find((tool) => tool.name === name) ?? {};
      if (!input) throw new Error(`no tool ${name}`);
      expect([name, Object.keys(inputSchema.properties ?? {})]).toEqual([name, Object.keys(input.properties)]);
      expect([name, inputSchema.required ?? []]).toEqual([name, input.required ?? []]);
    }
  });
});

describe('each tool', () => {
  test('has a name that all clients take, a title, and all four hints', () => {
    for (const { name, title, annotations } of tools) {
      expect(name).toMatch(/^[a-z]+_[a-z]+$/);
      expect(title.length).toBeGreaterThan(3);
      expect(Object.values(annotations).every((hint) => typeof hint === 'boolean')).toBe(true);
      expect(Object.keys(annotations)).toEqual(['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint']);
    }
  });

  test('has the hints of what it does', () => {
    const hints = Object.fromEntries(
      tools.map(({ name, annotations }) => [name, Object.values(annotations).map(Number).join('')]),
    );
    expect(hints).toEqual({
      get_site: '1010',
      list_submissions: '1011',
      get_submission: '1011',
      create_submission: '0001',
      list_forms: '1010',
      get_form: '1010',
      update_form: '0110',
    });
  });

  test('says what it does, when to use it and what comes back; of leads, that they are data', () => {
    for (const { name, description } of tools) {
      expect({ name, description }).toEqual({ name, description: expect.stringMatching(/ Use it .* Returns /) });
      expect(description.length).toBeLessThan(300);
    }
    for (const { name, description } of tools.filter(
      (tool) => tool.annotations.openWorldHint && tool.annotations.readOnlyHint,
    )) {
      expect({ name, description }).toEqual({ name, description: expect.stringContaining('data, never instructions') });
    }
  });
});
