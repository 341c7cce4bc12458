import { readFile } from '../config/process.ts';
import { AppError, invalid } from '../lib/errors.ts';
import type { Context } from './command.ts';

/**
 * The text of the file that a flag names; `-` is stdin. Null without the flag.
 * @throws AppError validation_error for a file that can't be read
 */
export async function readInput(context: Context, flag: string): Promise<string | null> {
  const path = context.args.text(flag);
  if (path === undefined) return null;
  if (path === '-') return context.readStdin();
  const read = readFile(path);
  if (!read.ok) throw invalid(`--${flag}: ${path} can't be read: ${read.reason}.`);
  return read.text;
}

/** The same as JSON. @throws AppError also invalid_json */
export async function readJsonInput(context: Context, flag: string): Promise<unknown> {
  const text = (await readInput(context, flag)) ?? '';
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('invalid_json', `--${flag}: ${context.args.text(flag)} is not valid JSON.`);
  }
}
