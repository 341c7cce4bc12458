import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LeadFilter } from '../../store/store.ts';
import { record } from './audit.ts';
import { type ActChoice, type ActName, LEAD_ACTS } from './lead-acts.ts';
import { mayStill, toldFilter } from './lead-request.ts';
import { walk } from './lead-walk.ts';
import type { SiteRequest } from './route.ts';
import { createTasks, type Task } from './tasks.ts';

/** How many of the leads looked at were changed. */
export type LeadsChanged = { kind: 'changed'; leads: number };

/** Something done with all leads of a filter; `done` and `total` are leads. */
export type LeadWork = Task<ActName, LeadsChanged>;

const works = createTasks<ActName, LeadsChanged>('lead_work');

/** What is done is told for so long. */
const SHOWN_MS = 10 * 60_000;

/** What is under way for a site, or was a moment ago. */
export function leadWork({ services, site, now }: Pick<SiteRequest, 'services' | 'site' | 'now'>): LeadWork | null {
  const work = works.of(services, site.id);
  return work?.finishedAt && now - work.finishedAt > SHOWN_MS ? null : work;
}

/**
 * Does one thing with all leads of a filter, some hundreds at a time; whatever else is asked of the store gets its turn
 * in between. It stops where whoever asked may not do it any more. Told to the audit log once it is over, however it
 * ends. False: something is under way already.
 * @param total how many there are, as far as they are counted
 */
export function startLeadWork(
  request: SiteRequest,
  act: ActName,
  choice: ActChoice,
  filter: LeadFilter,
  total: number | null,
): boolean {
  const { services, site } = request;
  const { apply, many, after } = LEAD_ACTS[act];
  return works.start(services, site.id, act, async (work) => {
    work.total = total;
    let changed = 0;
    try {
      for (const leads of walk(services.store.leads, site.id, filter, true)) {
        if (!mayStill(request, act === 'delete' ? 'leads.delete' : 'leads.edit')) work.stopping.abort();
        if (work.stopping.signal.aborted) break;
        changed += (await apply(services, site, leads, choice)).length;
        work.done += leads.length;
        services.sync.sweep();
        // Where nothing had to be changed, nothing was waited for.
        await nextTurn();
      }
    } finally {
      const whole = !work.stopping.signal.aborted;
      await record(request, {
        action: many,
        objectId: null,
        before: toldFilter(filter),
        after: { ...after(choice), leads: changed, stopped: !whole },
      });
    }
    return { kind: 'changed', leads: changed };
  });
}
