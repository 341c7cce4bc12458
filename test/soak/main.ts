import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtBinary, killAll } from '../support/binary.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { fuzzBinary } from './fuzz.ts';
import type { KillReport } from './kill.ts';
import { killOnGoogle, killOnLocal, type TargetRun } from './targets.ts';

/**
 * `bun run soak [--rounds 200] [--requests 100000] [--seed N] [--target local|google|fuzz]`
 *
 * Kills the compiled server with -9, two hundred times for each kind of sheet: while it starts, under load, while it
 * writes rows, and for Google with its calls failing in every way. At the end of each it holds what is stored and what
 * stands in the sheet against what was promised to the clients. Then it sends a hundred thousand malformed requests to
 * every route, and looks at each answer, at what is stored and at the server's memory. Takes some minutes and ends by itself with
 * `N passed, N failed`: exit code 0 when none failed. Ctrl-C ends it at once. The seed decides over load and kill
 * moments: give it again to repeat a run.
 */
async function main(args: readonly string[]): Promise<number> {
  const rounds = numberOf(args, '--rounds') ?? 200;
  const seed = numberOf(args, '--seed') ?? Math.floor(Math.random() * 2 ** 31);
  const requests = numberOf(args, '--requests') ?? 100_000;
  const only = textOf(args, '--target');
  say(`seed ${seed}, ${rounds} rounds for each target`);
  await builtBinary();
  let passed = 0;
  let failed = 0;
  let root = '';
  process.on('SIGINT', () => {
    say(`stopped; ${passed} passed, ${failed} failed`);
    killAll();
    if (root !== '') rmSync(root, { recursive: true, force: true });
    process.exit(130);
  });
  const parts: Record<string, () => Promise<string[]>> = {
    ...Object.fromEntries(
      Object.entries(TARGETS).map(([target, kill]) => [
        target,
        () => killed(target, kill({ root, rounds, seed, onRound: (round) => sayRound(target, round, rounds) })),
      ]),
    ),
    fuzz: () => fuzzed({ root, requests, seed }),
  };
  for (const [target, part] of Object.entries(parts)) {
    if (only !== null && only !== target) continue;
    root = mkdtempSync(join(tmpdir(), 'lts-soak-'));
    const problems = await judged(part);
    if (problems === 0) {
      passed++;
      rmSync(root, { recursive: true, force: true });
    } else {
      failed++;
      say(`${target}: FAILED, ${problems} problems; repeat with --target ${target} --seed ${seed}; left in ${root}`);
      root = '';
    }
  }
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

const TARGETS: Readonly<Record<string, (run: TargetRun) => Promise<KillReport>>> = {
  local: killOnLocal,
  async google(run) {
    const google = await startFakeGoogle();
    try {
      return await killOnGoogle(google, run);
    } finally {
      await google.stop();
    }
  },
};

function sayRound(target: string, round: number, rounds: number): void {
  if (round % 10 === 0 || round === rounds) say(`${target}: ${round} of ${rounds} kills`);
}

async function killed(target: string, run: Promise<KillReport>): Promise<string[]> {
  const { rounds, answered, unanswered, leads, problems } = await run;
  say(`${target}: ${rounds} kills, ${answered} requests answered, ${unanswered} cut off, ${leads} leads stored`);
  return problems;
}

async function fuzzed(run: { root: string; requests: number; seed: number }): Promise<string[]> {
  const { requests, raw, stored, memory, problems } = await fuzzBinary({ ...run, onProgress: say });
  say(
    `fuzz: ${requests + raw} requests, ${stored} leads stored; memory ${memory.early} MB early, ${memory.late} at the end`,
  );
  return problems;
}

/** How many problems a part found; it says the first of them. */
async function judged(part: () => Promise<string[]>): Promise<number> {
  try {
    const problems = await part();
    for (const problem of problems.slice(0, 20)) say(`  ${problem}`);
    return problems.length;
  } catch (error) {
    say(`  ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

function say(line: string): void {
  console.log(line);
}

function textOf(args: readonly string[], flag: string): string | null {
  const at = args.indexOf(flag);
  return at < 0 ? null : (args[at + 1] ?? null);
}

function numberOf(args: readonly string[], flag: string): number | null {
  const text = textOf(args, flag);
  if (text === null) return null;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${flag} takes a whole number`);
  return Number(text);
}

process.exit(await main(process.argv.slice(2)));
