import type { HookCheck } from '../../contract/hook.ts';
import { sha256 } from '../../lib/crypto.ts';
import { type Hook, MAX_KEPT_BODY } from '../../store/hooks.ts';
import { adapterOf } from '../sources/list.ts';
import { cleanTree, MAX_NODES, noMarks } from '../values.ts';
import type { HookSender } from './sender.ts';

/** The service that calls a hook; null for a custom webhook. */
export const senderOf = ({ kind }: Pick<Hook, 'kind'>): HookSender | null => adapterOf(kind).hook ?? null;

/** How a hook's calls are checked: by one of the service's ways, or by what was set. */
export function checksOf(hook: Pick<Hook, 'kind' | 'settings'>): readonly HookCheck[] {
  return senderOf(hook)?.checks ?? [hook.settings.check];
}

/** The secret that calls are checked with. */
export const secretName = (hook: Pick<Hook, 'kind'>): string => senderOf(hook)?.checkedWith ?? 'secret';

/** The sender's id of a call, from its headers; null: it has none. */
export function eventInHeaders(hook: Hook, headers: Headers): string | null {
  const { check, eventHeader } = hook.settings;
  if (eventHeader !== null) return headers.get(eventHeader)?.trim() || null;
  if (senderOf(hook) !== null || check.type !== 'standard_webhooks') return null;
  return headers.get('webhook-id') ?? headers.get('svix-id');
}

const SECRET_HEADER = /auth|cookie|token|secret|passw|api-?key|forwarded|-ip$|^ip$/i;
const MAX_HEADERS = 50;
const MAX_HEADER = 500;

/** The headers of a call as they are kept: without what lets others in, or says where a person is. */
export function keptHeaders(headers: Headers, checks: readonly HookCheck[]): [string, string][] {
  const secrets = checks.map(({ type, header }) => (type === 'secret_header' ? header?.toLowerCase() : undefined));
  const kept: [string, string][] = [];
  headers.forEach((value, name) => {
    if (SECRET_HEADER.test(name) || secrets.includes(name) || kept.length >= MAX_HEADERS) return;
    kept.push([name, value.slice(0, MAX_HEADER)]);
  });
  return kept;
}

/**
 * A body as it is kept: as JSON, without members whose names are sensitive and with card numbers masked, as in leads.
 * Null where that is too large.
 */
export function keptBody(body: unknown): string | null {
  const clean = cleanTree(body, { name: '', phone: false, depth: 1, room: { nodes: MAX_NODES } }, noMarks());
  const text = JSON.stringify(clean);
  return Buffer.byteLength(text) > MAX_KEPT_BODY ? null : text;
}

/** What is known again. */
export const eventMark = (event: string): string => sha256(`event:${event}`);
export const signatureMark = (signature: string): string => sha256(`signature:${signature}`);

const MAX_EVENT = 200;

/** By these a lead is stored once, whatever comes twice. */
export const eventKey = (hookId: string, event: string): string =>
  `hook:${hookId}:${event.length > MAX_EVENT ? sha256(event) : event}`;
export const signatureKey = (hookId: string, signature: string): string =>
  `hook-signature:${hookId}:${sha256(signature)}`;
export const callKey = (hookId: string, callId: string, index: number): string =>
  `hook-call:${hookId}:${callId}:${index}`;
