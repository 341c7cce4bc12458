import { readFileSync } from 'node:fs';
import { type ConfigResult, type FileRead, loadConfig } from './load.ts';

/**
 * The settings of this process: the only reader of its environment.
 * @param terminal whether log lines go to a terminal
 */
export function loadProcessConfig(terminal: boolean): ConfigResult {
  // biome-ignore lint/style/noProcessEnv: this is the one place that reads it
  return loadConfig({ env: process.env, readFile, terminal });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** Reads a small text file; why not, in words. */
export function readFile(path: string): FileRead {
  try {
    return { ok: true, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { ok: false, missing: code === 'ENOENT' || code === 'ENOTDIR', reason: REASONS[code] ?? code };
  }
}
