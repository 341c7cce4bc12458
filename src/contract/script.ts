import type { CLICK_IDS, UTM_NAMES } from './submission.ts';

/*
 * What the browser's script (src/sdk) says beside a form's fields: JSON in the field `_lts`. Types alone, since the script
 * has to stay small; intake/forms/script.ts says what is believed of it.
 */

/** How a visitor came to the site. */
export interface Touch extends Partial<Record<(typeof UTM_NAMES)[number] | (typeof CLICK_IDS)[number], string>> {
  /** Unix time in milliseconds, by the visitor's clock. */
  at: number;
  /** The page that was opened. */
  url: string;
  /** The page that led there, where it is another site's. */
  ref?: string;
}

export interface ScriptData {
  v: 1;
  /** What the form is called. */
  form?: string;
  /** Knows the form again, whatever it is called; left out where somebody named it. */
  key?: string;
  /** How long the page was open when the form was sent, in milliseconds: the form itself may be made anew at each step. */
  ms?: number;
  url: string;
  title: string;
  ref: string;
  screen: string;
  lang: string;
  tz: string;
  /** Fingers that the screen takes at once: what the header `User-Agent` does not say of an iPad. */
  touch: number;
  first?: Touch;
  last?: Touch;
}
