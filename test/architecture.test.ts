import { expect, test } from 'bun:test';
import { dirname, join, relative } from 'node:path';

/** Each room and those it may use. What is not named here is not allowed. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  config: ['lib'],
  contract: ['lib'],
  // The script for browsers: it takes types from the contract, and nothing else from anybody.
  sdk: ['contract'],
  store: ['lib', 'contract'],
  intake: ['lib', 'contract', 'store'],
  sheets: ['lib', 'contract', 'store'],
  accounts: ['lib', 'contract', 'store'],
  jobs: ['lib', 'contract', 'store', 'intake', 'sheets', 'accounts'],
  http: ['lib', 'contract', 'config', 'store', 'intake', 'sheets', 'accounts'],
  // The composition root: what puts the rooms together.
  'google-access': ['lib', 'config', 'store', 'sheets'],
  drivers: ['lib', 'config', 'store', 'sheets', 'google-access'],
  app: ['lib', 'contract', 'config', 'store', 'intake', 'sheets', 'accounts', 'jobs', 'http', 'drivers'],
  cli: ['lib', 'contract', 'config', 'store', 'intake', 'sheets', 'accounts', 'app', 'drivers', 'google-access'],
  main: ['lib', 'config', 'cli', 'store', 'app'],
};
/** Packages that belong to one room alone. */
const OWNED: Readonly<Record<string, string>> = {
  elysia: 'http',
  '@elysiajs/swagger': 'http',
  'bun:sqlite': 'store',
  'drizzle-orm': 'store',
  'google-auth-library': 'sheets',
  'openid-client': 'accounts',
};

const src = join(import.meta.dir, '../src');
const files = [...new Bun.Glob('**/*.{ts,tsx}').scanSync(src)].filter((file) => !file.endsWith('.d.ts'));
const roomOf = (file: string) => file.split('/')[0]?.replace(/\.tsx?$/, '') ?? '';

async function importsOf(file: string): Promise<string[]> {
  const source = await Bun.file(join(src, file)).text();
  // Types leave no import behind, but a room that needs another's types depends on it all the same.
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

test('rooms use only the rooms below them', async () => {
  const wrong: string[] = [];
  for (const file of files) {
    for (const path of await importsOf(file)) {
      const room = roomOf(file);
      if (path.startsWith('.')) {
        const target = relative(src, join(src, dirname(file), path));
        const other = roomOf(target);
        if (target.startsWith('..')) continue;
        if (other !== room && !ROOMS[room]?.includes(other)) wrong.push(`${file} uses ${target}`);
      } else {
        const owner = Object.entries(OWNED).find(([name]) => path === name || path.startsWith(`${name}/`))?.[1];
        if (owner !== undefined && owner !== room) wrong.push(`${file} uses ${path}, which belongs to ${owner}`);
      }
    }
  }
  expect(files.length).toBeGreaterThan(30);
  expect(wrong).toEqual([]);
});

test('http never reaches into the SQLite store', async () => {
  const wrong: string[] = [];
  for (const file of files.filter((each) => ['http', 'intake', 'sheets', 'jobs'].includes(roomOf(each)))) {
    for (const path of await importsOf(file)) if (path.includes('store/sqlite')) wrong.push(`${file} uses ${path}`);
  }
  expect(wrong).toEqual([]);
});

test('no file is called utils, and only main ends the process', async () => {
  expect(files.filter((file) => /(^|\/)utils\.tsx?$/.test(file))).toEqual([]);
  const ending: string[] = [];
  for (const file of files) {
    if (/process\.exit\(/.test(await Bun.file(join(src, file)).text())) ending.push(file);
  }
  expect(ending.filter((file) => file !== 'main.ts')).toEqual([]);
});

test('every page names what its JSX is made with: else Bun asks the tsconfig.json of the folder it is started in', async () => {
  const pages = files.filter((file) => file.endsWith('.tsx'));
  const first = await Promise.all(pages.map((file) => Bun.file(join(src, file)).slice(0, 60).text()));
  expect(pages.length).toBeGreaterThan(30);
  expect(pages.filter((_, i) => !first[i]?.startsWith('/** @jsxImportSource preact */\n'))).toEqual([]);
});

test('the script for browsers takes only types from the server, and knows nothing of Bun', async () => {
  const wrong: string[] = [];
  for (const file of files.filter((each) => roomOf(each) === 'sdk')) {
    const source = await Bun.file(join(src, file)).text();
    const { imports } = new Bun.Transpiler({ loader: 'ts' }).scan(source);
    for (const { path } of imports) if (!path.startsWith('./')) wrong.push(`${file} uses ${path}`);
    if (/\b(?:Bun|process|Buffer)\./.test(source)) wrong.push(`${file} needs Bun`);
  }
  expect(wrong).toEqual([]);
});
