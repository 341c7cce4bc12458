import { textPairs } from '../lib/text-table.ts';
import type { Flag } from './args.ts';
import type { Command } from './command.ts';

/** The flags every command has. */
export const COMMON_FLAGS: Readonly<Record<string, Flag>> = {
  json: { doc: 'Print one JSON value, for programs.' },
  help: { doc: 'Show this.' },
};

/** The overview: every command in one line. */
export function overview(commands: readonly Command[], invocation: string): string {
  const lines = textPairs(commands.map(({ name, summary }) => [`  ${name}`, summary] as const));
  return [
    `Usage: ${invocation} COMMAND [flags]. Without a command the server starts.`,
    '',
    lines,
    '',
    `More about one of them: ${invocation} COMMAND --help. Settings: ${invocation} config.`,
  ].join('\n');
}

/** One command: how it is called and what each flag means. */
export function commandHelp(command: Command, invocation: string): string {
  const operands = command.operands ?? [];
  const words = operands.map(({ name, optional, repeats }) => {
    const word = repeats ? `${name}…` : name;
    return optional ? `[${word}]` : word;
  });
  const flags = Object.entries({ ...command.flags, ...COMMON_FLAGS });
  const required = flags.filter(([, flag]) => flag.required).map(([name, flag]) => flagText(name, flag));
  const examples = (command.examples ?? []).map((example) => `  ${invocation} ${example}`);
  return [
    command.summary,
    '',
    `Usage: ${[invocation, command.name, ...words, ...required, '[flags]'].join(' ')}`,
    '',
    textPairs([
      ...operands.map(({ name, doc }) => [`  ${name}`, doc] as const),
      ...flags.map(([name, flag]) => [`  ${flagText(name, flag)}`, flag.doc] as const),
    ]),
    ...(examples.length > 0 ? ['', 'Examples:', ...examples] : []),
  ].join('\n');
}

function flagText(name: string, flag: Flag): string {
  return flag.value === undefined ? `--${name}` : `--${name} ${flag.value}`;
}
