import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fuzzRaw } from '../fuzz/raw.ts';
import type { FuzzRequest } from '../fuzz/requests.ts';
import { type FuzzTarget, fuzz } from '../fuzz/run.ts';
import { type RunningServer, runJson, startServer } from '../support/binary.ts';
import { got } from '../support/error-shape.ts';

export interface FuzzRun {
  /** An empty folder for this run alone. */
  root: string;
  requests: number;
  seed: number;
  onProgress?: (line: string) => void;
}

export interface FuzzSoakReport {
  requests: number;
  raw: number;
  stored: number;
  /** Resident memory in MB: after a fifth of the requests, and at the end. */
  memory: { early: number; late: number };
  /** Empty: nothing was wrong. */
  problems: string[];
}

/** Damaged HTTP is a tenth of it. */
const RAW_SHARE = 0.1;
/** Forms, field names and caches grow at first; after a fifth all pools are drawn from. */
const EARLY_SHARE = 0.2;
/** How much more memory may be held at the end, in MB: what the garbage collector leaves for later, and no more. */
const MAX_GROWTH_MB = 64;
const ALL_SCOPES = 'submissions:read,submissions:write,forms:read,forms:write';

/** Sends malformed requests of all kinds to the compiled program, and looks at its memory on the way. */
export async function fuzzBinary({ root, requests, seed, onProgress }: FuzzRun): Promise<FuzzSoakReport> {
  const dir = join(root, 'data');
  const server = await startServer({ dir });
  const target = await targetOf(server, dir);
  const raw = Math.floor(requests * RAW_SHARE);
  const samples: number[] = [];
  const structured = requests - raw;
  const report = await fuzz(target, {
    requests: structured,
    seed,
    onChunk(sent) {
      samples.push(residentMb(server.pid));
      if (sent % 10_000 === 0) onProgress?.(`fuzz: ${sent} of ${requests} requests, ${samples.at(-1)} MB`);
    },
  });
  const problems = [...report.problems];
  problems.push(...(await fuzzRaw({ port: server.port, key: server.key }, { requests: raw, seed })));
  samples.push(residentMb(server.pid));
  const early = Math.max(...samples.slice(0, Math.ceil(samples.length * EARLY_SHARE)));
  const late = samples.at(-1) ?? 0;
  if (late > early + MAX_GROWTH_MB) problems.push(`memory grew from ${early} to ${late} MB`);
  problems.push(...logProblems(server.logs()));
  server.kill('SIGTERM');
  const exit = await server.exited;
  if (exit !== 0) problems.push(`the server ended with ${exit}:\n${server.logs().slice(-2_000)}`);
  return { requests: report.requests, raw, stored: report.stored, memory: { early, late }, problems };
}

async function targetOf(server: RunningServer, dir: string): Promise<FuzzTarget> {
  const makeKey = async (site: string, scopes: string): Promise<{ id: string; key: string }> =>
    runJson(['key', 'create', '--site', site, '--name', 'fuzz', '--scopes', scopes], { dir });
  const main = await makeKey(server.siteId, ALL_SCOPES);
  const reader = await makeKey(server.siteId, 'submissions:read');
  const revoked = await makeKey(server.siteId, ALL_SCOPES);
  await runJson(['key', 'revoke', revoked.id], { dir });
  const other = await runJson(['site', 'create', '--name', 'Other'], { dir });
  const otherKey = await makeKey(other.id, ALL_SCOPES);
  const send = async ({ method, path, headers, body }: FuzzRequest) => {
    const withBody = body === null || method === 'GET' || method === 'HEAD' ? {} : { body };
    return got(await fetch(`${server.url}${path}`, { method, headers, ...withBody, redirect: 'manual' }));
  };
  const theirs = await send({
    method: 'POST',
    path: '/api/v1/submissions',
    headers: { authorization: `Bearer ${otherKey.key}`, 'content-type': 'application/json' },
    body: '{"fields":{"a":"1"}}',
  });
  const { data } = JSON.parse(theirs.text) as { data: { id: string; form_id: string } };
  return { send, keys: [main.key, reader.key, revoked.key], strangers: [data.id, data.form_id] };
}

/** What a fault leaves in the log, whoever got which answer. */
function logProblems(logs: string): string[] {
  const errors = logs.split('\n').filter((line) => line.includes('"level":"error"'));
  return errors.slice(0, 5).map((line) => `the log has an error: ${line.slice(0, 500)}`);
}

/** Linux alone tells; elsewhere 0, which never grows. */
function residentMb(pid: number): number {
  try {
    const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kb) / 1024);
  } catch {
    return 0;
  }
}
