import { marksOf, textsOf } from '../../intake/spam/values.ts';
import type { Vault } from '../../lib/crypto.ts';
import { invalid } from '../../lib/errors.ts';
import type { AuditAction, AuditValues } from '../../store/accounts.ts';
import type { Lead, Site, Store } from '../../store/store.ts';
import type { FormData } from './form-data.ts';
import type { NoticeCode } from './notices.ts';

/** How a thing is done, besides what. */
export interface ActChoice {
  quality: string | null;
  /** Deleting takes the rows out of the sheet too. */
  rows: boolean;
}

/** What things are done with. */
export interface ActTools {
  store: Store;
  vault: Pick<Vault, 'hashToken'>;
}

/** Something that can be done with leads, few or many. */
export interface LeadAct {
  /** What the audit log says of one lead, and of many at once. */
  one: AuditAction;
  many: AuditAction;
  /** Does it with all that it changes, in one commit, and returns those. Meant for some hundreds at once. */
  apply(tools: ActTools, site: Site, leads: readonly Lead[], choice: ActChoice): Promise<readonly Lead[]>;
  before(lead: Lead): AuditValues | null;
  after(choice: ActChoice): AuditValues | null;
  done: NoticeCode;
  /** What is said when there was nothing to change. */
  nothing: NoticeCode;
}

const spamAct = (spam: boolean): LeadAct => ({
  one: spam ? 'lead.spam_marked' : 'lead.spam_cleared',
  many: spam ? 'leads.spam_marked' : 'leads.spam_cleared',
  async apply({ store, vault }, site, leads) {
    const changed = leads.filter((lead) => lead.spam !== spam);
    // Those with the same values are taken for the same from now on.
    const valuesOf = ({ body }: Lead) => marksOf(vault, site.id, textsOf(body.fields)).map(({ hash }) => hash);
    await Promise.all(changed.map((lead) => store.leads.setSpam(site.id, lead.id, spam, valuesOf(lead))));
    return changed;
  },
  before: () => ({ spam: !spam }),
  after: () => ({ spam }),
  done: spam ? 'spam_marked' : 'spam_cleared',
  nothing: spam ? 'spam_marked' : 'spam_cleared',
});

/** Only what was given up is sent once more: what stands in the sheet stays as it is. */
const retry: LeadAct = {
  one: 'lead.retried',
  many: 'leads.retried',
  async apply({ store: { sheets } }, site, leads) {
    const failed = leads.filter((lead) => lead.syncStatus === 'failed');
    if (failed.length === 0) return [];
    const ids = failed.map(({ id }) => id);
    const { queued } = await sheets.requeue(site.id, { which: 'ids', ids }, ids.length);
    return queued === 0 ? [] : failed;
  },
  before: () => null,
  after: () => null,
  done: 'retried',
  nothing: 'none_failed',
};

const quality: LeadAct = {
  one: 'lead.quality_set',
  many: 'leads.quality_set',
  async apply({ store: { leads: kept } }, site, leads, choice) {
    const changed = leads.filter((lead) => lead.quality !== choice.quality);
    await Promise.all(changed.map(({ id }) => kept.amend(site.id, id, { quality: choice.quality })));
    return changed;
  },
  before: (lead) => ({ quality: lead.quality }),
  after: (choice) => ({ quality: choice.quality }),
  done: 'saved',
  nothing: 'saved',
};

const remove: LeadAct = {
  one: 'lead.deleted',
  many: 'leads.deleted',
  async apply({ store: { leads: kept } }, site, leads, { rows }) {
    const ids = leads.map(({ id }) => id);
    const removed = new Set((await kept.remove(site.id, ids, { rows })).removed);
    return leads.filter(({ id }) => removed.has(id));
  },
  before: () => null,
  after: ({ rows }) => ({ row_removed: rows }),
  done: 'deleted',
  nothing: 'deleted',
};

export const LEAD_ACTS = { spam: spamAct(true), ham: spamAct(false), retry, quality, delete: remove } as const;
export type ActName = keyof typeof LEAD_ACTS;

/** What a form asks to be done. @throws AppError validation_error for what there is not */
export function actName(name: string): ActName {
  if (!Object.hasOwn(LEAD_ACTS, name)) throw invalid('Choose what to do with the leads.');
  return name as ActName;
}

/**
 * How a form wants it done.
 * @param leads what one of them has may be set too: the site may have had that word once
 * @throws AppError validation_error for setting a quality that there is not
 */
export function readChoice(form: FormData, act: ActName, site: Site, leads: readonly Lead[]): ActChoice {
  const wanted = act === 'quality' ? form.text('quality') || null : null;
  const known = [...site.qualityChoices, null, ...leads.map((lead) => lead.quality)];
  if (!known.includes(wanted)) throw invalid('This site has no such quality any more. Go back and choose another.');
  return { quality: wanted, rows: form.text('rows') === 'yes' };
}
