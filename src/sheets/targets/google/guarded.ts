import type { SheetTab } from '../../../store/sheets.ts';
import type { FlushOutcome } from '../../target.ts';
import type { BatchRequest } from './api.ts';
import { GUARD_BASE } from './mapping.ts';
import { type Built, buildBatch } from './plan.ts';
import { afterWrite } from './settle.ts';
import { type Step, wrote } from './step.ts';

const MOST_REFUSALS = 5;
const HELD_MS = 300_000;

/** May be lost at any moment: it spares calls. */
export interface ChoreMemory {
  /** How often rows and cells went first since the last chore. */
  passedOver: number;
  /** How often Google refused a write to a tab because something had moved, in a row. */
  refused: Map<string, number>;
  /** Tabs that are left alone until then, on the monotonic clock. */
  heldUntil: Map<string, number>;
  /** A look showed rows that are marked: left by a process that died, or by a database that was set back since. */
  marksSeen: boolean;
  /** Deleted leads whose row was found under the Lead ID column: none is looked for elsewhere. */
  rowsFound: Set<string>;
}

export const newChores = (): ChoreMemory => ({
  passedOver: 0,
  refused: new Map(),
  heldUntil: new Map(),
  marksSeen: false,
  rowsFound: new Set(),
});

/** What can be known without a call. */
export type Offline = Pick<Step, 'deps' | 'at' | 'book' | 'chores'>;

/** Leaves a tab alone for a while: what has to change there is for somebody else to do. */
export function hold({ chores, deps }: Step, tabId: string, ms = HELD_MS): void {
  chores.heldUntil.set(tabId, deps.clock.monotonic() + ms);
}

export function isHeld({ chores, deps }: Offline, tab: SheetTab): boolean {
  return (chores.heldUntil.get(tab.id) ?? Number.NEGATIVE_INFINITY) > deps.clock.monotonic();
}

/**
 * Sends requests under a guard of their own, committed before the send: one whose answer is lost is made void before
 * anything else is planned, and can't be applied late. A refusal for what was asked is no trouble: something has moved
 * since it was read, so it is read anew; a tab that refuses again and again is left alone for a while.
 */
export async function sendGuarded(
  step: Step,
  requests: readonly { tabId: string; request: BatchRequest }[],
): Promise<{ applied: boolean; outcome: FlushOutcome }> {
  const { sheets } = step.deps.store;
  const batch = await sheets.planBatch({ siteId: step.at.site.id, book: step.book, guardBase: GUARD_BASE, leads: [] });
  const built = buildBatch(step, batch, new Map(), [], new Map());
  const own = built.requests.length;
  for (const { tabId, request } of requests) {
    built.requests.push(request);
    built.owners.push(tabId);
  }
  const reply = await step.api.batchUpdate(step.book, built.requests);
  if (reply.ok) {
    for (const { tabId } of requests) step.chores.refused.delete(tabId);
    return { applied: true, outcome: await afterWrite(step, batch, built, reply) };
  }
  const { applied, kind, problem, requestIndex } = reply.failure;
  if (applied === 'maybe' || kind !== 'request' || requestIndex === null || requestIndex < own) {
    return { applied: false, outcome: await afterWrite(step, batch, built, reply) };
  }
  await sheets.settleBatch(batch.id, { state: 'planned', error: problem.code });
  countRefusal(step, built, requestIndex);
  return { applied: false, outcome: wrote(0, 0) };
}

function countRefusal(step: Step, { owners }: Built, requestIndex: number): void {
  const tabId = owners[requestIndex];
  if (!tabId) return;
  const times = (step.chores.refused.get(tabId) ?? 0) + 1;
  step.chores.refused.set(tabId, times);
  if (times < MOST_REFUSALS) return;
  step.chores.refused.delete(tabId);
  hold(step, tabId);
  step.deps.log.warn('sheet.chore_refused', { book: step.book, tab: tabId });
}
