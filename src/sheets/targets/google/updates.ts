import type { FlushOutcome } from '../../target.ts';
import type { Look, Step } from './step.ts';
export async function writeUpdates(_step: Step, _look: Look): Promise<FlushOutcome> {
  return { kind: 'idle' };
}
