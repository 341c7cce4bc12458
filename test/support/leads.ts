import type { Fields } from '../../src/contract/submission.ts';
import { emptyBody } from '../../src/store/lead-body.ts';
import type { LeadBody, NewLead } from '../../src/store/store.ts';

interface LeadOptions extends Partial<Omit<NewLead, 'form' | 'body'>> {
  form?: string;
  body?: Partial<LeadBody>;
}

/** A lead as intake hands it to the store; `body` members win over the empty ones. */
export function newLead(fields: Fields, options: LeadOptions = {}): NewLead {
  const { form = 'API', body, ...rest } = options;
  return {
    source: 'rest_api',
    form: { by: 'key', key: `name:${form.toLowerCase()}`, name: form },
    submittedAt: null,
    spamReason: null,
    ...rest,
    body: { ...emptyBody(), fields, ...body },
  };
}
