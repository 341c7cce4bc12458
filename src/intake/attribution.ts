import { CLICK_IDS, type ClickIdName, type PAID_SOURCES, UTM_NAMES } from '../contract/submission.ts';
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
const WANTED: ReadonlySet<string> = new Set<string>([...UTM_NAMES, ...CLICK_IDS]);

/**
 * Where the visitor came from: what the sender gave, and from the query of `page_url` what he did not. The click
 * id is `click_id`, else the first raw one sent, else the first in the address; `paid_source`, unless given,
 * follows from the kind of click id: of the raw id that equals `click_id`, else of the first there is. Spec 2.
 * Never throws: a broken or relative `page_url` gives what can be read of it.
 */
export function attribute(input: AttributionInput): Attribution {
  const query = input.page_url?.includes('?') ? queryOf(input.page_url, WANTED) : NO_QUERY;
  const kind = kindOfClick(input, query);
  return {
    utm_source: input.utm_source || query.get('utm_source') || null,
    utm_medium: input.utm_medium || query.get('utm_medium') || null,
    utm_campaign: input.utm_campaign || query.get('utm_campaign') || null,
    utm_term: input.utm_term || query.get('utm_term') || null,
    utm_content: input.utm_content || query.get('utm_content') || null,
    click_id: input.click_id || (kind && (input[kind] || query.get(kind))) || null,
    paid_source: input.paid_source ?? (kind ? NETWORKS[kind] : null),
  };
}

/** Which raw click id counts; null when there is none. */
function kindOfClick(input: AttributionInput, query: ReadonlyMap<string, string>): ClickIdName | null {
  let sent: ClickIdName | null = null;
  let found: ClickIdName | null = null;
  for (const name of CLICK_IDS) {
    const fromSender = input[name];
    const fromAddress = query.get(name);
    if (input.click_id && (fromSender || fromAddress) === input.click_id) return name;
    if (fromSender) sent ??= name;
    if (fromAddress) found ??= name;
  }
  return sent ?? found;
}
