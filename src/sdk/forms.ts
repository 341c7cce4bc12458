import { controlsOf, isIgnored, lineOf } from './fields.ts';

const SIGN_IN = /(^|[^a-z])(log|sign)[-_ ]?(in|out|on)([^a-z]|$)|passw/i;
/** Of fields, each by type and name: one to search by, and one that no search has. */
const SEARCH = /\bsearch\b| (q|s|query|keywords?)$/im;
const CONTACT = /mail|phone|tel |area /i;
/** `Node.DOCUMENT_POSITION_FOLLOWING`. */
const FOLLOWING = 4;
const HEADINGS = 'h1,h2,h3,h4,h5,h6';
/** React's ids, and long runs of digits or hexadecimal ones: they are others at the next visit. */
const MADE_UP = /[:«_]r\w+[:»_]|\d{6}|(?=[a-f-]*\d)[\da-f]{8}/i;
const NOT_TYPED = /^(hidden|radio|checkbox)/;

/** What the page says of a form; '' where it says nothing. A field may be called as one of the form's members. */
const said = (form: Element, name: string): string => form.getAttribute(name)?.trim() ?? '';

/**
 * Forms that are none of ours: the page says so, or they search (and ask for nobody's address or words), sign in (a
 * password, and hardly anything else) or change a password. A form with a name or mode of ours is always one.
 */
export function isLeftOut(form: HTMLFormElement): boolean {
  if (isIgnored(form) || /dialog/i.test(said(form, 'method'))) return true;
  if (form.matches('[data-lts-form],[data-lts-ajax]')) return false;
  const asked = controlsOf(form)
    .map(({ type, name }) => `${type} ${name}`)
    .filter((each) => !NOT_TYPED.test(each));
  const open = asked.filter((each) => !/^pass/.test(each));
  const all = asked.join('\n');
  return (
    !!form.closest('[role=search],search') ||
    (SEARCH.test(all) && !CONTACT.test(all)) ||
    (!open[1] && !!asked[open.length]) ||
    ['id', 'name', 'action'].some((name) => SIGN_IN.test(said(form, name).replace(/[?#].*/, '')))
  );
}

/** What the page itself calls a form, in a way that stays. */
const ownNameOf = (form: Element): string =>
  ['name', 'id', 'aria-label'].map((name) => said(form, name)).find((name) => name && !MADE_UP.test(name)) ?? '';

/** What people will call a form: as the page names it, else by the heading it stands under. */
export const nameOf = (form: HTMLFormElement): string =>
  lineOf(said(form, 'data-lts-form') || ownNameOf(form) || headingOf(form) || document.title);

/** The heading in the form, else the nearest one before it. */
function headingOf(form: Element): string {
  let found = form.querySelector(`legend,${HEADINGS}`);
  for (let around: Node | null = form; around && !found; around = around.parentNode) {
    for (const each of (around as ParentNode).querySelectorAll(HEADINGS)) {
      if (each.compareDocumentPosition(form) & FOLLOWING) found = each;
    }
  }
  return lineOf(found?.textContent);
}

/**
 * By what a form is known again: how the page calls it, else what it asks for. The same on every page, in every language,
 * and whatever is filled in.
 */
export function fingerprintOf(form: HTMLFormElement): string {
  const asked = controlsOf(form).map(({ type, name }) => (type === 'hidden' ? '' : name));
  return hashOf(ownNameOf(form) || [...new Set(asked.sort())].join());
}

/** FNV-1a, 32 bits, in base 36: a site has few forms. */
export function hashOf(text: string): string {
  let hash = 2166136261;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619);
  return (hash >>> 0).toString(36).padStart(8, '0');
}
