import type { Cancel, Clock } from '../lib/clock.ts';
import { errorText } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';

/** Something that is done again and again while the server runs. */
export interface Task {
  name: string;
  everyMs: number;
  run(): void | Promise<void>;
}

export interface Scheduler {
  start(): void;
  /** Starts no more runs and waits for those under way. */
  stop(): Promise<void>;
}

/** Runs each task `everyMs` after its last run ended: never twice at once. A run that fails is logged, and tried again. */
export function createScheduler(tasks: readonly Task[], { clock, log }: { clock: Clock; log: Log }): Scheduler {
  const timers = new Map<string, Cancel>();
  const running = new Set<Promise<void>>();
  let stopped = false;

  function plan(task: Task): void {
    if (stopped) return;
    timers.set(
      task.name,
      clock.after(task.everyMs, () => start(task)),
    );
  }

  function start(task: Task): void {
    const run = runOnce(task, log).then(() => {
      running.delete(run);
      plan(task);
    });
    running.add(run);
  }

  return {
    start() {
      for (const task of tasks) plan(task);
    },
    async stop() {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      await Promise.all(running);
    },
  };
}

async function runOnce(task: Task, log: Log): Promise<void> {
  try {
    await task.run();
  } catch (error) {
    log.error('job.failed', { job: task.name, reason: errorText(error) });
  }
}
