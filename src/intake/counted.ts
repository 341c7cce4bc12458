import type { Source } from '../contract/source.ts';
import type { Clock } from '../lib/clock.ts';
import { AppError } from '../lib/errors.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { ArrivalStore } from '../store/arrivals.ts';
import type { Intake } from './accept.ts';
import { wayOf } from './ways.ts';

export interface CountedDeps {
  leads: Metrics['leads'];
  arrivals: Pick<ArrivalStore, 'note'>;
  clock: Clock;
}

/**
 * The same intake, counting its leads: `created`, `spam`, `replayed`, `refused` (not as the contract has it), or the
 * code of what kept them from being taken. It also notes by which way the last one came.
 */
export function countedIntake(intake: Intake, { leads, arrivals, clock }: CountedDeps): Intake {
  const failed = (source: Source, error: unknown) => {
    const code = error instanceof AppError ? error.code : 'internal_error';
    leads.add([source, code === 'validation_error' ? 'refused' : code]);
  };
  return {
    async submit(input, context) {
      try {
        const result = await intake.submit(input, context);
        leads.add([context.source, result.replayed ? 'replayed' : result.lead.spam ? 'spam' : 'created']);
        if (!result.replayed) arrivals.note(context.siteId, wayOf(context), clock.now());
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
        if (created > 0 && !replayed) arrivals.note(context.siteId, wayOf(context), clock.now());
        if (created < results.length) leads.add([context.source, 'refused'], results.length - created);
        return { results, replayed };
      } catch (error) {
        failed(context.source, error);
        throw error;
      }
    },
  };
}
