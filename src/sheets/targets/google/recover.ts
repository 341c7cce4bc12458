import type { SheetBatch } from '../../../store/sheets.ts';
import type { FlushOutcome } from '../../target.ts';
import type { TabPlan } from './plan.ts';
import type { Look, Step } from './step.ts';
export async function recover(_s: Step, _l: Look, _o: SheetBatch | null, _last: SheetBatch | null): Promise<FlushOutcome | null> {
  return null;
}
export async function tabsWithoutMarks(_s: Step, _p: readonly TabPlan[]): Promise<FlushOutcome | null> {
  return null;
}
