import { Form } from '../../src/contract/form.ts';
import { Page } from '../../src/contract/page.ts';
import { Data } from '../../src/contract/schema.ts';
import { Site } from '../../src/contract/site.ts';
import { Submission } from '../../src/contract/submission.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { errorProblems, type Got } from '../support/error-shape.ts';
import type { ApiDocument, FuzzRequest } from './requests.ts';

const BODIES = {
  submission: compileContract(Data(Submission)),
  page: compileContract(Page(Submission)),
  form: compileContract(Data(Form)),
  site: compileContract(Data(Site)),
};
const submission = compileContract(Submission);
/** What a good answer of an operation holds, by its id. */
const GOOD: Readonly<Record<string, keyof typeof BODIES>> = {
  createSubmission: 'submission',
  getSubmission: 'submission',
  listSubmissions: 'page',
  getForm: 'form',
  updateForm: 'form',
  getSite: 'site',
};

/** What is answered where there is no operation. */
const NOWHERE: ReadonlySet<number> = new Set([400, 404, 405, 429]);
const MCP: ReadonlySet<number> = new Set([200, 202, 400, 401, 403, 404, 405, 413, 415]);
/** JSON-RPC: a fault of ours. */
const INTERNAL_ERROR = -32_603;
const MAX_TEXT = 10_000;
/** As the fuzzer sends them. */
const CARDS = ['4111111111111111', '4111 1111 1111 1111'];

type Json = Record<string, any>;

/** Says of each answer what is wrong with it, and counts what the answers promise. */
export class Judge {
  /** How often each operation had each status: `createSubmission 201`. */
  readonly seen = new Map<string, number>();
  /** Leads that answers said were made. */
  created = 0;
  readonly #document: ApiDocument;

  constructor(document: ApiDocument) {
    this.#document = document;
  }

  /** What is wrong with an answer; empty: nothing. */
  problems(request: FuzzRequest, answer: Got): string[] {
    // Addresses and headers over its limit are refused by the parser, before anything of ours is asked.
    if (answer.status === 431 && answer.text === '') return [];
    const path = plainPath(request.path);
    if (path === '/api/mcp' || path === '/api/mcp/') return this.#ofMcp(request, answer);
    const operation = this.#operationOf(request.method, path);
    this.#note(operation?.operationId ?? 'nowhere', answer.status);
    const problems = answer.status >= 500 ? [`${answer.status}`] : [];
    const documented = operation ? String(answer.status) in operation.responses : NOWHERE.has(answer.status);
    if (!documented && !(operation === null && isElsewhere(path))) problems.push('the status is not documented');
    if (answer.status >= 400 && request.method !== 'HEAD') problems.push(...errorProblems(answer));
    if (answer.status >= 200 && answer.status < 300 && operation)
      problems.push(...this.#ofGood(operation.operationId, request, answer));
    if (request.method === 'HEAD' && answer.text !== '') problems.push('HEAD has a body');
    return problems;
  }

  #ofGood(operationId: string, { method }: FuzzRequest, { text, header }: Got): string[] {
    if (method === 'HEAD') return [];
    const body = parsed(text);
    if (body === null) return ['a good answer is no JSON'];
    if (operationId === 'createSubmissions') {
      const made = (body.data as { status: string }[]).filter(({ status }) => status === 'created').length;
      if (header('idempotent-replayed') === null) this.created += made;
      return [];
    }
    if (operationId === 'createSubmission' && header('idempotent-replayed') === null) this.created++;
    const contract = GOOD[operationId];
    return contract ? BODIES[contract].details(body).map(({ path, message }) => `${path} ${message}`) : [];
  }

  #ofMcp({ method }: FuzzRequest, answer: Got): string[] {
    const { status, text, header } = answer;
    this.#note('mcp', status);
    if (!MCP.has(status)) return [`${status} from MCP`];
    if (method === 'HEAD' || (status === 202 && text === '')) return [];
    const body = parsed(text.replace(/^event: message\ndata: /, ''));
    if (body === null) return [`MCP says ${text.slice(0, 100)}`];
    if (body.jsonrpc !== '2.0')
      return errorProblems(answer).filter((problem) => !problem.startsWith('WWW-Authenticate'));
    if (header('x-request-id') === null) return ['MCP gives no request id'];
    if (body.error?.code === INTERNAL_ERROR) return [`MCP is at fault: ${text}`];
    const result = body.result?.structuredContent;
    if (result?.replayed === false) {
      this.created++;
      return submission.details(result.data).map(({ path, message }) => `${path} ${message}`);
    }
    return [];
  }

  #operationOf(method: string, path: string) {
    const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const { paths } = this.#document;
    const [, methods] =
      Object.entries(paths).find(([pattern]) => pattern === bare) ??
      Object.entries(paths).find(([pattern]) => matcherOf(pattern).test(bare)) ??
      [];
    return methods?.[method === 'HEAD' ? 'get' : method.toLowerCase()] ?? null;
  }

  #note(what: string, status: number): void {
    const key = `${what} ${status}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
  }
}

/** The path as it arrives: what the URL standard makes of dots. */
const plainPath = (path: string) => new URL(`http://localhost${path}`).pathname;
const matcherOf = (pattern: string) => new RegExp(`^${pattern.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
/** Not part of the API: pages, health, what clients of MCP look for. */
const isElsewhere = (path: string) => !path.startsWith('/api/v1/');

/** The members of a JSON object; null for anything else. */
function parsed(text: string): Json | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Json) : null;
  } catch {
    return null;
  }
}

/** What is wrong with a stored lead, whatever it was made from. Spec 1, "Sanitising"; spec 2, "Submission". */
export function leadProblems(lead: Submission): string[] {
  const problems = submission.details(lead).map(({ path, message }) => `${path} ${message}`);
  const text = JSON.stringify(lead);
  // Looked for in the texts themselves: a text may hold the six characters of an escape.
  JSON.parse(text, (name: string, value: unknown) => {
    if (!name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
      problems.push('holds half a surrogate pair');
    }
    return value;
  });
  if (/\\u00[01][0-9a-f](?<!\\u0009|\\u000a)/i.test(text)) problems.push('holds a control character');
  const names = Object.keys(lead.fields);
  if (names.length > 200) problems.push(`has ${names.length} fields`);
  for (const name of names) {
    if (name === '' || [...name].length > 200 || name !== name.trim())
      problems.push(`has a field ${JSON.stringify(name)}`);
  }
  for (const value of Object.values(lead.fields).flat()) {
    if (typeof value === 'string' && [...value].length > MAX_TEXT) problems.push('has a text that is too long');
    if (typeof value === 'string' && CARDS.includes(value)) problems.push('holds a card number');
  }
  return problems.map((problem) => `${lead.id} ${problem}`);
}
