import { cpus } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/binary.ts';
import { batches, singlePosts, startEcho } from './intake.ts';
import { lists } from './lists.ts';
import { mcpCalls } from './mcp.ts';
import { pages } from './pages.ts';
import { backlog, loneLead } from './sheets.ts';
import { benchDir, type Result } from './tools.ts';

/*
 * `bun run bench [part …]`: measures the targets on the machine at hand and writes test/bench/latest.md. The compiled
 * program on a fresh folder on disk, driven from other processes, with everything on; figures are ratios within one
 * run wherever a machine's speed would otherwise decide. Parts: single, batch, lists, pages, lone, backlog, mcp.
 * About eighteen minutes.
 */

const ROOT = join(import.meta.dir, '../..');
const MILLION = 1_000_000;

/** The flags of the build script, without the entry and the output: the echo is compiled like the product. */
async function buildFlags(): Promise<string[]> {
  const { scripts } = (await Bun.file(join(ROOT, 'package.json')).json()) as { scripts: Record<string, string> };
  return (scripts.build ?? '').split(' ').filter((word) => word.startsWith('--') && word !== '--outfile');
}

async function single(): Promise<Result[]> {
  const echo = await startEcho(await buildFlags());
  const server = await startServer({ dir: benchDir() });
  const results = await singlePosts(server, echo);
  server.kill('SIGTERM');
  await server.exited;
  echo.stop();
  return results;
}

const PARTS: Readonly<Record<string, () => Promise<Result[]>>> = {
  single,
  batch: () => batches(MILLION),
  lists: () => lists(MILLION),
  pages: () => pages(MILLION),
  lone: () => loneLead(),
  backlog: () => backlog(100_000),
  mcp: () => mcpCalls(),
};

const asked = process.argv.slice(2);
const results: Result[] = [];
for (const [name, run] of Object.entries(PARTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const result of await run()) {
    results.push(result);
    console.log(`${result.ok ? 'ok  ' : 'MISS'}  ${result.what}: ${result.measured} (target ${result.target})`);
  }
}

const table = [
  '# The last benchmark',
  '',
  `Written by \`bun run bench\` on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${process.platform}.`,
  '',
  '| what | measured | target | |',
  '|---|---|---|---|',
  ...results.map(({ what, measured, target, ok }) => `| ${what} | ${measured} | ${target} | ${ok ? 'ok' : 'missed'} |`),
  '',
].join('\n');
if (asked.length === 0) await Bun.write(join(import.meta.dir, 'latest.md'), table);
process.exit(results.every((result) => result.ok) ? 0 : 1);
