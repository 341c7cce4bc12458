import { clear, type SpamRule } from './rule.ts';

/** Cyrillic and Greek have letters that look Latin. */
const LOOKALIKE = /[\u0370-\u03ff\u0400-\u052f]/;
const LATIN_BESIDE_OTHER = /[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]/g;
/** One such word may be a slip of the keyboard. */
const MANY = 3;

/** Whether a text has letters of an alphabet whose letters can stand in for Latin ones. */
export const hasLookalikes = (text: string): boolean => LOOKALIKE.test(text);

/** Words that are put together from two alphabets, to get past filters; where the form's other leads have one alone. */
export const mixedScripts: SpamRule = ({ texts, formIsLatin }) => {
  if (!formIsLatin) return null;
  let found = 0;
  for (const { kind, text } of texts) {
    if (kind !== 'opaque' && hasLookalikes(text)) found += text.match(LATIN_BESIDE_OTHER)?.length ?? 0;
  }
  return found < MANY ? null : clear('Its words mix letters of two alphabets.');
};
