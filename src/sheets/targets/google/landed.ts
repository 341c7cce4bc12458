import type { SheetBatch } from '../../../store/sheets.ts';
import type { FlushOutcome } from '../../target.ts';
import { type Look, type Step, wrote } from './step.ts';

export async function settleLanded(step: Step, batch: SheetBatch, _look: Look): Promise<FlushOutcome> {
  await step.deps.store.sheets.settleBatch(batch.id, { state: 'delivered' });
  return wrote(batch.leads.length, 0);
}
