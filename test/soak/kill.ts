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

/** When the server is killed: so long after it was started, or after so many answers and a moment. */
type Moment = { after: 'start'; ms: number } | { after: 'answers'; count: number; ms: number };

function momentOf(random: Random, lingerMs: number): Moment {
  if (random.chance(0.2)) return { after: 'start', ms: random.int(0, 150) };
  // Most die in the thick of it; some when the load is over and rows are being written.
  const ms = random.chance(0.6) ? random.int(0, 8) : random.int(0, lingerMs);
  return { after: 'answers', count: random.int(1, 90), ms };
}

const CONNECTIONS = 12;
const REQUESTS = 120;
/** Longer than any start and load takes: a life that is not killed in time fails the test. */
const LIFE_MS = 60_000;

async function oneLife({ dir, access, env }: KillOptions, ledger: Ledger, moment: Moment): Promise<void> {
  const server = await launchServer({ dir, env });
  let armed = false;
  const killIn = (ms: number) => {
    if (!armed) setTimeout(() => server.kill('SIGKILL'), ms);
    armed = true;
  };
  const overdue = setTimeout(() => server.kill('SIGTERM'), LIFE_MS);
  if (moment.after === 'start') killIn(moment.ms);
  else await loadUntil(server, access, ledger, moment.count, () => killIn(moment.ms));
  const exit = await server.exited;
  clearTimeout(overdue);
  if (exit !== 137) ledger.problems.push(`the server ended by itself (exit ${exit}):\n${server.logs().slice(-2000)}`);
}

async function loadUntil(
  server: Pick<RunningServer, 'started'>,
  { key }: Access,
  ledger: Ledger,
  count: number,
  reached: () => void,
): Promise<void> {
  const up = await server.started.catch(() => null);
  if (up === null) return;
  const onAnswer = (_: unknown, answers: number) => {
    if (answers >= count) reached();
  };
  await runLoad({ port: up.port, key, ledger, connections: CONNECTIONS, requests: REQUESTS, onAnswer });
}

async function stop(server: RunningServer): Promise<void> {
  server.kill('SIGTERM');
  const exit = await server.exited;
  if (exit !== 0) throw new Error(`a stop in peace ended with ${exit}:\n${server.logs().slice(-2000)}`);
}
