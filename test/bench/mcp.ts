import { type RunningServer, startServer } from '../support/binary.ts';
import { benchDir, load, median, perSecond, type Result, ratio, submissions } from './tools.ts';

const ROUNDS = 3;
const REQUESTS = 20_000;
const CONNECTIONS = 64;

/** A call of get_submission as clients of each era send it. */
function calls(id: string) {
  const params = { name: 'get_submission', arguments: { id } };
  const version = '2026-07-28';
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const message = (more: object) =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...params, ...more } });
  const headers = { 'MCP-Protocol-Version': version, 'Mcp-Method': 'tools/call', 'Mcp-Name': params.name };
  return {
    legacy: { body: message({}), headers: {} },
    modern: { body: message({ _meta: meta }), headers },
  };
}

/** Reads of one lead by MCP over the same by REST, in turns, the median of three; the slower era counts. Spec 8. */
export async function mcpCalls(): Promise<Result[]> {
  const server = await startServer({ dir: benchDir() });
  const id = await storedLead(server);
  const { port, key } = server;
  const rest = { port, key, path: `GET /api/v1/submissions/${id}` };
  const mcp = { port, key, path: '/api/mcp' };
  const options = { connections: CONNECTIONS, requests: REQUESTS };
  const { legacy, modern } = calls(id);
  for (const warm of [legacy, modern]) {
    await mustWork(server, warm);
    await load(mcp, { ...options, ...warm, requests: 5_000 });
  }
  await load(rest, { ...options, requests: 5_000 });
  const ratios = { legacy: [] as number[], modern: [] as number[] };
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const read = await load(rest, options);
    const old = await load(mcp, { ...options, ...legacy });
    const current = await load(mcp, { ...options, ...modern });
    ratios.legacy.push(old.perSecond / read.perSecond);
    ratios.modern.push(current.perSecond / read.perSecond);
    rates.push(current.perSecond);
  }
  server.kill('SIGTERM');
  await server.exited;
  const [before, now] = [median(ratios.legacy), median(ratios.modern)];
  return [
    {
      what: 'MCP tools/call per second ÷ the same read over REST',
      measured: `${ratio(now)}, of the older protocol ${ratio(before)} (${perSecond(median(rates))})`,
      target: '≥ 0.50',
      ok: Math.min(now, before) >= 0.5,
    },
  ];
}

/** A tool that refuses answers 200 as well, and faster. @throws when the call gives no lead */
async function mustWork(
  { url, key }: RunningServer,
  { body, headers }: { body: string; headers: object },
): Promise<void> {
  const all = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers };
  const answer = await (await fetch(`${url}/api/mcp`, { method: 'POST', headers: all, body })).text();
  if (!answer.includes('"structuredContent"')) throw new Error(`the tool gave no lead: ${answer}`);
}

/** Stores the sample lead, by the load's own hand. @returns its id */
async function storedLead(server: RunningServer): Promise<string> {
  await load(submissions(server), { connections: 1, requests: 1 });
  const answer = await fetch(`${server.url}/api/v1/submissions`, {
    headers: { authorization: `Bearer ${server.key}` },
  });
  const { data } = (await answer.json()) as { data: { id: string }[] };
  const [lead] = data;
  if (!lead) throw new Error('the lead was not stored');
  return lead.id;
}
