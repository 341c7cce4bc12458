import { isAbsolute, relative, sep } from 'node:path';
import { shellWord } from './curl.ts';

export interface Started {
  /** The file that runs: this program's own binary, or Bun. */
  execPath: string;
  /** The entry file; inside a binary it lies in a file system of its own. */
  main: string;
  cwd: string;
}

const EMBEDDED = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/;

/** How to call this program again from the same folder, as a printed command begins. */
export function invocationOf({ execPath, main, cwd }: Started): string {
  if (EMBEDDED.test(main)) return shellWord(near(execPath, cwd, './'));
  // Bun that came with the project's packages is on nobody's PATH.
  const bun = execPath.includes(`${sep}node_modules${sep}`) ? 'npx bun' : 'bun';
  return `${bun} ${shellWord(near(main, cwd, ''))}`;
}

function near(path: string, cwd: string, prefix: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || isAbsolute(short) ? path : prefix + short;
}
