import { invocationOf } from './cli/invocation.ts';
import { runCli, type World } from './cli/run.ts';
import { loadProcessConfig } from './config/process.ts';
import { systemClock } from './lib/clock.ts';
import { randomIds } from './lib/ids.ts';

/*
 * The entry: what was typed → one command → output and exit code. The only place that ends the process and
 * listens to its signals.
 */

// What is written here is other people's data: for this user's eyes alone.
process.umask(0o077);

const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Without a listener a signal ends the process by itself: only a command that drains asks for one. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(SIGNAL_EXITS[signal]);
        asked = true;
        resolve(signal);
      });
    }
  });
}

const terminal = { out: process.stdout.isTTY === true, err: process.stderr.isTTY === true };

const world: World = {
  say: (line) => {
    process.stderr.write(`${line}\n`);
  },
  show: (line) => print(Bun.stdout, `${line}\n`),
  readStdin: () => Bun.stdin.text(),
  terminal,
  invocation: invocationOf({ execPath: process.execPath, main: Bun.main, cwd: process.cwd() }),
  loadConfig: () => loadProcessConfig(terminal.err),
  clock: systemClock,
  ids: randomIds(),
  stopSignal,
};

/** A reader that went away (`… | head`) is no reason to fail. */
async function print(stream: Bun.BunFile, text: string): Promise<void> {
  if (text === '') return;
  try {
    await Bun.write(stream, text);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
}

// The program's own timers don't keep the process alive; a command that waits for one must.
const alive = setInterval(() => {}, 60_000);
const result = await runCli(process.argv.slice(2), world);
clearInterval(alive);
await print(Bun.stderr, result.stderr);
await print(Bun.stdout, result.stdout);
process.exit(result.exit);
