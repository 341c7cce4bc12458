import { expect, test } from 'bun:test';
import type { KillReport } from '../soak/kill.ts';
import { killOnGoogle, killOnLocal } from '../soak/targets.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { tempDir } from '../support/temp.ts';

/** `bun run soak` does two hundred of each. */
const ROUNDS = Number(process.env.LTS_KILL_ROUNDS || 16);
/** Decides over the load and the kill moments; given again, it repeats them. */
const SEED = Number(process.env.LTS_KILL_SEED || Math.floor(Math.random() * 2 ** 31));
/** Far beyond what a round takes on a slow machine. */
const LIMIT_MS = 120_000 + ROUNDS * 20_000;

function expectPromisesKept(report: KillReport): void {
  expect(report.problems).toEqual([]);
  expect(report.rounds).toBe(ROUNDS);
  // Leads were taken, and kills hit requests on their way.
  expect(report.answered).toBeGreaterThan(0);
  expect(report.unanswered).toBeGreaterThan(0);
  expect(report.leads).toBeGreaterThanOrEqual(report.answered);
}

test(
  `kill -9 (LTS_KILL_SEED=${SEED}): every answered lead is stored, every stored lead stands once in the local workbook`,
  async () => {
    expectPromisesKept(await killOnLocal({ root: tempDir(), rounds: ROUNDS, seed: SEED }));
  },
  LIMIT_MS,
);

test(
  `kill -9 while Google fails too (LTS_KILL_SEED=${SEED}): every stored lead stands once in the spreadsheet`,
  async () => {
    const google = await startFakeGoogle();
    try {
      expectPromisesKept(await killOnGoogle(google, { root: tempDir(), rounds: ROUNDS, seed: SEED }));
    } finally {
      await google.stop();
    }
  },
  LIMIT_MS,
);
