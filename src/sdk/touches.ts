import type { Touch } from '../contract/script.ts';

/** How a visitor came first, and how last. */
export interface Touches {
  first: Touch;
  last: Touch;
}

const DAY_MS = 86_400_000;
/** Of campaigns and clicks: those that count are the server's to choose. */
const AD = /^utm_|cl(k?)id$|^[gw]braid$|^li_fat_id$/;

/** A visit of a page. The address is kept without its query: there may be more in it than campaigns. */
export function touchOf(page: URL, referrer: string, at: number): Touch {
  const touch: Touch = { at, url: page.origin + page.pathname };
  if (referrer && new URL(referrer).host !== page.host) touch.ref = referrer;
  for (const [name, value] of page.searchParams) {
    const known = name.toLowerCase();
    if (AD.test(known)) Object.assign(touch, { [known]: value, ...touch });
  }
  return touch;
}

/**
 * What is known after one more visit. One by a campaign, a click or a link of another site is the last touch; any other
 * changes nothing, nor does a page that is loaded anew and has the referrer it had. What is older than `days` is forgotten.
 */
export function afterVisit(known: Touches | null | undefined, visit: Touch, days: number): Touches {
  const fresh = (touch: Touch | undefined) => Math.abs(visit.at - Number(touch?.at)) < days * DAY_MS;
  const first = known && fresh(known.first) ? known.first : visit;
  const { at: _at, url: _url, ref, ...ad } = visit;
  const led = !!Object.keys(ad)[0] || (ref !== undefined && ref !== known?.last?.ref);
  return { first, last: known && fresh(known.last) && !led ? known.last : visit };
}
