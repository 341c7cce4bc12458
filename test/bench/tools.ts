import { Database } from 'bun:sqlite';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningServer } from '../support/binary.ts';

/** One line of the report: what was measured, against what, and whether that is enough. */
export interface Result {
  what: string;
  measured: string;
  target: string;
  ok: boolean;
}

export interface LoadResult {
  perSecond: number;
  p50: number;
  p99: number;
  failed: number;
}

export function benchDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lts-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Drives an address from a process of its own. @throws when any request failed: such a figure says nothing */
export async function load(
  at: { port: number; path: string; key: string },
  options: { connections: number; requests: number; body?: string; headers?: Record<string, string> },
): Promise<LoadResult> {
  const args = [String(at.port), at.path, at.key, String(options.connections), String(options.requests)];
  const bodyFile = join(benchDir(), 'body.json');
  if (options.body !== undefined) writeFileSync(bodyFile, options.body);
  const script = join(import.meta.dir, 'load.ts');
  const body = options.body === undefined ? '' : bodyFile;
  const child = Bun.spawn([process.execPath, script, ...args, body, JSON.stringify(options.headers ?? {})], {
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const result = JSON.parse(await new Response(child.stdout).text()) as LoadResult;
  if (result.failed > 0) throw new Error(`${result.failed} of ${options.requests} requests to ${at.path} failed`);
  return result;
}

export const submissions = (server: RunningServer) => ({
  port: server.port,
  key: server.key,
  path: '/api/v1/submissions',
});

/** The sample lead of `load.ts`, `n` times, as a batch. */
export function batchBody(n: number): string {
  const fields = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`Field ${i + 1}`, `value ${i + 1} of a lead`]),
  );
  return JSON.stringify({ submissions: Array.from({ length: n }, () => ({ fields })) });
}

/** Median time of one fsync'd SQLite insert, in milliseconds: what a single durable request can't go below. */
export function fsyncInsertMs(times = 300): number {
  const db = new Database(join(benchDir(), 'raw.db'));
  db.run('PRAGMA journal_mode = WAL');
  db.run('PRAGMA synchronous = FULL');
  db.run('CREATE TABLE row (id INTEGER PRIMARY KEY, body TEXT) STRICT');
  const insert = db.query('INSERT INTO row (body) VALUES (?)');
  const body = 'x'.repeat(700);
  const taken = Array.from({ length: times }, () => {
    const startedAt = performance.now();
    insert.run(body);
    return performance.now() - startedAt;
  }).sort((a, b) => a - b);
  db.close();
  return taken[Math.floor(times / 2)] ?? 0;
}

/** Rows a second of raw bun:sqlite inserting rows like ours, 1,000 to a transaction. */
export function rawInsertsPerSecond(rows = 100_000): number {
  const db = new Database(join(benchDir(), 'raw.db'));
  db.run('PRAGMA journal_mode = WAL');
  db.run('PRAGMA synchronous = FULL');
  db.run('CREATE TABLE lead (site_id TEXT, id TEXT, form_id TEXT, created_at INTEGER, body TEXT) STRICT');
  db.run('CREATE UNIQUE INDEX lead_site ON lead (site_id, id)');
  db.run('CREATE INDEX lead_form ON lead (form_id, id)');
  db.run('CREATE INDEX lead_pending ON lead (site_id, form_id, id)');
  const insert = db.query('INSERT INTO lead VALUES (?, ?, ?, ?, ?)');
  const body = 'x'.repeat(700);
  const startedAt = performance.now();
  for (let i = 0; i < rows; i += 1_000) {
    const batch = db.transaction(() => {
      for (let k = 0; k < 1_000; k++) {
        insert.run(
          'site_000000000000000000000',
          `sub_${String(i + k).padStart(21, '0')}`,
          'frm_000000000000000000000',
          i,
          body,
        );
      }
    });
    batch.immediate();
  }
  db.close();
  return rows / ((performance.now() - startedAt) / 1000);
}

/** Resident memory of a process, in MB. Linux. */
export async function residentMb(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text();
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** How many rows of the server's site wait for its sheet; at most 10,000 are counted. */
export async function pendingRows(server: RunningServer): Promise<number> {
  const url = `${server.url}/api/v1/submissions?per_page=1&sync_status=pending`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${server.key}` } });
  const { pagination } = (await answer.json()) as { pagination: { total: number } };
  return pagination.total;
}

/** Polls until `done` says so; bounded. @throws after `limitMs` */
export async function until(done: () => boolean | Promise<boolean>, limitMs: number, what: string): Promise<void> {
  const startedAt = performance.now();
  while (!(await done())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await Bun.sleep(20);
  }
}

/** The middle one of several runs: one disturbed run doesn't decide. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export const ratio = (value: number) => value.toFixed(2);
export const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const perSecond = (value: number) => `${Math.round(value).toLocaleString('en')}/s`;
