import type { Source } from '../contract/source.ts';
import { AppError } from '../lib/errors.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Intake } from './accept.ts';

/**
 * The same intake, counting its leads: `created`, `spam`, `replayed`, `refused` (not as the contract has it), or the
 * code of what kept them from being taken.
 */
export function countedIntake(intake: Intake, leads: Metrics['leads']): Intake {
  const failed = (source: Source, error: unknown) => {
    const code = error instanceof AppError ? error.code : 'internal_error';
    leads.add([source, code === 'validation_error' ? 'refused' : code]);
  };
  return {
    async submit(input, context) {
      try {
        const result = await intake.submit(input, context);
        leads.add([context.source, result.replayed ? 'replayed' : result.lead.spam ? 'spam' : 'created']);
        return result;
      } catch (error) {
        failed(context.source, error);
        throw error;
      }
    },
    async submitBatch(input, context) {
      try {
        const { results, replayed } = await intake.submitBatch(input, context);
        const created = results.filter(({ status }) => status === 'created').length;
        if (created > 0) leads.add([context.source, replayed ? 'replayed' : 'created'], created);
        if (created < results.length) leads.add([context.source, 'refused'], results.length - created);
        return { results, replayed };
      } catch (error) {
        failed(context.source, error);
        throw error;
      }
    },
  };
}
