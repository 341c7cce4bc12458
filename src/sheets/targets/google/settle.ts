import type { SheetBatch } from '../../../store/sheets.ts';
import type { FlushOutcome } from '../../target.ts';
import type { GoogleFailure, Reply } from './api.ts';
import { expireForRoom } from './look.ts';
import { VOID } from './mapping.ts';
import type { Built } from './plan.ts';
import { createGuard, deleteTag, readPlaces } from './requests.ts';
import { again, failed, type Step, wrote } from './step.ts';
import { pauseTab } from './tabs.ts';

/**
 * What the answer to a guarded write means. Whatever is written down here, the next step begins by looking whether
 * the open batch's guard is in the spreadsheet: that alone decides whether its rows are there. google-sheets.md 5.5.
 *
 * A crash before any of these commits leaves the batch `sending`, which counts as `ambiguous` at the next start.
 */
export async function afterWrite(
  step: Step,
  batch: SheetBatch,
  built: Built,
  reply: Reply<{ replies: unknown[] }>,
): Promise<FlushOutcome> {
  if (!reply.ok) return refused(step, batch, built, reply.failure);
  noteGuard(step, batch.guardId);
  step.memory.expired = [];
  step.memory.keepGuards = false;
  step.memory.roomNeeded = false;
  // They were there once: one that is missing from now on was deleted by somebody, and is not made again.
  for (const { tabId, columns } of built.made) {
    await step.deps.store.sheets.putColumns(
      tabId,
      columns.map((column) => ({ ...column, state: 'active' })),
    );
  }
  if (!landedAsPlanned(built, reply.value.replies)) {
    // The rows are there, but some values stand beside their columns. The batch stays open until they are mended:
    // the next look finds its guard, and compares the rows before it settles them.
    await step.deps.store.sheets.settleBatch(batch.id, { state: 'ambiguous', error: 'columns_moved' });
    return wrote(0, 0);
  }
  await step.deps.store.sheets.settleBatch(batch.id, { state: 'delivered' });
  widen(step);
  return wrote(built.rows, 0);
}

/** A delivered batch: the next may be twice as large again, after a lead was narrowed down. */
export function widen(step: Step): void {
  step.memory.rowLimit = Math.min(step.limits.rows, step.memory.rowLimit * 2);
}

function noteGuard(step: Step, guard: number): void {
  step.memory.guardsMade += 1;
  step.memory.guardAge.set(guard, step.deps.clock.monotonic());
  step.memory.held = null;
}

export function landedAsPlanned(built: Built, replies: readonly unknown[]): boolean {
  return built.expected.every(({ at, places }) => {
    const found = readPlaces(replies[at]);
    if (!found) return false;
    for (const [id, index] of places) if (found.get(id) !== index) return false;
    return true;
  });
}

async function refused(step: Step, batch: SheetBatch, built: Built, failure: GoogleFailure): Promise<FlushOutcome> {
  const { sheets } = step.deps.store;
  const { problem, requestIndex } = failure;
  const uncertain = failure.applied === 'maybe';
  // A definite refusal says nothing of earlier sends whose fate is open.
  const state = uncertain || batch.everAmbiguous || problem.code === 'guard_in_use' ? 'ambiguous' : 'planned';
  await sheets.settleBatch(batch.id, { state, error: problem.code });
  if (uncertain) return failed(failure, step.deps.clock.now());
  if (problem.code === 'guard_in_use') {
    const times = step.memory.held?.guardId === batch.guardId ? step.memory.held.times + 1 : 1;
    step.memory.held = { guardId: batch.guardId, times };
    return again(problem);
  }
  if (requestIndex !== null && requestIndex >= built.deletes[0] && requestIndex < built.deletes[1]) {
    // Deletions are a courtesy: the same batch again without them.
    step.memory.keepGuards = true;
    return again(problem);
  }
  if (failure.kind === 'tab') return tabRefused(step, batch, built, failure);
  if (problem.code === 'metadata_full') {
    expireForRoom(step);
    return again(problem);
  }
  if (problem.code === 'grid_full_columns') return again(problem);
  if (failure.kind === 'request') return narrow(step, batch, failure);
  return failed(failure, step.deps.clock.now());
}

/** One tab is gone or protected: it is paused, its leads are taken out of the batch, the others go on. */
async function tabRefused(step: Step, batch: SheetBatch, built: Built, failure: GoogleFailure): Promise<FlushOutcome> {
  const owners = [...new Set(built.owners.filter((owner) => owner !== null))];
  const tabId = owners.length === 1 ? owners[0] : built.owners[failure.requestIndex ?? -1];
  if (!tabId) return narrow(step, batch, failure);
  await pauseTab(step, tabId, failure.problem);
  return wrote(0, 0, [tabId]);
}

/**
 * Google refuses something in these rows. They are sent in halves until the lead is alone that is refused for
 * itself; that one is given up, durably and before its batch is. Spec 4, "Running".
 */
async function narrow(step: Step, batch: SheetBatch, failure: GoogleFailure): Promise<FlushOutcome> {
  step.memory.narrow = true;
  step.memory.rowLimit = Math.max(1, Math.floor(batch.leads.length / 2));
  const [lead, ...others] = batch.leads;
  if (lead && others.length === 0) {
    await step.deps.store.sheets.fail(step.at.site.id, lead.leadId, failure.problem.message);
    step.deps.log.warn('sheet.lead_refused', { lead: lead.leadId, book: step.book, problem: failure.problem.code });
  }
  return again(failure.problem);
}

/**
 * Gives up a batch whose fate may be open: takes its guard away from it for good. From then on no send of it that
 * is still under way can be applied, and its leads may go out under new guards. google-sheets.md 5.5, "void".
 *
 * Also where no send can be under way: guards are then numbered without a gap, and the next one is always the one
 * that any other writer of this spreadsheet would have to take.
 */
export async function giveUp(step: Step, batch: SheetBatch): Promise<FlushOutcome> {
  const { sheets } = step.deps.store;
  const room = step.memory.roomNeeded ? step.memory.expired.map(deleteTag) : [];
  const reply = await step.api.batchUpdate(step.book, [...room, createGuard(batch.guardId, VOID)]);
  if (reply.ok) {
    noteGuard(step, batch.guardId);
    await sheets.settleBatch(batch.id, { state: 'void', error: batch.lastError ?? 'given_up' });
    step.memory.narrow = false;
    return wrote(0, 0);
  }
  const { failure } = reply;
  if (failure.applied === 'no' && failure.problem.code !== 'guard_in_use') {
    if (failure.problem.code === 'metadata_full') expireForRoom(step);
    return failure.kind === 'request' ? again(failure.problem) : failed(failure, step.deps.clock.now());
  }
  // Either the batch or an earlier void got through: the next look tells.
  await sheets.settleBatch(batch.id, { state: 'ambiguous', error: failure.problem.code });
  return failure.problem.code === 'guard_in_use' ? again(failure.problem) : failed(failure, step.deps.clock.now());
}
