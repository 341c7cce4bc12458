import type { ScriptData } from '../contract/script.ts';
import { guard } from './guard.ts';
import { forget, keep, recall } from './shelf.ts';
import { afterVisit, type Touches, touchOf } from './touches.ts';

const TOUCHES = 'lts-touches';

let page = '';
let touches: Touches | null = null;

/**
 * Notes that another page may be shown now.
 * @param days how long it is kept how the visitor came; 0: not at all
 */
export const noteVisit = (days: number): void =>
  guard(() => {
    if (!days) forget(TOUCHES);
    else if (page !== location.href) {
      // Only the first page that is shown was come to by a link.
      const visit = touchOf(new URL(location.href), page ? '' : document.referrer, Date.now());
      page = location.href;
      touches = afterVisit(
        guard(() => JSON.parse(recall(TOUCHES) ?? '') as Touches),
        visit,
        days,
      );
      keep(TOUCHES, JSON.stringify(touches));
    }
  });

/** Where the visitor is, how he came, and what with. */
export const aboutVisit = (): ScriptData => ({
  v: 1,
  url: location.href,
  title: document.title,
  ref: document.referrer,
  screen: `${screen.width}x${screen.height}`,
  lang: navigator.language,
  tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
  touch: navigator.maxTouchPoints,
  ...touches,
});
