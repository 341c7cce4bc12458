import { MAX_BATCH, MAX_FIELD_NAME } from '../../contract/submission.ts';
import { sha256 } from '../../lib/crypto.ts';
import { AppError } from '../../lib/errors.ts';
import type { Hook } from '../../store/hooks.ts';
import type { FormRef } from '../../store/store.ts';
import { cleanLine, cutText } from '../text.ts';
import { callKey, eventKey, eventMark, signatureKey, signatureMark } from './calls.ts';
import { compileMapping, type Mapper } from './mapping.ts';
import { parsePath, valueAt } from './path.ts';
import { type SenderLead, textOf } from './sender.ts';

/** Leads that are taken together or not at all, and what they are known again by. */
export interface Unit {
  leads: readonly SenderLead[];
  key: string;
  mark: string | null;
  /** The mark is an event's: what comes again is the same lead. Else that of a signature, which comes once. */
  isEvent: boolean;
}

interface Known {
  callId: string;
  /** The sender's id of the call as a whole. */
  event: string | null;
  signature: string | null;
}

/** Sorts the leads of a call by what they are known again by: the call's event, events of their own, or its signature. */
export function unitsOf(hook: Hook, leads: readonly SenderLead[], { callId, event, signature }: Known): Unit[] {
  const byEvent = (id: string, of: readonly SenderLead[]): Unit => ({
    leads: of,
    key: eventKey(hook.id, id),
    mark: eventMark(id),
    isEvent: true,
  });
  if (event !== null) return [byEvent(event, leads)];
  if (leads.every((lead) => lead.event === null)) {
    const isSigned = signature !== null;
    const key = isSigned ? signatureKey(hook.id, signature) : callKey(hook.id, callId, 0);
    return [{ leads, key, mark: isSigned ? signatureMark(signature) : null, isEvent: false }];
  }
  const units = new Map<string, Unit>();
  leads.forEach((lead, index) => {
    const unit =
      lead.event === null
        ? { leads: [lead], key: callKey(hook.id, callId, index), mark: null, isEvent: false }
        : byEvent(lead.event, [lead]);
    if (!units.has(unit.key)) units.set(unit.key, unit);
  });
  return [...units.values()];
}

/** Mappings as they were read, by hook; anew where a hook was changed. Bounded by the hooks there are. */
const mappers = new WeakMap<Hook['mapping'], Mapper>();

function mapperOf({ mapping }: Pick<Hook, 'mapping'>): Mapper {
  const map = mappers.get(mapping) ?? compileMapping(mapping);
  mappers.set(mapping, map);
  return map;
}

/**
 * The leads of a custom webhook's body: one of each item where it is a list.
 * @throws AppError validation_error for more than a batch may have, or none
 */
export function mappedLeads(hook: Hook, body: unknown): SenderLead[] {
  const items = (Array.isArray(body) ? body : [body]).filter((item) => item !== null);
  if (items.length > MAX_BATCH) {
    throw new AppError('validation_error', `The list is too long: at most ${MAX_BATCH} leads at once.`);
  }
  if (items.length === 0) throw new AppError('validation_error', 'The body is empty: there is no lead in it.');
  const map = mapperOf(hook);
  const parsed = hook.settings.eventPath === null ? null : parsePath(hook.settings.eventPath);
  return items.map((item) => {
    const event = parsed?.ok ? textOf(valueAt(item, parsed.path)) : null;
    return { event, form: null, input: { fields: map(item) } };
  });
}

/**
 * The leads of a known service under the names that the hook's rows give them. A row takes what the service's own reading
 * has, by its name, else what is at its path in the body. A lead in which no row finds anything is of another form than the
 * rows were made for: it stays as it is, rather than being lost.
 */
export function renamedLeads(hook: Hook, leads: readonly SenderLead[], body: unknown): readonly SenderLead[] {
  if (hook.mapping.rows.length === 0) return leads;
  const map = mapperOf(hook);
  return leads.map((lead) => {
    const fields = map(lead.input.fields, body);
    return Object.keys(fields).length === 0 ? lead : { ...lead, input: { ...lead.input, fields } };
  });
}

const MAX_FORM_ID = 100;

/** A hook's form is known by the hook, and by the sender's own form where it names one. Spec 3, "Form discovery". */
export function formOf(hook: Pick<Hook, 'id' | 'name'>, form: SenderLead['form']): FormRef {
  if (form === null) return { by: 'key', key: `hook:${hook.id}`, name: hook.name };
  const id = form.id.length > MAX_FORM_ID ? sha256(form.id) : form.id;
  return {
    by: 'key',
    key: `hook:${hook.id}:${id}`,
    name: cutText(cleanLine(form.name), MAX_FIELD_NAME) || hook.name,
  };
}
