import { guard } from './guard.ts';

const SCAN_AFTER_MS = 500;
/** Whatever somebody does to a form is seen by the window, in an open shadow tree too. UI Events; DOM, 2.9. */
const TOUCHES = ['focusin', 'pointerdown', 'keydown', 'click'];

const roots = new WeakSet<Node>();
/** Inputs that were for a password at any time: pages let people see what they typed. */
export const wasPassword = new WeakSet<Element>();

/**
 * Listens to every form: those that are there, those that come later, and those in open shadow trees, whose `submit`
 * nobody outside hears. Nothing of the page is changed for it.
 * @param changed is called at once, and now and then after the page has changed
 */
export function watchForms(submitted: (event: SubmitEvent) => void, changed: () => void): void {
  function note(node: EventTarget | null): void {
    if (node instanceof ShadowRoot) add(node, node);
    if (!(node instanceof Element)) return;
    note(node.shadowRoot);
    if (node.matches('[type=password i]')) wasPassword.add(node);
  }

  function add(root: Document | ShadowRoot, hears: EventTarget): void {
    if (roots.has(root)) return;
    roots.add(root);
    hears.addEventListener('submit', (event) => guard(() => submitted(event as SubmitEvent)), true);
    let waits = false;
    const look = () => {
      waits = false;
      guard(() => root.querySelectorAll('*').forEach(note));
      changed();
    };
    new MutationObserver(() => {
      if (!waits) setTimeout(look, SCAN_AFTER_MS);
      waits = true;
    }).observe(root, { childList: true, subtree: true });
    look();
  }

  for (const type of TOUCHES) {
    addEventListener(type, (event) => guard(() => event.composedPath().forEach(note)), true);
  }
  // The window hears of the document's before anybody can keep it from us.
  add(document, window);
}
