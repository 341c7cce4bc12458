import { expect, test } from 'bun:test';
import { AT_THE_CELLS, live, PROFILE, type Profile } from './google-property.ts';

/**
 * google-sheets.md 7.5. LTS_TEST_RUNS sets how many lives are lived with everything in them, and half as many with
 * one trouble alone; LTS_TEST_SEED the first seed. A failure names its seed.
 */
const RUNS = Number(process.env.LTS_TEST_RUNS ?? 8);
const SEED = Number(process.env.LTS_TEST_SEED ?? 1);

async function lives(profile: Profile, runs: number): Promise<void> {
  for (let seed = SEED; seed < SEED + runs; seed++) {
    const wrong = await live(seed, profile);
    if (wrong.length > 0) throw new Error(`seed ${seed}:\n${wrong.slice(0, 12).join('\n')}`);
  }
  expect(runs).toBeGreaterThan(0);
}

const quiet: Profile = { ...PROFILE, faultRate: 0, handRate: 0, killRate: 0, restoreRate: 0 };
const holds = (name: string, profile: Profile, runs = Math.ceil(RUNS / 2)) =>
  test(name, () => lives(profile, runs), 3_600_000);

holds('nothing goes wrong: each lead once, each value in its place', quiet);
holds('Google fails, loses answers and applies late', { ...quiet, faultRate: 0.3 });
holds("a user's hands before any call", { ...quiet, handRate: 0.3 });
holds('killed between any two steps', { ...quiet, killRate: 0.6 });
holds('databases set back', { ...quiet, restoreRate: 0.15 });
holds('values that come later, while people sort and edit', AT_THE_CELLS, RUNS);
holds('all of it together', PROFILE, RUNS);
