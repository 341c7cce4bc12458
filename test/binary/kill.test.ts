import { beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { KillReport } from '../soak/kill.ts';
import { killOnGoogle, killOnLocal } from '../soak/targets.ts';
import { type Launched, launchServer, type RunningServer, startServer } from '../support/binary.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { storedLeads, submit } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

/** `bun run soak` does two hundred of each. */
const ROUNDS = Number(process.env.LTS_KILL_ROUNDS || 16);
/** Decides over the load and the kill moments; given again, it repeats them. */
const SEED = Number(process.env.LTS_KILL_SEED || Math.floor(Math.random() * 2 ** 31));
/** Far beyond what a round takes on a slow machine. */
const LIMIT_MS = 120_000 + ROUNDS * 20_000;

const held = join(tempDir(), 'data');
let holder: RunningServer;
let second: Launched;
// It waits for twenty seconds, while the other tests run.
beforeAll(async () => {
  holder = await startServer({ dir: held });
  second = await launchServer({ dir: holder.dir });
});

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

test('kill -9 lets go of the data folder at once: the next server does not wait', async () => {
  const dir = join(tempDir(), 'data');
  const first = await startServer({ dir });
  expect((await submit(first, 'ref')).status).toBe(201);
  first.kill('SIGKILL');
  expect(await first.exited).toBe(137);
  const next = await startServer({ dir, access: first });
  expect(next.logs()).not.toContain('Waiting for');
  expect(await storedLeads(next)).toHaveLength(1);
  next.kill('SIGTERM');
  expect(await next.exited).toBe(0);
});

test('a second server on the same folder gives up with exit code 4, naming process and folder; the first goes on', async () => {
  expect(await second.exited).toBe(4);
  expect(second.logs()).toBe(
    `Waiting for another server (process ${holder.pid}) to let go of ${holder.dir} …\n` +
      `Another server (process ${holder.pid}) still works on the data folder ${holder.dir}. Stop it, or set LTS_DATA_DIR.\n`,
  );
  expect((await submit(holder, 'ref')).status).toBe(201);
  holder.kill('SIGTERM');
  expect(await holder.exited).toBe(0);
}, 60_000);
