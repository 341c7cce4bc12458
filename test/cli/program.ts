import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dir, '../../src/main.ts');

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

/** The real program as a child process, on a data folder of its own. */
export interface Program {
  dataDir: string;
  /** Runs one command to its end. */
  run(words: readonly string[], options?: { env?: Record<string, string>; stdin?: string }): Promise<Ran>;
  /** The same with `--json`; gives the value, or fails if there is not exactly one. */
  json(words: readonly string[], exit?: number): Promise<any>;
  /** Starts the server on a free port and waits until it listens. */
  serve(env?: Record<string, string>): Promise<Server>;
}

export interface Server {
  url: string;
  port: number;
  pid: number;
  /** What it has written to stderr so far. */
  log(): string;
  /** Resolves once the log has this text. */
  logged(text: string): Promise<void>;
  /** Resolves once it has written so many rows to sheets. */
  wrote(rows: number): Promise<void>;
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void;
  exited: Promise<number>;
  /** Everything it wrote to stdout; complete once it has exited. */
  stdout: Promise<string>;
}

const folders: string[] = [];

/** For `afterAll`: tests run at the same time, so the folders go when all are done. */
export function removeFolders(): void {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lts-cli-'));
  folders.push(path);
  return path;
}

/** Only what a program needs to run at all: nothing of this machine's settings. */
const BARE_ENV = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TZ: 'UTC' };

export function program(baseEnv: Record<string, string> = {}): Program {
  const cwd = folder();
  const dataDir = join(cwd, 'data');
  const spawn = (words: readonly string[], env: Record<string, string>, stdin: string) =>
    Bun.spawn([process.execPath, MAIN, ...words], {
      cwd,
      env: { ...BARE_ENV, LTS_DATA_DIR: dataDir, ...baseEnv, ...env },
      stdin: new TextEncoder().encode(stdin),
      stdout: 'pipe',
      stderr: 'pipe',
    });

  async function run(words: readonly string[], options: { env?: Record<string, string>; stdin?: string } = {}) {
    const child = spawn(words, options.env ?? {}, options.stdin ?? '');
    const [stdout, stderr, exit] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exit, stdout, stderr };
  }

  return {
    dataDir,
    run,
    async json(words, exit = 0) {
      const ran = await run([...words, '--json']);
      if (ran.exit !== exit) throw new Error(`${words.join(' ')}: exit ${ran.exit}\n${ran.stdout}${ran.stderr}`);
      return JSON.parse(ran.stdout);
    },
    async serve(env = {}) {
      const child = spawn(['serve'], { LTS_PORT: '0', LTS_LOG_FORMAT: 'json', ...env }, '');
      const log = follow(child.stderr);
      await log.until('"server.started"');
      const started = log
        .text()
        .split('\n')
        .find((line) => line.includes('"server.started"'));
      const { port } = JSON.parse(started ?? '{}');
      return {
        url: `http://127.0.0.1:${port}`,
        port,
        pid: child.pid,
        log: log.text,
        logged: log.until,
        wrote: (rows) => log.until((text) => rowsIn(text) >= rows),
        kill: (signal) => child.kill(signal),
        exited: child.exited,
        stdout: new Response(child.stdout).text(),
      };
    },
  };
}

/** All rows of the flushes a log tells of. */
function rowsIn(log: string): number {
  return [...log.matchAll(/"sheet\.flushed".*"rows":(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
}

/** Collects a stream, and tells when a text has come. */
function follow(stream: ReadableStream<Uint8Array>) {
  let text = '';
  let ended = false;
  let waiting: (() => void)[] = [];
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const part of stream) {
      text += decoder.decode(part, { stream: true });
      wake();
    }
    ended = true;
    wake();
  })();
  return {
    text: () => text,
    async until(wanted: string | ((text: string) => boolean)): Promise<void> {
      while (!(typeof wanted === 'string' ? text.includes(wanted) : wanted(text))) {
        if (ended) throw new Error(`ended too soon:\n${text}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
