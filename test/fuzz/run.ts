import * as fc from 'fast-check';
import type { Pagination } from '../../src/contract/page.ts';
import type { Submission } from '../../src/contract/submission.ts';
import type { Got } from '../support/error-shape.ts';
import { Judge, leadProblems } from './judge.ts';
import { type ApiDocument, type FuzzRequest, type Known, requestsOf, type Tool } from './requests.ts';

/** A server, however it is reached. */
export interface FuzzTarget {
  send(request: FuzzRequest): Promise<Got>;
  /** A good key with all scopes first, then others with less or nothing behind them. */
  keys: readonly string[];
  /** Ids of another site's objects. */
  strangers: readonly string[];
}

export interface FuzzReport {
  requests: number;
  stored: number;
  /** How often each operation had each status. */
  seen: ReadonlyMap<string, number>;
  /** Empty: nothing was wrong. Each names the request it came of. */
  problems: string[];
}

const MAX_PROBLEMS = 10;
/** Requests that are made at once; their seed repeats them. */
const CHUNK = 500;
const AT_ONCE = 16;

/**
 * Sends so many requests, judges each answer, and in the end all that is stored: every lead has to keep the contract,
 * and there have to be exactly as many as the answers said.
 */
export async function fuzz(
  target: FuzzTarget,
  options: { requests: number; seed: number; onChunk?: (sent: number) => Promise<void> | void },
): Promise<FuzzReport> {
  const api = plainCalls(target);
  const document = await api<ApiDocument>('GET', '/api/v1/openapi.json');
  const known = await prepare(target, api);
  const judge = new Judge(document);
  const before = (await storedLeads(api)).length;
  const problems: string[] = [];
  const requests = requestsOf(document, known);
  let sent = 0;
  while (sent < options.requests && problems.length < MAX_PROBLEMS) {
    const seed = options.seed + sent / CHUNK;
    const chunk = fc.sample(requests, { numRuns: Math.min(CHUNK, options.requests - sent), seed });
    await sendAll(target, chunk, (request, answer) => {
      for (const problem of judge.problems(request, answer)) {
        problems.push(`${problem}\n  of ${shown(request)}\n  answered ${answer.status} ${answer.text.slice(0, 300)}`);
      }
    });
    sent += chunk.length;
    await options.onChunk?.(sent);
  }
  const leads = await storedLeads(api);
  problems.push(...leads.flatMap(leadProblems).slice(0, MAX_PROBLEMS));
  const stored = leads.length - before;
  if (stored !== judge.created) problems.push(`${stored} leads are stored, but answers said ${judge.created}`);
  return { requests: sent, stored, seen: judge.seen, problems };
}

async function sendAll(
  target: FuzzTarget,
  requests: readonly FuzzRequest[],
  judge: (request: FuzzRequest, answer: Got) => void,
): Promise<void> {
  const waiting = [...requests];
  const worker = async () => {
    for (let request = waiting.shift(); request; request = waiting.shift()) judge(request, await target.send(request));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const shown = (request: FuzzRequest) =>
  JSON.stringify({ ...request, path: request.path.slice(0, 300), body: request.body?.slice(0, 500) });

type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** Calls that have to succeed. */
function plainCalls({ send, keys }: FuzzTarget): Call {
  return async <T>(method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${keys[0]}`, 'content-type': 'application/json' };
    const answer = await send({ method, path, headers, body: body === undefined ? null : JSON.stringify(body) });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as T;
  };
}

/** Leads and forms to ask for, cursors to go on from, and the tools of MCP. */
async function prepare({ keys, strangers }: FuzzTarget, api: Call): Promise<Known> {
  const ids: string[] = [...strangers, 'batch', 'openapi.json'];
  for (const form_name of ['API', 'Contact', 'Newsletter']) {
    const { data } = await api<{ data: Submission }>('POST', '/api/v1/submissions', { fields: { a: '1' }, form_name });
    ids.push(data.id, data.form_id);
  }
  const cursors: string[] = ['', 'x'];
  for (const sort of ['created_at', '-created_at']) {
    const page = await api<{ pagination: Pagination }>('GET', `/api/v1/submissions?per_page=1&sort=${sort}`);
    cursors.push(page.pagination.next_cursor ?? '');
  }
  const listed = await api<{ result: { tools: Tool[] } }>('POST', '/api/mcp', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/list',
  });
  return { keys, ids, cursors, tools: listed.result.tools };
}

async function storedLeads(api: Call): Promise<Submission[]> {
  const leads: Submission[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? '' : `&cursor=${cursor}`;
    const path = `/api/v1/submissions?per_page=100&spam=include&sort=created_at${next}`;
    const page = await api<{ data: Submission[]; pagination: Pagination }>('GET', path);
    leads.push(...page.data);
    cursor = page.pagination.next_cursor;
  } while (cursor !== null);
  return leads;
}
