import type { Fields } from '../../../contract/submission.ts';

/*
 * What counts as a word, for leads and for what is searched alike: runs of letters, digits and marks, without regard
 * to case, to compatibility forms (NFKC) and to the diacritics of Latin, Greek and Cyrillic. Scripts that put no space
 * between words are cut into overlapping pairs of characters, so that any part of a text in them is found.
 */

/** Longer words are told apart by so many characters. */
const MAX_LENGTH = 40;
/** So many different words of one lead can be found, its first ones: no lead may hold up those that come after it. */
const MAX_PER_LEAD = 4_000;
/** So many words of a search count, its first ones. */
const MAX_PER_QUERY = 16;
/** So much of a search's text is looked at, in UTF-16 units. */
const MAX_QUERY_LENGTH = 2_000;

const ASCII = /^[\0-\x7f]*$/;
const ASCII_WORDS = /[a-z0-9]+/g;
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;
const FOLDED_MARKS = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;
/** Letters that people type without their stroke or as two, and that no decomposition takes apart. */
const FOLDED_LETTERS = /[ßæœøđðłıþς]/g;
const LETTERS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ł: 'l', ı: 'i', þ: 'th', ς: 'σ' },
};
const UNSPACED_SCRIPTS = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('');
const UNSPACED = new RegExp(`[${UNSPACED_SCRIPTS}]+`, 'gu');

/** A word of a text, or a run of an unspaced script in it. */
interface Run {
  text: string;
  unspaced: boolean;
}

function* runsOf(text: string): Generator<Run> {
  if (ASCII.test(text)) {
    for (const word of text.toLowerCase().match(ASCII_WORDS) ?? []) yield { text: word, unspaced: false };
    return;
  }
  for (const word of fold(text).match(WORDS) ?? []) {
    let end = 0;
    for (const { 0: run, index } of word.matchAll(UNSPACED)) {
      if (index > end) yield { text: word.slice(end, index), unspaced: false };
      yield { text: run, unspaced: true };
      end = index + run.length;
    }
    if (end < word.length) yield { text: word.slice(end), unspaced: false };
  }
}

function fold(text: string): string {
  const plain = text.normalize('NFKD').toLowerCase().normalize('NFKD').replace(FOLDED_MARKS, '$1');
  return plain.normalize('NFC').replace(FOLDED_LETTERS, (letter) => LETTERS[letter] ?? letter);
}

/** The different words of a lead's field values, at most MAX_PER_LEAD. */
export function wordsOf(fields: Fields): Set<string> {
  const words = new Set<string>();
  for (const value of Object.values(fields)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === null || item === '') continue;
      addWords(words, String(item));
      if (words.size >= MAX_PER_LEAD) return words;
    }
  }
  return words;
}

function addWords(words: Set<string>, text: string): void {
  for (const run of runsOf(text)) {
    if (run.unspaced) {
      const characters = [...run.text];
      // The last one stands alone: every character begins some word.
      for (const [i, character] of characters.entries()) words.add(character + (characters[i + 1] ?? ''));
    } else {
      words.add(shortened(run.text));
    }
    if (words.size >= MAX_PER_LEAD) return;
  }
}

/**
 * What a lead's words have to begin with to be found: each of these. Empty: no word was asked for, and nothing is
 * found. What is the beginning of another one is left out, for that one says more.
 */
export function queryWords(q: string): string[] {
  const asked = new Set<string>();
  for (const run of runsOf(q.slice(0, MAX_QUERY_LENGTH))) {
    if (run.unspaced) for (const pair of pairsOf(run.text)) asked.add(pair);
    else asked.add(shortened(run.text));
    if (asked.size >= MAX_PER_QUERY) break;
  }
  const words = [...asked].slice(0, MAX_PER_QUERY);
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)));
}

function pairsOf(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, i) => (characters[i] ?? '') + character);
}

function shortened(word: string): string {
  return word.length <= MAX_LENGTH ? word : [...word.slice(0, 2 * MAX_LENGTH)].slice(0, MAX_LENGTH).join('');
}

/** Whether a lead with these words is found by `asked`, as `queryWords` gives them. */
export function hasWords(words: ReadonlySet<string>, asked: readonly string[]): boolean {
  return (
    asked.length > 0 && asked.every((start) => words.has(start) || [...words].some((word) => word.startsWith(start)))
  );
}
