import { domainToASCII } from 'node:url';

/** A host name as certificates write one: labels of letters, digits and hyphens. RFC 1123, 2.1. */
const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** So many domains serve one site at the most. */
export const MAX_DOMAINS = 100;

/** The domains that a text names, one a line or between commas, each once; or the first that is none. */
export function readDomains(text: string): { ok: true; domains: string[] } | { ok: false; wrong: string } {
  const domains = new Set<string>();
  for (const word of text.split(/[\s,;]+/)) {
    if (word === '') continue;
    const domain = readDomain(word);
    if (domain === null) return { ok: false, wrong: word };
    domains.add(domain);
    if (domains.size > MAX_DOMAINS) return { ok: false, wrong: word };
  }
  return { ok: true, domains: [...domains] };
}

/** `https://Example.com/contact` is `example.com`; null for what names no host. */
function readDomain(word: string): string | null {
  const host = word
    .replace(/^https?:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d+$/, '');
  const wild = host.startsWith('*.');
  const ascii = domainToASCII((wild ? host.slice(2) : host).toLowerCase());
  if (!HOST.test(ascii) || (wild && !ascii.includes('.'))) return null;
  return wild ? `*.${ascii}` : ascii;
}

/** Whether a host is among `allowed`. `*.example.com` stands for all below `example.com`, and not for itself. */
export function allowsHost(allowed: readonly string[], host: string): boolean {
  const name = host.toLowerCase();
  return allowed.some((each) => (each.startsWith('*.') ? name.endsWith(each.slice(1)) : name === each));
}

/**
 * The page a form stands on, as far as the browser tells: `Origin`, else `Referer`; null where neither names one.
 * Anybody but a browser may say what he likes: it keeps honest pages apart, and no program out.
 */
export function pageOrigin(headers: Headers): URL | null {
  for (const name of ['origin', 'referer']) {
    const said = headers.get(name);
    const url = said === null ? null : URL.parse(said);
    if (url !== null && /^https?:$/.test(url.protocol)) return url;
  }
  return null;
}
