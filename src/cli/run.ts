import type { ErrorBody } from '../contract/error.ts';
import { AppError, type ErrorDetail } from '../lib/errors.ts';
import { didYouMean } from '../lib/near.ts';
import { holdsKey, parseArgs } from './args.ts';
import { type Command, type Context, done, EXIT, exitOf, type Outcome } from './command.ts';
import { COMMANDS } from './commands.ts';
import { COMMON_FLAGS, commandHelp, overview } from './help.ts';

/** What `main.ts` gives; the rest of the context depends on what was typed. */
export type World = Omit<Context, 'args' | 'json'>;

/** What the process prints and ends with. */
export interface Result {
  exit: number;
  stdout: string;
  stderr: string;
}

/** Finds the command that `words` name, runs it, and turns whatever comes of it into output and an exit code. */
export async function runCli(words: readonly string[], world: World): Promise<Result> {
  const found = findCommand(words);
  // With a value it is wrong, and whoever typed it reads JSON all the same.
  const json = found.rest.slice(0, endOfFlags(found.rest)).some((word) => /^--json(=|$)/.test(word));
  try {
    const outcome = await runFound(found, json, world);
    return { exit: outcome.exit, stdout: render(outcome, json), stderr: '' };
  } catch (error) {
    const { exit, message, body } = describeError(error, world);
    return { exit, stdout: json ? `${JSON.stringify(body, null, 2)}\n` : '', stderr: `${message}\n` };
  }
}

interface Found {
  command: Command | null;
  words: readonly string[];
  rest: readonly string[];
}

function endOfFlags(words: readonly string[]): number {
  const end = words.indexOf('--');
  return end < 0 ? words.length : end;
}

/** What was typed, with `--json` and `--help` that stand before the command put behind it. */
function findCommand(words: readonly string[]): Found {
  const start = words.findIndex((word) => word !== '--json' && !(isHelp(word) && word !== 'help'));
  const leading = start < 0 ? words : words.slice(0, start);
  if (leading.some(isHelp))
    return { command: null, words: ['help', ...leading, ...words.slice(leading.length)], rest: words };
  const { command, words: own, rest } = findByName(words.slice(leading.length));
  return { command, words: own, rest: [...leading, ...rest] };
}

/** The longest command name at the start of what was typed; `serve` when it begins with none. */
function findByName(words: readonly string[]): Found {
  const [first, second] = words;
  if (first === 'help') return { command: null, words, rest: words.slice(1) };
  if (first === '--version') return { command: named('version'), words, rest: words.slice(1) };
  if (first === undefined || first.startsWith('-')) return { command: named('serve'), words, rest: words };
  const pair = named(`${first} ${second}`);
  if (pair) return { command: pair, words, rest: words.slice(2) };
  return { command: named(first), words, rest: words.slice(1) };
}

function named(name: string): Command | null {
  return COMMANDS.find((command) => command.name === name) ?? null;
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h' || word === 'help';
}

async function runFound(found: Found, json: boolean, world: World): Promise<Outcome> {
  const { command, rest } = found;
  if (command === null) return withoutCommand(found, world);
  if (rest.slice(0, endOfFlags(rest)).some((word) => word === '--help' || word === '-h')) {
    return helpOutcome(commandHelp(command, world.invocation));
  }
  const spec = { flags: { ...command.flags, ...COMMON_FLAGS }, operands: command.operands ?? [] };
  const parsed = parseArgs(rest, spec);
  if (!parsed.ok) {
    throw new AppError('bad_request', `${parsed.problem}\nHelp: ${world.invocation} ${command.name} --help`);
  }
  return command.run({ ...world, args: parsed.args, json });
}

function helpOutcome(text: string): Outcome {
  return done({ help: text }, text);
}

/** `help`, `help COMMAND`, a noun without its verb, or something that is no command. */
function withoutCommand({ words, rest }: Found, world: World): Outcome {
  const asked = isHelp(words[0]);
  const typed = (asked ? rest : words).filter((word) => !word.startsWith('-')).slice(0, 2);
  const [noun] = typed;
  if (noun === undefined) return helpOutcome(overview(COMMANDS, world.invocation));
  const exact = named(typed.join(' ')) ?? named(noun);
  if (exact) return helpOutcome(commandHelp(exact, world.invocation));
  const family = COMMANDS.filter(({ name }) => name.startsWith(`${noun} `));
  const wantsFamily = family.length > 0 && (asked || typed.length === 1 || words[1]?.startsWith('-'));
  if (wantsFamily && (asked || words.some(isHelp))) return helpOutcome(overview(family, world.invocation));
  const names =
    family.length > 0
      ? family.map(({ name }) => name)
      : COMMANDS.flatMap(({ name }) => [name, name.split(' ', 1).join()]);
  const shown = typed.some(holdsKey) ? 'of this kind' : `\`${typed.join(' ').slice(0, 60)}\``;
  const problem = wantsFamily
    ? `\`${noun}\` needs a second word: ${names.join(', ')}.`
    : `There is no command ${shown}.${didYouMean(typed.join(' '), names)}`;
  throw new AppError('bad_request', `${problem}\nHelp: ${world.invocation} help`);
}

function render(outcome: Outcome, json: boolean): string {
  if (json) return outcome.json === undefined ? '' : `${JSON.stringify(outcome.json, null, 2)}\n`;
  return outcome.text === '' ? '' : `${outcome.text}\n`;
}

/** The error as the API would write it, and as a sentence. What no AppError says is a fault of ours. */
function describeError(error: unknown, world: World): { exit: number; message: string; body: ErrorBody } {
  const known = error instanceof AppError ? error : null;
  const code = known?.code ?? 'internal_error';
  const details: readonly ErrorDetail[] = known?.details ?? [];
  const message = known?.message ?? fault(error);
  const lines = details.map((detail) => `  ${detail.path === '' ? '' : `${detail.path}: `}${detail.message}`);
  const body: ErrorBody = {
    error: { code, message, details: [...details], request_id: world.ids.next('req', world.clock.now()) },
  };
  return { exit: known ? exitOf(code) : EXIT.failed, message: [message, ...lines].join('\n'), body };
}

/** Names a fault without its message, which may hold what a statement was given: field values, secrets. */
function fault(error: unknown): string {
  if (!(error instanceof Error)) return 'A fault in LeadToSheet: something unknown was thrown.';
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  const places = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return [`A fault in LeadToSheet (${error.name}${code}). Please report this:`, ...places.slice(0, 5)].join('\n');
}
