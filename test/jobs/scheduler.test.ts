import { describe, expect, test } from 'bun:test';
import { createScheduler, type Task } from '../../src/jobs/scheduler.ts';
import type { Log } from '../../src/lib/log.ts';
import { silentLog } from '../../src/lib/log.ts';
import { TestClock } from '../support/clock.ts';

function scheduled(...tasks: Task[]) {
  const clock = new TestClock();
  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (event, data) => void errors.push({ event, ...data }) };
  const scheduler = createScheduler(tasks, { clock, log });
  scheduler.start();
  return { clock, scheduler, errors };
}

describe('the scheduler', () => {
  test('runs a task again and again, the first time after its interval', async () => {
    const at: number[] = [];
    const { clock } = scheduled({ name: 'a', everyMs: 1_000, run: () => void at.push(clockOf()) });
    const clockOf = () => clock.monotonic();
    await clock.advanceAndSettle(999);
    expect(at).toEqual([]);
    await clock.advanceAndSettle(2_001);
    expect(at).toEqual([1_000, 2_000, 3_000]);
  });

  test('never runs a task twice at once: the interval counts from the end of a run', async () => {
    const runs: (() => void)[] = [];
    const { clock } = scheduled({
      name: 'slow',
      everyMs: 1_000,
      run: () => new Promise<void>((resolve) => runs.push(resolve)),
    });
    await clock.advanceAndSettle(10_000);
    expect(runs).toHaveLength(1);
    runs[0]?.();
    await clock.advanceAndSettle(999);
    expect(runs).toHaveLength(1);
    await clock.advanceAndSettle(1);
    expect(runs).toHaveLength(2);
  });

  test('a run that fails, at once or later, is told in the log, tried again, and stops no other task', async () => {
    let [thrown, rejected, fine] = [0, 0, 0];
    const { clock, errors } = scheduled(
      {
        name: 'throws',
        everyMs: 1_000,
        run() {
          thrown++;
          throw new Error('boom');
        },
      },
      { name: 'rejects', everyMs: 1_000, run: () => Promise.reject(new Error(`late ${++rejected}`)) },
      { name: 'fine', everyMs: 1_000, run: () => void fine++ },
    );
    await clock.advanceAndSettle(3_000);
    expect([thrown, rejected, fine]).toEqual([3, 3, 3]);
    expect(errors).toHaveLength(6);
    expect(errors[0]).toEqual({ event: 'job.failed', job: 'throws', reason: 'boom' });
  });

  test('stop waits for what runs, and starts and plans nothing more', async () => {
    let [runs, stopped] = [0, false];
    const { promise, resolve } = Promise.withResolvers<void>();
    const { clock, scheduler } = scheduled(
      {
        name: 'slow',
        everyMs: 1_000,
        run() {
          runs++;
          return promise;
        },
      },
      { name: 'other', everyMs: 5_000, run: () => void runs++ },
    );
    await clock.advanceAndSettle(1_000);
    const done = scheduler.stop().then(() => {
      stopped = true;
    });
    await clock.advanceAndSettle(60_000);
    expect([runs, stopped]).toEqual([1, false]);
    resolve();
    await done;
    await clock.advanceAndSettle(60_000);
    expect(runs).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
