import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * The compiled program as a user has it: built with the flags of `bun run build`, started as processes of their own.
 */

const ROOT = join(import.meta.dir, '../..');

/** Only what a program needs to run at all: nothing of this machine's settings. */
const BARE_ENV = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TZ: 'UTC' };

/** Compiled programs by what they were made from. Kept: most test runs find theirs here. */
const CACHE = join(ROOT, 'node_modules/.cache/leadtosheet-test');
/** What goes into the program. */
const SOURCES = ['src/**', 'migrations/**', 'public/**', 'package.json', 'bun.lock'];
/** Longer than any test run that may still start one. */
const KEEP_MS = 3_600_000;

let binary: Promise<string> | null = null;

/** The path of the program, compiled from the sources as they are; at most once for each test process. */
export function builtBinary(): Promise<string> {
  binary ??= build();
  return binary;
}

async function build(): Promise<string> {
  const path = join(CACHE, await sourcesHash());
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    const age = Date.now() - (statSync(join(CACHE, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > KEEP_MS) rmSync(join(CACHE, name), { force: true });
  }
  if (existsSync(path)) return path;
  const draft = `${path}.${process.pid}`;
  const child = Bun.spawn([process.execPath, ...buildFlags(draft)], { cwd: ROOT, stdout: 'pipe', stderr: 'pipe' });
  const [out, err, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exit !== 0) throw new Error(`the build failed:\n${out}${err}`);
  // Another test process may have built the same meanwhile: either is good.
  renameSync(draft, path);
  return path;
}

async function sourcesHash(): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256');
  hash.update(`${Bun.revision} ${buildFlags('').join(' ')}`);
  for (const pattern of SOURCES) {
    for (const file of [...new Bun.Glob(pattern).scanSync(ROOT)].sort()) {
      hash.update(`\n${file}\n`).update(await Bun.file(join(ROOT, file)).arrayBuffer());
    }
  }
  return hash.digest('hex').slice(0, 24);
}

/** The `build` script's own flags: what is tested is what is shipped. */
function buildFlags(outfile: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [program, ...flags] = (scripts.build ?? '').split(' ');
  const at = flags.indexOf('--outfile');
  if (program !== 'bun' || at < 0) throw new Error('the build script is not as the tests know it');
  flags[at + 1] = outfile;
  return flags;
}

/** Counted, and out of the way of load. */
const FORM_LIMITS = { LTS_RATE_LIMIT_FORMS: '10000000', LTS_RATE_LIMIT_ENDPOINT: '10000000' };

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** The data folder, `LTS_DATA_DIR`; null: it is left to the program. */
  dir: string | null;
  env?: Record<string, string> | undefined;
  cwd?: string | undefined;
  stdin?: string;
  /** Default: `builtBinary()`. */
  binary?: string | undefined;
  /** What comes before the program on the command line: `unshare`, `setpriv`. */
  wrap?: readonly string[] | undefined;
}

/** Runs one command of the program to its end. */
export async function runBinary(words: readonly string[], options: RunOptions): Promise<Ran> {
  const child = await spawn(words, options);
  const [stdout, stderr, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exit, stdout, stderr };
}

