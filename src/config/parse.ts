import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { isLoopbackHost, type Networks, parseNetworks } from '../lib/networks.ts';

/** What a setting's text came to: its value, or what it has to be, to follow "NAME must be …". */
export type Parsed<T> = { ok: true; value: T } | { ok: false; mustBe: string };
export type Parse<T> = (text: string) => Parsed<T>;

const good = <T>(value: T): Parsed<T> => ({ ok: true, value });
const bad = (mustBe: string): { ok: false; mustBe: string } => ({ ok: false, mustBe });

/** A whole number from `min` to `max`; `what` says what it counts. */
export function integer(min: number, max: number, what: string): Parse<number> {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? good(value) : bad(`${what}, a whole number from ${min} to ${max}`);
  };
}

export function oneOf<const T extends readonly string[]>(words: T): Parse<T[number]> {
  return (text) => {
    const word = words.find((candidate) => candidate === text.toLowerCase());
    return word === undefined ? bad(`one of ${words.join(', ')}`) : good(word);
  };
}

/** A file or folder; a relative one counts from the folder the program was started in. */
export function path(what: string): Parse<string> {
  return (text) => (text.includes('\0') ? bad(`the path of ${what}`) : good(resolve(text)));
}

/** An address or a host name to listen on. */
export const host: Parse<string> = (text) => {
  const name = text.replace(/^\[(.*)\]$/, '$1');
  const isName = /^(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*$/i.test(name) && !/^[\d.]+$/.test(name);
  if (isIP(name) !== 0 || isName) return good(name);
  return bad('an address to listen on, such as 127.0.0.1, 0.0.0.0, ::1 or localhost');
};

function readUrl(text: string): URL | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  return url.username === '' && url.password === '' && url.hash === '' ? url : null;
}

function isOrigin(url: URL): boolean {
  return url.pathname === '/' && url.search === '';
}

/** An origin: scheme, host and port. Comes back without a trailing slash. */
export const origin: Parse<string> = (text) => {
  const url = readUrl(text);
  return url !== null && isOrigin(url)
    ? good(url.origin)
    : bad('an address without a path, such as https://leads.example.com');
};

/** Google's own hosts, and this machine for tests: secrets are sent there. Spec 7, "Settings". */
function isGoogleOrLoopback(url: URL): boolean {
  if (isLoopbackHost(url.hostname)) return true;
  const google = url.hostname === 'accounts.google.com' || url.hostname.endsWith('.googleapis.com');
  return google && url.protocol === 'https:' && url.port === '';
}

const GOOGLE_ONLY = "on one of Google's hosts (https), or on this machine (http://127.0.0.1:…) for tests";

export const googleOrigin: Parse<string> = (text) => {
  const url = readUrl(text);
  if (url === null || !isOrigin(url)) return bad('an address without a path, such as http://127.0.0.1:9000');
  return isGoogleOrLoopback(url) ? good(url.origin) : bad(GOOGLE_ONLY);
};

export const googleUrl: Parse<string> = (text) => {
  const url = readUrl(text);
  if (url === null) return bad('a whole address, such as http://127.0.0.1:9000/token');
  return isGoogleOrLoopback(url) ? good(url.href) : bad(GOOGLE_ONLY);
};

/** An address of one service: on its own hosts, or on this machine for tests, for secrets are sent there. */
export const serviceUrl =
  (hosts: readonly string[], whose: string): Parse<string> =>
  (text) => {
    const url = readUrl(text);
    if (url === null) return bad('a whole address, such as http://127.0.0.1:9000/siteverify');
    const own = hosts.includes(url.hostname) && url.protocol === 'https:' && url.port === '';
    return own || isLoopbackHost(url.hostname)
      ? good(url.href)
      : bad(`on ${whose} (https), or on this machine (http://127.0.0.1:…) for tests`);
  };

/** The same, for paths to be put behind it: without a slash at the end. */
export const serviceBase = (hosts: readonly string[], whose: string): Parse<string> => {
  const whole = serviceUrl(hosts, whose);
  return (text) => {
    const read = whole(text);
    return read.ok ? good(read.value.replace(/\/+$/, '')) : read;
  };
};

/** Who vouches for people: tokens and the client's secret go there. OpenID Connect Discovery 1.0, 3: no query. */
export const issuer: Parse<string> = (text) => {
  const url = readUrl(text);
  const safe = url !== null && (url.protocol === 'https:' || isLoopbackHost(url.hostname)) && url.search === '';
  return safe
    ? good(text)
    : bad('the address of a provider, such as https://accounts.google.com; http on loopback only');
};

/** A secret that a person may have made up: long enough not to be guessed. The text is never repeated. */
export const secret: Parse<string> = (text) =>
  text.length >= 32 && text.length <= 1024
    ? good(text)
    : bad('a random text of at least 32 characters; `openssl rand -base64 32` makes one');

/** Any text in one line. */
export function line(what: string): Parse<string> {
  return (text) => (/[\p{Cc}]/u.test(text) || text.length > 1024 ? bad(`${what}, in one line`) : good(text));
}

export const networks: Parse<Networks> = (text) => {
  const result = parseNetworks(text);
  return result.ok
    ? good(result.networks)
    : bad('a list of addresses or CIDR ranges, such as 127.0.0.1, 10.0.0.0/8, fd00::/8');
};
