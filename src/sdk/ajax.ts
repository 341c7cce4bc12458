import { type Control, controlsOf } from './fields.ts';
import type { Outcome } from './post.ts';

const NOT_SENT = 'This could not be sent. Try again.';
const SENT_LATER = 'This is sent as soon as you are online again.';

/** What takes the marks of a form's last attempt away. */
const marks = new WeakMap<Element, (() => void)[]>();
let count = 0;

/** A text for the visitor. */
function message(
  kind: 'error' | 'thanks',
  tag: 'div' | 'p' | 'span',
  text: string,
  role: string | null = null,
): HTMLElement {
  const element = document.createElement(tag);
  element.className = `lts-${kind}`;
  element.id = `lts-${++count}`;
  element.textContent = text;
  element.role = role;
  return element;
}

export function clearMarks(form: Element): void {
  for (const undo of marks.get(form) ?? []) undo();
  marks.set(form, []);
}

/** Marks a field as wrong until something is typed into it, for eyes and for screen readers. ARIA 1.2, aria-invalid. */
function mark(form: Element, control: Element, text: string): void {
  const beside = message('error', 'span', text);
  const described = control.getAttribute('aria-describedby') ?? '';
  const undo = () => {
    beside.remove();
    control.ariaInvalid = null;
    if (described) control.setAttribute('aria-describedby', described);
    else control.removeAttribute('aria-describedby');
  };
  control.ariaInvalid = 'true';
  control.setAttribute('aria-describedby', `${described} ${beside.id}`.trim());
  control.after(beside);
  control.addEventListener('input', undo, { once: true });
  marks.get(form)?.push(undo);
}

/** What the browser itself finds wrong in a form that told it not to look. @returns whether all is right */
export function checkFields(form: HTMLFormElement): boolean {
  const wrong = (controlsOf(form) as (Control & Partial<HTMLInputElement>)[]).filter(
    (each) => each.checkValidity?.() === false,
  );
  for (const control of wrong) mark(form, control, control.validationMessage ?? '');
  wrong[0]?.focus();
  return !wrong[0];
}

/** Keeps the buttons of a form from being pressed. @returns what frees them */
export function holdButtons(form: HTMLFormElement): () => void {
  const buttons = [...form.querySelectorAll<HTMLButtonElement>('[type=submit],[type=image],button:not([type])')].filter(
    ({ disabled }) => !disabled,
  );
  const hold = (held: boolean) => {
    for (const button of buttons) button.disabled = held;
    form.ariaBusy = String(held);
  };
  hold(true);
  return () => hold(false);
}

/** Tells the visitor what became of the form. @param kept it is sent by itself later */
export function show(form: HTMLFormElement, outcome: Outcome, kept: boolean): void {
  if (outcome.kind === 'sent') {
    thank(form, outcome.thanks);
    return;
  }
  let text = form.getAttribute('data-lts-error') ?? (kept ? SENT_LATER : NOT_SENT);
  if (outcome.kind === 'refused') {
    text = outcome.message;
    for (const { path, message: wrong } of outcome.details) {
      // RFC 6901: `/fields/First name`.
      const name = path.slice(8).replace(/~1/g, '/').replace(/~0/g, '~');
      // The server shortens long names.
      const control = controlsOf(form).find(
        (each) => each.name === name || (name.endsWith('…') && each.name?.startsWith(name.slice(0, -1))),
      );
      if (control) mark(form, control, wrong);
      else text += ` ${wrong}`;
    }
  }
  const alert = message('error', 'p', text, 'alert');
  form.append(alert);
  marks.get(form)?.push(() => alert.remove());
  form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
}

/** Puts the words of thanks where the form was. */
function thank(form: HTMLFormElement, thanks: { title: string; text: string } | undefined): void {
  const note = message('thanks', 'div', '', 'status');
  const own = form.getAttribute('data-lts-thanks');
  for (const text of own ? [own] : [thanks?.title, thanks?.text]) {
    if (text) note.append(message('thanks', 'p', text));
  }
  note.tabIndex = -1;
  // By script alone: a page's policy may allow no style in its HTML.
  form.style.display = 'none';
  form.after(note);
  note.focus();
}
