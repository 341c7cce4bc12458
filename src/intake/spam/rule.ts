/** How a field of free text is to be read, by its name. */
export type FieldKind = 'message' | 'name' | 'address' | 'opaque' | 'other';

/** One text that a lead came with. */
export interface SpamText {
  kind: FieldKind;
  text: string;
}

/** What a form says of the time it was filled in: milliseconds, or what is wrong with its token. */
export type FillTime = { ms: number } | 'stale' | 'forged';

/** What a person said of another lead with the same value. */
export type KnownAs = 'spam_email' | 'spam_text' | null;

/** A lead as the rules look at it: everything that needs a look elsewhere is found out before. */
export interface SpamLead {
  /** Every text of its fields, in their order; cut where they are long. */
  texts: readonly SpamText[];
  /** null: nothing is known. */
  fill: FillTime | null;
  known: KnownAs;
  /** How many others sent the very same message to the site within the hour. */
  otherSenders: number;
  /** No other lead of its form has Cyrillic or Greek letters, and there were enough to say so. */
  formIsLatin: boolean;
  /** What the site blocks, folded by `foldWords`. */
  blockedWords: readonly string[];
}

/**
 * How much something says. A weak sign is never enough, two clear ones are; a sure one is by itself. What a site's
 * level makes of the sum is said by `THRESHOLDS`.
 */
export const POINTS = { weak: 30, clear: 60, sure: 100 } as const;

/** What a rule found. */
export interface Finding {
  points: (typeof POINTS)[keyof typeof POINTS];
  /** A sentence for people, about the lead as "it". */
  reason: string;
}

/** One sign of spam. Pure: the same lead, the same finding. Null: there is no such sign. */
export type SpamRule = (lead: SpamLead) => Finding | null;

export const weak = (reason: string): Finding => ({ points: POINTS.weak, reason });
export const clear = (reason: string): Finding => ({ points: POINTS.clear, reason });
export const sure = (reason: string): Finding => ({ points: POINTS.sure, reason });
