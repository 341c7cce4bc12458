import type { ConfigResult } from '../config/load.ts';
import type { Clock } from '../lib/clock.ts';
import type { ErrorCode } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { Args, Flag, Operand } from './args.ts';

/** Spec 7, "One binary". */
export const EXIT = { done: 0, failed: 1, usage: 2, notFound: 3, refused: 4, attention: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command came to: printed once, either the JSON or the text. */
export interface Outcome {
  exit: ExitCode;
  /** The one JSON value of `--json`; undefined: nothing is printed. */
  json: unknown;
  /** For people; '' prints nothing. */
  text: string;
}

export interface Command {
  /** One or two words, as they are typed. */
  name: string;
  summary: string;
  operands?: readonly Operand[];
  /** Without `--json` and `--help`, which every command has. */
  flags: Readonly<Record<string, Flag>>;
  /** How it is used, after the program's name. */
  examples?: readonly string[];
  /** @throws AppError for what the caller can mend; its code decides the exit code. */
  run(context: Context): Promise<Outcome>;
}

/** The world as a command sees it. */
export interface Context {
  args: Args;
  json: boolean;
  /** A message for people, at once, on stderr. */
  say(line: string): void;
  /** A line for people, at once, on stdout: what has no place in a log. Not with `--json`. */
  show(line: string): Promise<void>;
  readStdin(): Promise<string>;
  terminal: { out: boolean; err: boolean };
  /** How this program is called: what a printed command begins with. */
  invocation: string;
  loadConfig(): ConfigResult;
  clock: Clock;
  ids: Ids;
  /** Resolves at the first SIGTERM or SIGINT after the call; a second one ends the process at once. */
  stopSignal(): Promise<string>;
}

export function done(json: unknown, text: string, exit: ExitCode = EXIT.done): Outcome {
  return { exit, json, text };
}

const EXIT_OF: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  bad_request: EXIT.usage,
  invalid_json: EXIT.usage,
  validation_error: EXIT.usage,
  not_found: EXIT.notFound,
  conflict: EXIT.refused,
  idempotency_key_reused: EXIT.refused,
  insufficient_scope: EXIT.refused,
};

/** The exit code for an error the caller can do something about. */
export function exitOf(code: ErrorCode): ExitCode {
  return EXIT_OF[code] ?? EXIT.failed;
}
