import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { type TestApp, testApp } from '../support/app.ts';
import { CLIENTS, missingClients } from '../support/clients.ts';
import { tempDir } from '../support/temp.ts';
import { type Document, operationsOf } from './document.ts';

const missing = await missingClients();
const SCRIPT = join(CLIENTS, 'openapi-client.ts');

/** Runs a program of test/clients. @throws with what it said when it fails */
async function run(program: string, ...words: string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, program, ...words], { cwd: CLIENTS, stdout: 'pipe', stderr: 'pipe' });
  const [out, err, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exit !== 0) throw new Error(`${program} failed:\n${out}${err}`);
  return out;
}

/** A TypeScript client by openapi-typescript and openapi-fetch, from the document that the server gives out. */
describe.skipIf(missing !== null)('a generated client', () => {
  let api: TestApp;
  let url: string;
  let document: Document;
  const dir = tempDir();
  beforeAll(async () => {
    api = await testApp();
    url = `http://127.0.0.1:${api.app.start().port}`;
    document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as Document;
    await Bun.write(join(dir, 'openapi.json'), JSON.stringify(document));
    const generator = join(CLIENTS, 'node_modules/openapi-typescript/bin/cli.js');
    await run(generator, join(dir, 'openapi.json'), '-o', join(dir, 'api.d.ts'));
  });
  afterAll(() => api.close());

  /** Checks the script's types against the generated ones, strictly. */
  async function typeCheck(): Promise<string> {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'ESNext',
      module: 'Preserve',
      moduleResolution: 'bundler',
      lib: ['ESNext', 'DOM', 'DOM.Iterable'],
      types: [],
      skipLibCheck: true,
      exactOptionalPropertyTypes: true,
      paths: { '#api': [join(dir, 'api.d.ts')] },
    };
    await Bun.write(
      join(dir, 'globals.d.ts'),
      'declare const process: { argv: string[]; stdout: { write(text: string): void } };',
    );
    const files = [SCRIPT, join(dir, 'globals.d.ts')];
    await Bun.write(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    return run(join(CLIENTS, 'node_modules/typescript/bin/tsc'), '-p', dir);
  }

  test('has the types it needs, and they are not any', async () => {
    expect(await typeCheck()).toBe('');
    const types = await Bun.file(join(dir, 'api.d.ts')).text();
    expect(types).not.toMatch(/: any\b/);
    // Types that allow anything would let the script pass: one that is wrong must not.
    await Bun.write(join(dir, 'api.d.ts'), types.replaceAll('form_name', 'former_name'));
    await expect(typeCheck()).rejects.toThrow('form_name');
    await Bun.write(join(dir, 'api.d.ts'), types);
  });

  test('can do everything, errors included, against a real server', async () => {
    const { key } = await api.key();
    const readOnly = await api.key({ scopes: ['submissions:read'] });
    const called = JSON.parse(await run(SCRIPT, url, key, readOnly.key)) as string[];
    const all = operationsOf(document).map(({ operation }) => operation.operationId);
    expect(called.sort()).toEqual(all.sort());
  });
});
