import { type Access, launchServer, type RunningServer, startServer } from '../support/binary.ts';
import { Random } from '../support/google/random.ts';
import { Ledger, runLoad } from '../support/load.ts';
import { compareRows, drained, type SheetRow, settleOpen, storedLeads } from '../support/server.ts';

export interface KillOptions {
  /** The data folder. */
  dir: string;
  access: Access;
  rounds: number;
  /** Decides over load and kill moments alike. */
  seed: number;
  env?: Record<string, string>;
  /** The longest a server lives on after its load, writing rows. */
  lingerMs?: number;
  /** Calls `seen` whenever the sheet is written to, until the returned function is called. */
  watch?: (seen: () => void) => (() => void) | undefined;
  /** Called before each life of the server. */
  beforeLife?: (round: number) => Promise<void>;
  /** Called before the last start, when nothing gets in the way any more. */
  beforeDrain?: () => Promise<void>;
  onRound?: (round: number) => void;
  /** What the sheet shows in the end. */
  rows: () => Promise<SheetRow[]> | SheetRow[];
}

export interface KillReport {
  /** What went against the promises; empty: nothing. */
  problems: string[];
  rounds: number;
  answered: number;
  /** Requests whose answer the kill swallowed. */
  unanswered: number;
  leads: number;
}

/**
 * Kills the compiled server with -9, again and again: while it starts, under load, and while it writes the sheet.
 * Then lets it start and drain in peace, and holds what is stored and what the sheet shows against what was promised.
 */
export async function killRounds(options: KillOptions): Promise<KillReport> {
  const { dir, access, rounds, seed, env } = options;
  const random = new Random(seed);
  const ledger = new Ledger(random);
  for (let round = 0; round < rounds; round++) {
    await options.beforeLife?.(round);
    await oneLife(options, ledger, momentOf(random, options.lingerMs ?? 600));
    options.onRound?.(round + 1);
  }
  const unanswered = ledger.shots.filter(({ ids }) => ids === null).length;
  await options.beforeDrain?.();
  const settling = await startServer({ dir, env, access });
  await settleOpen(settling, ledger);
  await stop(settling);
  const last = await startServer({ dir, env, access });
  await drained(last);
  const stored = await storedLeads(last);
  await stop(last);
  const problems = [...ledger.judge(stored), ...compareRows(stored, await options.rows())];
  return { problems, rounds, answered: ledger.answered, unanswered, leads: stored.length };
}

/**
 * When the server is killed: so long after it was started or listens, or after so many answers and a moment, or when
 * it is seen to write to the sheet, between the row and the note that it is there.
 */
type Moment = { after: 'start' | 'listening' | 'write'; ms: number } | { after: 'answers'; count: number; ms: number };

function momentOf(random: Random, lingerMs: number): Moment {
  const kind = random.next();
  if (kind < 0.1) return { after: 'start', ms: random.int(0, 150) };
  // What earlier lives left behind is written first of all.
  if (kind < 0.2) return { after: 'listening', ms: random.int(0, 40) };
  if (kind < 0.55) return { after: 'write', ms: random.chance(0.7) ? 0 : random.int(1, 5) };
  const ms = random.chance(0.6) ? random.int(0, 8) : random.int(0, lingerMs);
  return { after: 'answers', count: random.int(1, 90), ms };
}

const CONNECTIONS = 12;
const REQUESTS = 120;
/** Longer than any start and load takes: a life that is not killed in time fails the test. */
const LIFE_MS = 60_000;

async function oneLife(options: KillOptions, ledger: Ledger, moment: Moment): Promise<void> {
  const { dir, env, access } = options;
  let seen: () => void = () => {};
  const unwatch = moment.after === 'write' ? options.watch?.(() => seen()) : undefined;
  const server = await launchServer({ dir, env });
  let armed = false;
  const kill = () => {
    if (!armed && moment.ms === 0) server.kill('SIGKILL');
    else if (!armed) setTimeout(() => server.kill('SIGKILL'), moment.ms);
    armed = true;
  };
  seen = kill;
  const overdue = setTimeout(() => server.kill('SIGTERM'), LIFE_MS);
  if (moment.after === 'start') kill();
  else {
    const up = await server.started.catch(() => null);
    const { after } = moment;
    if (after === 'listening') kill();
    if (up) {
      const count = after === 'answers' ? moment.count : REQUESTS;
      const onAnswer = (_: unknown, answers: number) => {
        if (answers >= count) kill();
      };
      await runLoad({ port: up.port, key: access.key, ledger, connections: CONNECTIONS, requests: REQUESTS, onAnswer });
    }
  }
  const exit = await server.exited;
  clearTimeout(overdue);
  unwatch?.();
  if (exit !== 137) ledger.problems.push(`the server ended by itself (exit ${exit}):\n${server.logs().slice(-2000)}`);
}

async function stop(server: RunningServer): Promise<void> {
  server.kill('SIGTERM');
  const exit = await server.exited;
  if (exit !== 0) throw new Error(`a stop in peace ended with ${exit}:\n${server.logs().slice(-2000)}`);
}
