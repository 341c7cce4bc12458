import { fillTime } from './fill-time.ts';
import { gibberish } from './gibberish.ts';
import { known } from './known.ts';
import { links } from './links.ts';
import { markup } from './markup.ts';
import { mixedScripts } from './mixed-scripts.ts';
import { sameMessage, sameTextTwice } from './repeats.ts';
import type { SpamRule } from './rule.ts';
import { shorteners } from './shorteners.ts';
import { words } from './words.ts';

/** What a site's people said themselves: counts whatever the level. */
export const OWN_RULES: readonly SpamRule[] = [known, words];

/** Those, and the built-in ones. A new rule is a file beside this and a name here; the corpus in the tests says what it changes. */
export const ALL_RULES: readonly SpamRule[] = [
  ...OWN_RULES,
  fillTime,
  markup,
  links,
  shorteners,
  gibberish,
  mixedScripts,
  sameTextTwice,
  sameMessage,
];