/** The same with `--json`. @returns the value; fails when the command does */
export async function runJson(words: readonly string[], options: RunOptions): Promise<any> {
  const ran = await runBinary([...words, '--json'], options);
  if (ran.exit !== 0) throw new Error(`${words.join(' ')}: exit ${ran.exit}\n${ran.stdout}${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

const children = new Set<Bun.Subprocess>();
let reaper: Bun.Subprocess<'pipe', 'ignore', 'ignore'> | null = null;

/** Kills what it was told of and not told off again when its input ends: with this process, however it goes. */
const REAPER = `
trap '' INT TERM
pids=' '
while read -r line; do
  case $line in
    -*) pids="\${pids%% \${line#-} *} \${pids#* \${line#-} }" ;;
    *) pids="$pids$line " ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done`;

/** No server outlives the tests, also when a test fails half-way. */
function keepTrack(child: Bun.Subprocess): void {
  reaper ??= Bun.spawn(['sh', '-c', REAPER], { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore' });
  const { stdin } = reaper;
  reaper.unref();
  const tell = (line: string) => {
    stdin.write(`${line}\n`);
    void stdin.flush();
  };
  children.add(child);
  tell(`${child.pid}`);
  void child.exited.then(() => {
    children.delete(child);
    tell(`-${child.pid}`);
  });
}

/** Kills every program that still runs. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

async function spawn(words: readonly string[], options: RunOptions) {
  const binary = options.binary ?? (await builtBinary());
  const folder = options.dir === null ? {} : { LTS_DATA_DIR: options.dir };
  const child = Bun.spawn([...(options.wrap ?? []), binary, ...words], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...BARE_ENV, ...folder, ...options.env },
    stdin: new TextEncoder().encode(options.stdin ?? ''),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  keepTrack(child);
  return child;
}

/** A site and a key to it, with both scopes for submissions. */
export interface Access {
  siteId: string;
  key: string;
}

/** Makes a site and a key by the program's own commands. */
export async function createAccess(options: RunOptions, name = 'Example'): Promise<Access> {
  const site = await runJson(['site', 'create', '--name', name], options);
  const words = ['key', 'create', '--site', site.id, '--name', 'test', '--scopes'];
  const { key } = await runJson([...words, 'submissions:write,submissions:read'], options);
  return { siteId: site.id, key };
}

export type Signal = 'SIGTERM' | 'SIGINT' | 'SIGKILL';

/** A server process, which may not listen yet. */
export interface Launched {
  pid: number;
  /** What it has written to stderr so far. */
  logs(): string;
  /** Resolves once the log has this text; fails when the process ends without. */
  logged(text: string): Promise<void>;
  kill(signal: Signal): void;
  /** The exit code; 128 + the number of the signal that ended it. All of the log is there by then. */
  exited: Promise<number>;
  /** Resolves when it listens; fails with its log when it ends before. */
  started: Promise<{ port: number }>;
}

/** Starts a server on a free port, with a log in JSON and no limit that a load would meet. Waits for nothing. */
export async function launchServer(options: RunOptions): Promise<Launched> {
  const env = { LTS_PORT: '0', LTS_LOG_FORMAT: 'json', LTS_RATE_LIMIT_API: '10000000', ...FORM_LIMITS, ...options.env };
  const child = await spawn(['serve'], { ...options, env });
  const log = follow(child.stderr);
  const started = log.until('"server.started"').then((line) => ({ port: JSON.parse(line).port as number }));
  // Who doesn't wait for the start learns of its failure by `exited`.
  started.catch(() => {});
  return {
    pid: child.pid,
    logs: log.text,
    logged: async (text) => void (await log.until(text)),
    kill: (signal) => child.kill(signal),
    exited: log.ended.then(() => child.exited),
    started,
  };
}

/** A server that listens, with a key to it. */
export interface RunningServer extends Launched, Access {
  url: string;
  port: number;
  dir: string;
}

/** Starts a server on the folder and waits until it listens. Without `access` a site and a key are made first. */
export async function startServer(
  options: Omit<RunOptions, 'dir'> & { dir: string; access?: Access | undefined },
): Promise<RunningServer> {
  const access = options.access ?? (await createAccess(options));
  const launched = await launchServer(options);
  const { port } = await launched.started;
  const { siteId, key } = access;
  return { ...launched, siteId, key, port, url: `http://127.0.0.1:${port}`, dir: options.dir };
}

/** Collects a stream of lines, and tells when one with a text has come. */
function follow(stream: ReadableStream<Uint8Array>) {
  let text = '';
  let over = false;
  let waiting: (() => void)[] = [];
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const part of stream) {
      text += decoder.decode(part, { stream: true });
      wake();
    }
    over = true;
    wake();
  };
  return {
    text: () => text,
    ended: read(),
    /** The first whole line that has `wanted`. */
    async until(wanted: string): Promise<string> {
      for (;;) {
        const lines = text.split('\n').slice(0, over ? undefined : -1);
        const line = lines.find((each) => each.includes(wanted));
        if (line !== undefined) return line;
        if (over) throw new Error(`the program ended without ${wanted}:\n${text}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
