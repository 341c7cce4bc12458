import type { HookCheck, HookKind, HookMapping } from '../contract/hook.ts';

/** So many calls of a hook are kept, and for so long. Spec 3, "Custom webhook". */
export const KEPT_CALLS = 20;
export const CALL_MEMORY_MS = 7 * 86_400_000;
/** Bodies beyond this are not kept. */
export const MAX_KEPT_BODY = 65_536;
/** For how long an event that comes again is known. */
export const SEEN_MEMORY_MS = 30 * 86_400_000;

/** What of a hook is neither its name nor secret. */
export interface HookSettings {
  /** For custom webhooks; the others bring their own. */
  check: HookCheck;
  eventHeader: string | null;
  eventPath: string | null;
}

/** An address that another service sends leads to. Its secrets are sealed; the store can't open them. */
export interface Hook {
  id: string;
  siteId: string;
  kind: HookKind;
  name: string;
  tokenHash: string;
  tokenSealed: string;
  mapping: HookMapping;
  settings: HookSettings;
  secrets: Readonly<Record<string, string>>;
  active: boolean;
  createdAt: number;
  lastCallAt: number | null;
}

export type NewHook = Omit<Hook, 'id' | 'createdAt' | 'lastCallAt'>;
export type HookChange = Partial<Pick<Hook, 'name' | 'mapping' | 'settings' | 'secrets' | 'active'>>;

/**
 * `taken`: made leads; `repeated`: had made them before; `waiting`: is to be fetched; `ignored`: held no lead;
 * `refused`: made none; `failed`: the sender would not give the lead away.
 */
export const CALL_OUTCOMES = ['taken', 'repeated', 'waiting', 'ignored', 'refused', 'failed'] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** One call of a hook, and what became of it. */
export interface HookCall {
  /** Made when the call came in: what it makes is known by it. */
  id: string;
  hookId: string;
  at: number;
  method: string;
  /** Without those that hold secrets. */
  headers: readonly (readonly [name: string, value: string])[];
  /** As it came; null: it was over `MAX_KEPT_BODY`, or no UTF-8. */
  body: string | null;
  bytes: number;
  /** Whether it was shown to be the sender's: only then may it be sent again from here. */
  verified: boolean;
  outcome: CallOutcome;
  /** The outcome in words. */
  message: string;
  leadIds: readonly string[];
}

/** What is known again when it comes again: the hash of an event's id or of a signature. */
export interface HookMark {
  mark: string;
  leadIds: readonly string[];
}

/** A lead that a sender told of, to be fetched from it. */
export interface HookEvent {
  hookId: string;
  /** The sender's own id of it. */
  id: string;
  /** What the sender said of it, besides. */
  detail: Readonly<Record<string, unknown>>;
  attempts: number;
  nextAt: number;
  /** Why the last try failed. */
  problem: string | null;
  createdAt: number;
}

export interface HookStore {
  /** From memory: every call asks. Null: there is none. */
  findByToken(tokenHash: string): Hook | null;
  /** From memory. */
  byId(id: string): Hook | null;
  get(siteId: string, id: string): Hook | null;
  /** Those of a site, oldest first. */
  list(siteId: string): Hook[];
  create(input: NewHook): Promise<Hook>;
  /** Null when the site has no such hook. */
  update(siteId: string, id: string, change: HookChange): Promise<Hook | null>;
  /** With its calls and whatever waits to be fetched; its leads stay. False: the site has no such hook. */
  remove(siteId: string, id: string): Promise<boolean>;

  /** The last calls, newest first. */
  calls(hookId: string): HookCall[];
  call(hookId: string, id: string): HookCall | null;
  /** Kept calls of a site's hooks in which this e-mail address stands anywhere, newest first. */
  callsWith(siteId: string, address: string): HookCall[];
  /** Forgets kept calls of a site's hooks; how many there were. */
  forgetCalls(siteId: string, ids: readonly string[]): Promise<number>;
  /**
   * Keeps a call in place of the oldest of its hook, and, for each mark, that what it stands for has come and made these
   * leads; a call that is kept already (sent again) gets its new outcome. Does nothing for a hook that is gone.
   */
  note(call: HookCall, marks: readonly HookMark[]): Promise<void>;
  /** The leads that a mark came with; null: it never came. */
  seen(hookId: string, mark: string): readonly string[] | null;

  /** Keeps what is to be fetched, in one transaction; what waits already is kept once. */
  keepEvents(hookId: string, events: readonly Pick<HookEvent, 'id' | 'detail'>[]): Promise<void>;
  /** Those whose time has come, the longest waiting first. */
  dueEvents(nowMs: number, limit: number): HookEvent[];
  /** How many of a hook wait, and why the last one to fail did. */
  waiting(hookId: string): { count: number; problem: string | null };
  /** It is fetched, or given up. */
  dropEvent(hookId: string, id: string): Promise<void>;
  postponeEvent(hookId: string, id: string, nextAt: number, problem: string): Promise<void>;
}
