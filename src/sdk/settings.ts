/** What the script's own tag says. */
export interface Settings {
  /** The server, without a slash at the end. */
  base: string;
  /** Where forms are sent to. */
  url: string;
  /** How long it is remembered how a visitor came, in days; 0: not at all. */
  days: number;
}

const DAYS = 90;

/** Null where the tag names no endpoint: then the script does nothing. */
export function readSettings(): Settings | null {
  // A tag manager may have put it in, which `currentScript` does not tell of.
  const script = (document.currentScript ??
    document.querySelector('script[data-site][src*="/sdk"]')) as HTMLScriptElement | null;
  const { site = '', attribution = null } = script?.dataset ?? {};
  if (!script || !/^[a-z0-9]{10}$/.test(site)) return null;
  const base = script.src.replace(/\/[^/]*$/, '');
  return { base, url: `${base}/f/${site}`, days: daysOf(attribution) };
}

/** A number of days; `off`, or what is none: not at all. */
export const daysOf = (said: string | null): number => (said === null ? DAYS : Number(said) || 0);
