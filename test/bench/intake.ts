import { join } from 'node:path';
import { type RunningServer, startServer } from '../support/binary.ts';
import { SAMPLE_FIELDS, SAMPLE_PAGE } from './sample.ts';
import {
  batchBody,
  benchDir,
  fsyncInsertMs,
  load,
  median,
  ms,
  pendingRows,
  perSecond,
  type Result,
  ratio,
  rawInsertsPerSecond,
  residentMb,
  submissions,
  until,
} from './tools.ts';

const ROUNDS = 5;
const REQUESTS = 40_000;

/** Compiles and starts the echo that the durable endpoint is measured against. */
export async function startEcho(flags: readonly string[]): Promise<{ port: number; stop(): void }> {
  const outfile = join(benchDir(), 'echo');
  const build = Bun.spawn(
    [process.execPath, 'build', ...flags, join(import.meta.dir, 'echo.ts'), '--outfile', outfile],
    {
      stdout: 'ignore',
      stderr: 'inherit',
    },
  );
  if ((await build.exited) !== 0) throw new Error('the echo could not be compiled');
  const child = Bun.spawn([outfile], { stdout: 'pipe', stderr: 'inherit' });
  for await (const chunk of child.stdout) {
    return { port: (JSON.parse(new TextDecoder().decode(chunk)) as { port: number }).port, stop: () => child.kill() };
  }
  throw new Error('the echo did not start');
}

/** The sample lead as a browser sends it. */
const FORM = new URLSearchParams(SAMPLE_FIELDS).toString();

/** The site's form endpoint. */
async function formEndpoint(server: RunningServer): Promise<{ port: number; path: string; key: string }> {
  const answer = await fetch(`${server.url}/api/v1/site`, { headers: { authorization: `Bearer ${server.key}` } });
  const { data } = (await answer.json()) as { data: { endpoint_id: string } };
  return { port: server.port, path: `/f/${data.endpoint_id}`, key: 'none' };
}

/**
 * Durable single leads, by REST and by form, over an echo of the same body, in turns, the median of five. Spec 8, rows
 * 1 and 2.
 */
export async function singlePosts(server: RunningServer, echo: { port: number }): Promise<Result[]> {
  const echoAt = { port: echo.port, path: '/echo', key: 'none' };
  const formAt = await formEndpoint(server);
  const form = {
    connections: 64,
    requests: REQUESTS,
    body: FORM,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      Accept: 'application/json',
      Referer: SAMPLE_PAGE,
    },
  };
  await load(echoAt, { connections: 64, requests: 10_000 });
  await load(submissions(server), { connections: 64, requests: 10_000 });
  await load(formAt, { ...form, requests: 10_000 });
  const ratios: number[] = [];
  const rates: number[] = [];
  const formRatios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const echoed = await load(echoAt, { connections: 64, requests: REQUESTS });
    const stored = await load(submissions(server), { connections: 64, requests: REQUESTS });
    ratios.push(stored.perSecond / echoed.perSecond);
    rates.push(stored.perSecond);
    formRatios.push((await load(formAt, form)).perSecond / echoed.perSecond);
  }
  const formShare = median(formRatios);
  const fsync = fsyncInsertMs();
  const single = await load(submissions(server), { connections: 1, requests: 1_000 });
  const share = median(ratios);
  return [
    {
      what: 'durable POSTs per second, 64 connections ÷ echo of the same body',
      measured: `${ratio(share)} (${perSecond(median(rates))}; rounds ${ratios.map(ratio).join(', ')})`,
      target: '≥ 0.40',
      ok: share >= 0.4,
    },
    {
      what: 'durable web forms per second, 64 connections ÷ the same echo',
      measured: `${ratio(formShare)} (rounds ${formRatios.map(ratio).join(', ')})`,
      target: '≥ 0.30',
      ok: formShare >= 0.3,
    },
    {
      what: "p50 at 1 connection ÷ one fsync'd SQLite insert",
      measured: `${ratio(single.p50 / fsync)} (${ms(single.p50)} ÷ ${ms(fsync)})`,
      target: '≤ 3',
      ok: single.p50 <= 3 * fsync,
    },
  ];
}

/** Leads a second through the batch endpoint; then what a million of them do to memory and start. */
export async function batches(leads: number): Promise<Result[]> {
  const raw = rawInsertsPerSecond();
  const dir = benchDir();
  const server = await startServer({ dir });
  const idleMb = await residentMb(server.pid);
  const empty = await load(submissions(server), { connections: 64, requests: 20_000 });
  const path = '/api/v1/submissions/batch';
  const at = { port: server.port, key: server.key, path };
  const imported = await load(at, { connections: 2, requests: leads / 1_000, body: batchBody(1_000) });
  const rate = imported.perSecond * 1_000;
  // Both rates without a backlog beside them: what is asked is what a large table costs.
  await until(async () => (await pendingRows(server)) === 0, 600_000, 'the rows of the import');
  const full = await load(submissions(server), { connections: 64, requests: 20_000 });
  const fullMb = await residentMb(server.pid);
  server.kill('SIGTERM');
  await server.exited;
  const startMs = await startTime(dir, server);
  return [
    {
      what: 'batch import',
      measured: `${perSecond(rate)}, ${ratio(rate / raw)} × raw bun:sqlite`,
      target: '≥ 40,000/s or ≥ 0.6 × raw',
      ok: rate >= 40_000 || rate >= 0.6 * raw,
    },
    {
      what: `rate with ${leads.toLocaleString('en')} leads stored ÷ when empty`,
      measured: ratio(full.perSecond / empty.perSecond),
      target: '≥ 0.9',
      ok: full.perSecond >= 0.9 * empty.perSecond,
    },
    { what: 'memory, idle', measured: `${idleMb.toFixed(0)} MB`, target: '≤ 90 MB', ok: idleMb <= 90 },
    {
      what: `memory after ${leads.toLocaleString('en')} leads taken`,
      measured: `${fullMb.toFixed(0)} MB`,
      target: '≤ 160 MB',
      ok: fullMb <= 160,
    },
    {
      what: `start to first answer, ${leads.toLocaleString('en')} leads`,
      measured: ms(startMs),
      target: '≤ 150 ms',
      ok: startMs <= 150,
    },
  ];
}

/** From the start of the process to its first answer, the median of five, in milliseconds. */
async function startTime(dir: string, access: { siteId: string; key: string }): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < 5; i++) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const startedAt = performance.now();
    const starting = startServer({ dir, access, env: { LTS_PORT: String(port) } });
    for (;;) {
      const answered = await fetch(`http://127.0.0.1:${port}/healthz`).then(
        (response) => response.ok,
        () => false,
      );
      if (answered) break;
      if (performance.now() - startedAt > 20_000) throw new Error('the server did not start');
      await Bun.sleep(1);
    }
    taken.push(performance.now() - startedAt);
    const server = await starting;
    server.kill('SIGTERM');
    await server.exited;
  }
  return median(taken);
}
