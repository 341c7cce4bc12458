import { allowsHost, pageOrigin } from '../../intake/domains.ts';
import { AppError } from '../../lib/errors.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import type { Site } from '../../store/store.ts';
import { PAGE_HEADERS } from '../pages/headers.ts';

/**
 * Whether the caller reads JSON rather than pages. A script in a page of elsewhere has to, whatever it accepts: it may not
 * follow the way to another page, and would take a form that arrived for one that got lost. Fetch Metadata, 2.2.
 */
export function wantsJson({ headers }: Request, endpoint: Pick<Endpoint, 'answer'> | null): boolean {
  return (
    endpoint?.answer === 'json' ||
    /\bapplication\/json\b/i.test(headers.get('accept') ?? '') ||
    /^(?:cors|same-origin)$/.test(headers.get('sec-fetch-mode') ?? '') ||
    headers.get('x-requested-with') === 'XMLHttpRequest'
  );
}

/**
 * Keeps forms of other people's pages out; with no allowed domain, nobody's. Pages of this server are the site's own.
 * @throws AppError origin_not_allowed
 */
export function checkDomain({ allowedDomains }: Site, { headers, url }: Request, publicUrl: () => string): void {
  if (allowedDomains.length === 0) return;
  const page = pageOrigin(headers);
  if (page !== null && (page.origin === publicUrl() || page.host === new URL(url).host)) return;
  if (page !== null && allowsHost(allowedDomains, page.hostname)) return;
  const where = page === null ? 'a page that does not say where it is' : page.hostname;
  throw new AppError(
    'origin_not_allowed',
    `Forms from ${where} are not taken here. Whoever runs this site can add the domain under Settings.`,
  );
}

/**
 * Where a visitor goes after a form: the first of what the form asks for, what the endpoint says, and the page it came
 * from, that leads to nobody unknown. Null: to the thanks page. Never an open redirect.
 */
export function redirectOf(
  asked: string | null,
  endpoint: Pick<Endpoint, 'redirectUrl'>,
  { allowedDomains }: Pick<Site, 'allowedDomains'>,
  headers: Headers,
): string | null {
  const page = pageOrigin(headers);
  const isKnown = (url: URL) =>
    allowedDomains.length > 0 ? allowsHost(allowedDomains, url.hostname) : url.origin === page?.origin;
  const back = URL.parse(headers.get('referer') ?? '') ?? page;
  // Of the page itself `Origin` says no more than where its site is.
  const base = back?.origin === page?.origin ? back : page;
  const wanted = asked === null ? null : URL.parse(asked, base?.href);
  if (wanted !== null && /^https?:$/.test(wanted.protocol) && isKnown(wanted)) return wanted.href;
  if (endpoint.redirectUrl !== null) return endpoint.redirectUrl;
  return back !== null && /^https?:$/.test(back.protocol) && isKnown(back) ? back.href : null;
}

/** What a browser says of whoever sent a form, as the contract has it. */
export const aboutCaller = ({ headers }: Request) => ({
  user_agent: headers.get('user-agent'),
  language: headers.get('accept-language')?.split(/[,;]/, 1)[0]?.trim() || null,
});

/** What a visitor is told once his form is taken. */
export function thanksOf(endpoint: Pick<Endpoint, 'thanksTitle' | 'thanksText'>): { title: string; text: string } {
  return {
    title: endpoint.thanksTitle ?? 'Thank you',
    text: endpoint.thanksText ?? 'Your message has arrived.',
  };
}

/** Any page may call, from any origin: what is taken is decided by its domain, not by the browser. Fetch, 3.2. */
export const CORS = { 'access-control-allow-origin': '*' } as const;

export const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'Content-Type, Accept, Idempotency-Key, X-Requested-With',
  'access-control-max-age': '86400',
} as const;

/** Hosts that a page uses besides this one, by the directive of its policy. */
export type OtherHosts = Readonly<Partial<Record<`${string}-src` | 'form-action', readonly string[]>>>;

/** The headers of a page for visitors: it may stand in a frame on the site's own pages. */
export function visitorHeaders(
  site: Pick<Site, 'allowedDomains'> | null,
  hosts: OtherHosts = {},
): Record<string, string> {
  const allowed = site?.allowedDomains ?? [];
  const policy: Record<string, readonly string[]> = {
    'default-src': ["'none'"],
    'style-src': ["'self'"],
    'img-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
  };
  for (const [name, others = []] of Object.entries(hosts)) policy[name] = [...(policy[name] ?? []), ...others];
  // At any port, as what they send is taken from any.
  policy['frame-ancestors'] = allowed.length === 0 ? ['*'] : ["'self'", ...allowed.map((each) => `${each}:*`)];
  return {
    ...PAGE_HEADERS,
    'content-security-policy': Object.entries(policy)
      .map(([name, sources]) => `${name} ${sources.join(' ')}`)
      .join('; '),
    'x-robots-tag': 'noindex',
    'content-type': 'text/html; charset=utf-8',
  };
}
