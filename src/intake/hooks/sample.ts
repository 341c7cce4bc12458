import type { Hook } from '../../store/hooks.ts';
import { isObject } from '../normalise.ts';
import { senderOf } from './calls.ts';
import { type Path, type PathStep, parsePath } from './path.ts';
import type { SampleLead } from './sender.ts';

/** Further items of a list than this are not made up. */
const MAX_INDEX = 20;

/**
 * The body of a call that a hook takes as one lead which says what `lead` does, unlike that of any other lead; null where its sender gives leads away
 * by itself alone.
 */
export function sampleBody(hook: Pick<Hook, 'kind' | 'mapping' | 'settings'>, lead: SampleLead): unknown {
  const sender = senderOf(hook);
  if (sender !== null) return typeof sender.sample === 'string' ? null : sender.sample(lead);
  const { rows, rest } = hook.mapping;
  const { id, name, email, message } = lead;
  let body: unknown = rows.length === 0 || rest ? { Name: name, Email: email, Message: message } : {};
  for (const { field, path } of rows) body = withValue(body, path, /mail/i.test(field) ? email : name);
  if (hook.settings.eventPath !== null) body = withValue(body, hook.settings.eventPath, id);
  // The same bytes signed once more would be the same call. What no row takes becomes no field.
  const mark = rows.length === 0 || rest ? {} : { test_id: id };
  // What is a list is taken for several leads: this is one.
  return Array.isArray(body) ? [[...body, mark]] : isObject(body) ? { ...body, ...mark } : body;
}

function withValue(body: unknown, text: string, value: string): unknown {
  const parsed = parsePath(text);
  return parsed.ok ? placed(body, parsed.path, value) : body;
}

/** The value with this one put in at a path; what is there already stays. */
function placed(before: unknown, [step, ...rest]: Path, value: string): unknown {
  if (step === undefined) return before ?? value;
  if ('name' in step) {
    if (before !== undefined && !isObject(before)) return before;
    const inner = before !== undefined && Object.hasOwn(before, step.name) ? before[step.name] : undefined;
    return Object.fromEntries([...Object.entries(before ?? {}), [step.name, placed(inner, rest, value)]]);
  }
  const index = placeOf(step);
  if (index > MAX_INDEX || (before !== undefined && !Array.isArray(before) && !isEmpty(before))) return before;
  const items: unknown[] = Array.isArray(before) ? [...before] : [];
  while (items.length <= index) items.push(undefined);
  items[index] = placed(items[index], rest, value);
  return items.map((item) => item ?? null);
}

const placeOf = (step: Exclude<PathStep, { name: string }>): number => ('all' in step ? 0 : step.index);
const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;
