import { clear, type SpamRule, sure } from './rule.ts';

/*
 * Letters drawn by lot, as bots fill fields with. Only plain Latin letters are judged: of other alphabets, and of words
 * with accents, too many look like chance to who doesn't read them. Short words, and whatever is written in capitals
 * (abbreviations), are never judged.
 */

const WORD = /\p{L}+/gu;
const LONG_WORD = /[a-z]{8}/i;
const PLAIN = /^[a-z]+$/i;
const ROWS = ['qwertyuiop', 'qwertzuiop', 'asdfghjkl', 'zxcvbnm', 'yxcvbnm'];
const ROW_PIECE = 4;

/** Whether a word is letters by chance, as far as can be said without knowing the language. */
export function looksRandom(word: string): boolean {
  if (word.length < 8 || !PLAIN.test(word) || word === word.toUpperCase()) return false;
  const vowels = word.match(/[aeiouy]/gi)?.length ?? 0;
  if (vowels === 0 || (word.length >= 12 && vowels / word.length < 0.13)) return true;
  if (isMashed(word.toLowerCase())) return true;
  // Names like MacDonald and JavaScript change their case too, but every four letters at most.
  const turns = word.match(/[a-z](?=[A-Z])/g)?.length ?? 0;
  return turns >= 3 && word.length / (turns + 1) < 3.8;
}

/** Nothing but pieces of the keyboard's rows: `asdfghjk`, `asdfasdf`. */
function isMashed(word: string): boolean {
  for (let at = 0; at < word.length; ) {
    let end = Math.min(word.length, at + 10);
    while (end - at >= ROW_PIECE && !ROWS.some((row) => row.includes(word.slice(at, end)))) end--;
    if (end - at < ROW_PIECE) return false;
    at = end;
  }
  return true;
}

/** At least half of its words are random. */
function isGibberish(text: string): boolean {
  if (!LONG_WORD.test(text) || text.includes('@') || text.includes('://')) return false;
  const words = text.match(WORD) ?? [];
  const long = words.filter((word) => word.length >= 3);
  return long.length > 0 && long.filter(looksRandom).length * 2 >= long.length;
}

/** One such field may be a code or a name from far away; two are a bot. */
export const gibberish: SpamRule = ({ texts }) => {
  const count = texts.filter(({ kind, text }) => kind !== 'opaque' && !/\d/.test(text) && isGibberish(text)).length;
  if (count === 0) return null;
  return count === 1
    ? clear('One of its fields holds random letters.')
    : sure(`${count} of its fields hold random letters.`);
};
