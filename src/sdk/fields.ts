import { guard } from './guard.ts';
import { completesSecret, isCardNumber, isSecretName } from './secrets.ts';
import { wasPassword } from './watch.ts';

export type Entry = [name: string, value: string | File];

/** A control that can have a value. Custom elements of a form may lack any of this. */
export interface Control extends HTMLElement {
  name?: string;
  type?: string;
  value?: string;
  checked?: boolean;
  labels?: NodeListOf<HTMLLabelElement> | null;
}

/** What the page wants left out, as selectors. */
export const ignored = ['[data-lts-ignore]'];

const NO_FIELD = /submit|button|reset|image|fieldset|output/;
const TICKED = /radio|checkbox/;
/** A shorter one may well stand in another field by chance. */
const MIN_SECRET = 6;

/** The fields of a form, without its buttons. */
export const controlsOf = (form: HTMLFormElement): Control[] =>
  ([...form.elements] as Control[]).filter(({ type }) => !NO_FIELD.test(type ?? ''));

/** Whether an element or something around it asks to be left out. */
export const isIgnored = (element: Element): boolean => !!element.closest(ignored.join());

/** One line of a text that people read. */
export const lineOf = (text: string | null | undefined): string =>
  text
    ?.replace(/\s+/g, ' ')
    .replace(/^ |[ :*]+$/g, '')
    .slice(0, 100) ?? '';

/** What a field is called beside its name: what people read there. */
export const labelOf = (control: Control): string =>
  lineOf(control.labels?.[0]?.textContent) ||
  lineOf(control.getAttribute('aria-label') || control.getAttribute('placeholder') || control.id);

/** Passwords and cards, whatever they are called. */
const isSecret = (control: Control): boolean =>
  control.type === 'password' ||
  wasPassword.has(control) ||
  completesSecret(control.getAttribute('autocomplete')) ||
  isSecretName(`${control.name}|${control.id}|${labelOf(control)}`);

/** What no secret is. */
const isOpen = ([name, value]: Entry): boolean => !!name && !isSecretName(name) && !isCardNumber(String(value));

/**
 * What is sent of a form: what the browser would send, and fields that have no name by their label. Passwords and
 * parts of cards are left out, also where another field repeats them, and whatever asks for it.
 */
export function fieldsOf(form: HTMLFormElement, submitter: HTMLElement | null): Entry[] {
  const left = new Set<unknown>();
  const unnamed: Entry[] = [];
  for (const control of controlsOf(form)) {
    const { name, type = '', value = '' } = control;
    const secret = isSecret(control);
    if (secret && value.length >= MIN_SECRET) left.add(`=${value}`);
    if (secret || isIgnored(control)) left.add(name);
    else if (!name && value && (control.checked || !TICKED.test(type))) unnamed.push([labelOf(control), value]);
  }
  return [...sentBy(form, submitter), ...unnamed].filter(
    (entry) => isOpen(entry) && !left.has(entry[0]) && !left.has(`=${entry[1]}`),
  );
}

/** A button that is not of the form makes this throw. */
const sentBy = (form: HTMLFormElement, submitter: HTMLElement | null): Entry[] =>
  guard(() => [...new FormData(form, submitter)]) ?? [...new FormData(form)];

/** What a page's script hands over as fields, as a form would send it. */
export function entriesOf(fields: object): Entry[] {
  return Object.entries(fields)
    .flatMap(([name, value]) =>
      [value]
        .flat()
        .filter((each) => each != null)
        .map((each): Entry => [name, typeof each === 'string' ? each : JSON.stringify(each)]),
    )
    .filter(isOpen);
}
