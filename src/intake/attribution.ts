import { CLICK_IDS, type ClickIdName, type PAID_SOURCES, type UTM_NAMES } from '../contract/submission.ts';
import { queryOf } from './urls.ts';

export type PaidSource = (typeof PAID_SOURCES)[number];
type UtmName = (typeof UTM_NAMES)[number];

/** The network whose ads carry each kind of click id. Spec 2. */
const NETWORKS: Readonly<Record<ClickIdName, PaidSource>> = {
  gclid: 'google',
  gbraid: 'google',
  wbraid: 'google',
  fbclid: 'meta',
  msclkid: 'microsoft',
  ttclid: 'tiktok',
  li_fat_id: 'linkedin',
};

/** What the sender gave; null or absent: nothing. Texts are clean already. */
export type AttributionInput = Partial<Record<UtmName | ClickIdName | 'page_url' | 'click_id', string | null>> & {
  paid_source?: PaidSource | null;
};

export type Attribution = Record<UtmName | 'click_id', string | null> & { paid_source: PaidSource | null };

const NO_QUERY: ReadonlyMap<string, string> = new Map();

/**
 * Where the visitor came from: what the sender gave, and from the query of `page_url` what he did not. The click
 * id is `click_id`, else the first raw one sent, else the first in the address; `paid_source`, unless given,
 * follows from the kind of click id: of the raw id that equals `click_id`, else of the first there is. Spec 2.
 * Never throws: a broken or relative `page_url` gives what can be read of it.
 */
export function attribute(input: AttributionInput): Attribution {
  const query = input.page_url?.includes('?') ? queryOf(input.page_url) : NO_QUERY;
  const found = (name: UtmName | ClickIdName) => input[name] || query.get(name) || null;
  const first = CLICK_IDS.find((name) => input[name]) ?? CLICK_IDS.find((name) => query.get(name));
  const clickId = input.click_id || (first ? found(first) : null);
  const kind = (input.click_id ? CLICK_IDS.find((name) => found(name) === input.click_id) : undefined) ?? first;
  return {
    utm_source: found('utm_source'),
    utm_medium: found('utm_medium'),
    utm_campaign: found('utm_campaign'),
    utm_term: found('utm_term'),
    utm_content: found('utm_content'),
    click_id: clickId,
    paid_source: input.paid_source ?? (kind ? NETWORKS[kind] : null),
  };
}
