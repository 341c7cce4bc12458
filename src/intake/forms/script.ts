import { CLICK_IDS, MAX_FIELD_NAME, type SubmissionCreate, UTM_NAMES } from '../../contract/submission.ts';
import { isObject } from '../normalise.ts';
import { cleanLine, cutText } from '../text.ts';
import { cleanUrl } from '../urls.ts';

/*
 * `_lts`, what our script in the browser says beside a form's fields (contract/script.ts). Anybody can write anything
 * there: each part that is not as it should be is left out, and no lead is refused for it.
 */

/** What is believed of it. */
export interface ScriptFacts {
  /** The name that somebody gave the form in the page. */
  formName: string | null;
  /** How the form is known again where nobody named it, with a readable name; '' for none. */
  form: { fingerprint: string; name: string } | null;
  /** How long the visitor had the page before he sent the form; null: not said. A bot can say what it likes. */
  elapsedMs: number | null;
  /** Page, attribution and device, as the contract has them. */
  context: Partial<SubmissionCreate>;
}

/** Longer than our script ever writes it. */
const MAX_JSON = 32_768;
const MAX_URL = 4_096;
const MAX_WORD = 512;
const MAX_ELAPSED_MS = 366 * 86_400_000;
const FINGERPRINT = /^[a-z0-9]{8,32}$/;
const TOUCHED = [...UTM_NAMES, ...CLICK_IDS] as const;

/** Null for what our script did not write. @param userAgent the header of the request */
export function readScript(json: string | null, userAgent: string | null = null): ScriptFacts | null {
  const said = json === null || json.length > MAX_JSON ? null : parsed(json);
  if (said === null || said.v !== 1) return null;
  const fingerprint = FINGERPRINT.test(text(said.key, 32) ?? '') ? String(said.key) : null;
  const name = cutText(cleanLine(text(said.form, MAX_WORD) ?? ''), MAX_FIELD_NAME);
  const { ms } = said;
  return {
    formName: fingerprint === null && name !== '' ? name : null,
    form: fingerprint === null ? null : { fingerprint, name },
    elapsedMs: typeof ms === 'number' && ms >= 0 && ms <= MAX_ELAPSED_MS ? Math.round(ms) : null,
    context: { ...contextOf(said), ...(isIPad(said.touch, userAgent) ? IPAD : {}) },
  };
}

const IPAD = { os: 'iPadOS', device_type: 'tablet' } as const;

/** An iPad calls itself a Mac, and no Mac has a screen to touch. */
function isIPad(touch: unknown, userAgent: string | null): boolean {
  return typeof touch === 'number' && touch > 1 && /\bMacintosh\b/.test(userAgent ?? '');
}

function parsed(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : null;
  } catch {
    // Broken JSON is no more than a stranger's mistake.
    return null;
  }
}

function contextOf(said: Record<string, unknown>): Partial<SubmissionCreate> {
  const last = touchOf(said.last);
  const touches = given({ first_touch: shown(touchOf(said.first)), last_touch: shown(last) });
  return given({
    page_url: address(said.url),
    page_title: text(said.title, MAX_WORD),
    referrer: address(said.ref),
    screen_size: /^\d{1,5}x\d{1,5}$/.test(text(said.screen, 11) ?? '') ? String(said.screen) : null,
    language: text(said.lang, 35),
    timezone: text(said.tz, 64),
    ...last?.ad,
    metadata: Object.keys(touches).length > 0 ? touches : null,
  });
}

interface SeenTouch {
  at: string;
  url: string;
  ref: string | null;
  /** Campaign and click ids. */
  ad: Partial<Record<(typeof TOUCHED)[number], string>>;
}

function touchOf(said: unknown): SeenTouch | null {
  if (!isObject(said)) return null;
  const { at } = said;
  const url = address(said.url);
  // Beyond this no date can be written. ECMA-262, 21.4.1.1.
  if (url === null || typeof at !== 'number' || !(at >= 0 && at <= 8.64e15)) return null;
  const ad = given(Object.fromEntries(TOUCHED.map((name) => [name, text(said[name], MAX_WORD)])));
  return { at: new Date(at).toISOString(), url, ref: address(said.ref), ad };
}

/** A touch as it is kept beside the lead. */
function shown(touch: SeenTouch | null): Record<string, string> | null {
  if (touch === null) return null;
  const { at, url, ref, ad } = touch;
  return { at, page_url: cleanUrl(url).url, ...(ref === null ? {} : { referrer: cleanUrl(ref).url }), ...ad };
}

/** Web addresses alone: a page of a phone's app or a file says nothing of where the visitor was. */
function address(said: unknown): string | null {
  const url = text(said, MAX_URL);
  return url !== null && /^https?:\/\//i.test(url) ? url : null;
}

function text(said: unknown, max: number): string | null {
  return typeof said === 'string' && said.length <= max && said.trim() !== '' ? said : null;
}

function given<T extends Record<string, unknown>>(all: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
