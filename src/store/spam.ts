export const SPAM_LEVELS = ['off', 'normal', 'strict'] as const;
export type SpamLevel = (typeof SPAM_LEVELS)[number];

/** What a site's people set against spam. */
export interface SpamSettings {
  /** How soon the built-in rules take a lead for spam; `off`: not at all. */
  level: SpamLevel;
  /** Words and phrases that make every lead spam, as they were typed. */
  words: readonly string[];
  /** Domains of e-mail addresses whose leads never are, in lower case. */
  domains: readonly string[];
}

export const DEFAULT_SPAM: SpamSettings = { level: 'normal', words: [], domains: [] };

/** So many values that people marked are remembered of a site: the newest. */
export const MAX_SPAM_MARKS = 100_000;

/** What people said of leads, kept as keyed hashes of their values. */
export interface SpamStore {
  /** Whether anything was said of a site's leads at all: mostly not, and then nothing need be looked up. */
  hasMarks(siteId: string): boolean;
  /** What was said last of a lead with this value; null: nothing. One look-up: leads that come in wait for it. */
  known(siteId: string, hash: string): 'spam' | 'good' | null;
  /** Forgets what was said of leads with these values. */
  forget(siteId: string, hashes: readonly string[]): Promise<void>;
}
