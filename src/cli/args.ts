import { API_KEY_PREFIX } from '../lib/api-key.ts';
import { invalid } from '../lib/errors.ts';
import { didYouMean } from '../lib/near.ts';

/** What a flag takes. `value` is the placeholder its help shows; without it the flag is a yes-or-no. */
export interface Flag {
  value?: string;
  doc: string;
  required?: true;
}

/** A word after the command's name. */
export interface Operand {
  name: string;
  doc: string;
  optional?: true;
  /** The last one of a command may stand for any number of words. */
  repeats?: true;
}

export interface ArgSpec {
  flags: Readonly<Record<string, Flag>>;
  operands: readonly Operand[];
}

/** What was typed, checked against the command's definition. */
export interface Args {
  /** The value of a flag; undefined when it was not given. */
  text(flag: string): string | undefined;
  /** Whether a yes-or-no flag was given. */
  on(flag: string): boolean;
  /** The word in this place after the command; undefined when it was left out. */
  operand(index: number): string | undefined;
  /** All words after the command. */
  operands: readonly string[];
}

export type ArgsResult = { ok: true; args: Args } | { ok: false; problem: string };

/**
 * Reads `--name value`, `--name=value` and `--yes-or-no` flags and the words between them, in any order.
 * `--` ends the flags. An unknown flag, a missing value or a word too many is a problem, told in a sentence.
 */
export function parseArgs(words: readonly string[], spec: ArgSpec): ArgsResult {
  const values = new Map<string, string>();
  const operands: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest);
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    const problem = takeFlag(word, rest, spec, values);
    if (problem !== null) return { ok: false, problem };
  }
  const problem = checkComplete(spec, values, operands);
  if (problem !== null) return { ok: false, problem };
  return {
    ok: true,
    args: {
      text: (flag) => values.get(flag),
      on: (flag) => values.has(flag),
      operand: (index) => operands[index],
      operands,
    },
  };
}

function takeFlag(word: string, rest: string[], spec: ArgSpec, values: Map<string, string>): string | null {
  const equals = word.indexOf('=');
  const name = (equals < 0 ? word : word.slice(0, equals)).replace(/^--?/, '');
  const flag = Object.hasOwn(spec.flags, name) && word.startsWith('--') ? spec.flags[name] : undefined;
  if (flag === undefined) {
    // Only the name is repeated: what follows may be a secret that should not have been typed here.
    const shown = holdsKey(name) ? 'of this kind' : `-${word.startsWith('--') ? '-' : ''}${name.slice(0, 40)}`;
    const known = Object.keys(spec.flags).map((candidate) => `--${candidate}`);
    return `There is no flag ${shown}.${didYouMean(shown, known)}`;
  }
  if (values.has(name)) return `--${name} is given twice.`;
  if (flag.value === undefined) {
    values.set(name, '');
    return equals < 0 ? null : `--${name} takes no value.`;
  }
  const value = equals < 0 ? rest[0] : word.slice(equals + 1);
  if (value === undefined || value === '' || (equals < 0 && value.startsWith('--'))) {
    return `--${name} needs a value: --${name} ${flag.value}`;
  }
  if (equals < 0) rest.shift();
  values.set(name, value);
  return null;
}

function checkComplete(spec: ArgSpec, values: ReadonlyMap<string, string>, operands: readonly string[]): string | null {
  const missing = Object.entries(spec.flags).find(([name, flag]) => flag.required && !values.has(name));
  if (missing) return `--${missing[0]} is missing: --${missing[0]} ${missing[1].value ?? ''}`.trimEnd();
  const lacking = spec.operands.find((operand, index) => !operand.optional && operands[index] === undefined);
  if (lacking) return `${lacking.name} is missing: ${lacking.doc}`;
  const extra = spec.operands.at(-1)?.repeats ? undefined : operands[spec.operands.length];
  return extra === undefined ? null : `This command takes no further word; it was given ${quoted(extra)}.`;
}

/** The value of a flag that takes one of some words; undefined when it was not given. @throws AppError for another */
export function wordOf<T extends string>(args: Args, flag: string, words: readonly T[]): T | undefined {
  const text = args.text(flag);
  const word = words.find((candidate) => candidate === text);
  if (text !== undefined && word === undefined) throw invalid(`--${flag} must be one of ${words.join(', ')}.`);
  return word;
}

/** An API key typed in the wrong place goes into no log and no terminal's memory by us. */
export function holdsKey(word: string): boolean {
  return word.toLowerCase().includes(API_KEY_PREFIX);
}

/** A word that was typed, as a message may repeat it. */
export function quoted(word: string): string {
  return holdsKey(word) ? 'an API key, which has no place here' : JSON.stringify(word.slice(0, 60));
}
