import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { killRounds } from '../soak/kill.ts';
import { createAccess } from '../support/binary.ts';
import { localFiles, localRows } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

/** `bun run soak` does two hundred of each. */
const ROUNDS = Number(process.env.LTS_KILL_ROUNDS ?? 10);
const SEED = Number(process.env.LTS_KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Far beyond what a round takes on a slow machine. */
const LIMIT_MS = 120_000 + ROUNDS * 20_000;

test(
  `kill -9 (seed ${SEED}): every answered lead is stored, and every stored lead stands once in the local workbook`,
  async () => {
    const dir = join(tempDir(), 'data');
    const access = await createAccess({ dir });
    const report = await killRounds({
      dir,
      access,
      rounds: ROUNDS,
      seed: SEED,
      rows: () => localRows(dir, access.siteId),
    });
    expect(report.problems).toEqual([]);
    expect(report.rounds).toBe(ROUNDS);
    expect(report.answered).toBeGreaterThan(0);
    expect(report.leads).toBeGreaterThan(0);
    // No file set aside, no draft left behind.
    expect(localFiles(dir, access.siteId)).toEqual(['Form 0.csv', 'Form 1.csv', 'Form 2.csv']);
  },
  LIMIT_MS,
);
