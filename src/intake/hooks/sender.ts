import type { HookCheck } from '../../contract/hook.ts';
import { type SubmissionCreate, UTM_NAMES } from '../../contract/submission.ts';
import { isObject } from '../normalise.ts';

/** A secret that whoever sets up a hook types in. Kept sealed, never shown again. */
export interface HookSecret {
  name: string;
  label: string;
  /** Where to find it, or what to do with it. */
  help: string;
}

/** A lead out of a call. */
export interface SenderLead {
  /** The sender's id of it: what comes again with the same one is the same lead. Null: it has none. */
  event: string | null;
  /** The sender's form, by its id and name; null: it names none, and the hook's own name is the form's. */
  form: { id: string; name: string } | null;
  input: SubmissionCreate;
}

/** What a call holds: leads, none (and why), or leads that have to be fetched from the sender. */
export type SenderReading =
  | { leads: readonly SenderLead[] }
  | { ignored: string }
  | { fetch: readonly { id: string; detail: Record<string, unknown> }[] };

/** What the sender's own server answered, parsed; `final`: asking again will not help; `message`: why, for people. */
export type Told = { ok: true; told: unknown } | { ok: false; told: unknown; message: string; final: boolean };

/** Asks the sender's own server for JSON. Never throws. */
export type AskSender = (url: string, headers: Record<string, string>) => Promise<Told>;

/** What a lead is fetched with. */
export interface FetchDesk {
  ask: AskSender;
  /** Where the sender's API is, without a slash at the end. */
  base: string;
  secrets: Readonly<Record<string, string>>;
}
/** `final`: asking again will not help. */
export type Fetched = { ok: true; lead: SenderLead } | { ok: false; message: string; final: boolean };

/** What a call says that is only to try the way out. */
export interface SampleLead {
  /** No other call has it. */
  id: string;
  name: string;
  email: string;
  /** No other call has this either. */
  message: string;
  nowMs: number;
}

/** A service whose calls are known here: how they are checked and read. Its file says where that is published. */
export interface HookSender {
  /** What to do at the service, for people. */
  setUp: string;
  secrets: readonly HookSecret[];
  /** How its calls are checked: any of these will do; by the secret of this name. */
  checks: readonly HookCheck[];
  checkedWith: string;
  /** Reads a body that was parsed and is the sender's. Never throws, whatever it is. */
  read(body: unknown): SenderReading;
  /** Answers the request by which the service makes sure of the address; null: it is none. */
  challenge?(query: URLSearchParams, secrets: Readonly<Record<string, string>>): Challenge | null;
  /**
   * The body of a call as the service would send it, which `read` takes as one lead. Text: how to have the service send
   * one, where a lead has to be fetched from it.
   */
  sample: string | ((lead: SampleLead) => unknown);
  /** How it wants a call answered; 202 with the ids unless told otherwise. */
  reply?: 'ok' | 'empty';
  /** Fetches a lead that `read` told of. */
  fetch?(event: { id: string; detail: Readonly<Record<string, unknown>> }, desk: FetchDesk): Promise<Fetched>;
}
export type Challenge = { ok: true; type: 'text/plain' | 'application/json'; body: string } | { ok: false };

/** A member of a value that may be anything; undefined where there is none. */
export function memberOf(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

/** A text that is not empty, or a number as text; else null. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** An RFC 3339 time as the contract has it; null for what is none, so that a lead is never refused for it. */
export function timeOf(value: unknown): string | null {
  const at = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  const isSane = at >= Date.UTC(2000, 0, 1) && at < Date.UTC(2100, 0, 1);
  return isSane ? new Date(at).toISOString() : null;
}

/**
 * Collects fields under the names people gave them; a name that comes again keeps all its values, as a list. Takes the
 * same time for each, however many there are of one name.
 */
export function fieldsOf(pairs: Iterable<readonly [name: string | null, value: unknown]>): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  // Ours to add to: a list that came as a value is not.
  const lists = new Map<string, unknown[]>();
  for (const [given, value] of pairs) {
    if (value === undefined || value === null) continue;
    const name = given ?? 'Answer';
    const before = fields.get(name);
    if (before === undefined) {
      fields.set(name, value);
      continue;
    }
    const list = lists.get(name) ?? [before].flat();
    for (const each of [value].flat()) list.push(each);
    lists.set(name, list);
    fields.set(name, list);
  }
  return Object.fromEntries(fields);
}

/** The UTM values among the members of an object. */
export function utmOf(value: unknown): Partial<Record<(typeof UTM_NAMES)[number], string>> {
  const found = UTM_NAMES.map((name) => [name, textOf(memberOf(value, name))] as const);
  return Object.fromEntries(found.filter(([, text]) => text !== null));
}
