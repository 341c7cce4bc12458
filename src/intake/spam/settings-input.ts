import { SPAM_LEVELS, type SpamSettings } from '../../store/spam.ts';
import { readDomains } from '../domains.ts';
import { cleanName, cutText } from '../text.ts';
import { foldWords } from './words.ts';

/** What people type, as they typed it. */
export interface SpamTexts {
  level: string;
  words: string;
  domains: string;
}
export type SpamErrors = Partial<Record<keyof SpamTexts, string>>;

const MAX_WORDS = 200;
const MAX_WORD = 100;

/** The settings that these texts say, or what is wrong with each of them. */
export function readSpamSettings(
  texts: SpamTexts,
): { ok: true; settings: SpamSettings } | { ok: false; errors: SpamErrors } {
  const errors: SpamErrors = {};
  const level = SPAM_LEVELS.find((each) => each === texts.level);
  if (level === undefined) errors.level = 'Choose one of the three.';
  const words = wordsOf(texts.words);
  const wrongWord = words.find((word) => foldWords(word) === '' || cutText(word, MAX_WORD) !== word);
  if (words.length > MAX_WORDS) errors.words = `These are ${words.length}. Keep ${MAX_WORDS} at most.`;
  else if (wrongWord !== undefined) {
    errors.words = `“${cutText(wrongWord, 40)}” can not be blocked. Write words or phrases of up to ${MAX_WORD} characters.`;
  }
  const domains = readDomains(texts.domains);
  const wrongDomain = domains.ok ? domains.domains.find((domain) => domain.startsWith('*.')) : domains.wrong;
  if (wrongDomain !== undefined) {
    errors.domains = `“${cutText(wrongDomain, 60)}” is no domain of e-mail addresses. Write names such as example.com.`;
  }
  if (level === undefined || !domains.ok || Object.keys(errors).length > 0) return { ok: false, errors };
  return { ok: true, settings: { level, words, domains: domains.domains } };
}

/** One a line, each once. */
function wordsOf(text: string): string[] {
  const words = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const word = cleanName(line);
    if (word !== '' && !words.has(foldWords(word))) words.set(foldWords(word), word);
  }
  return [...words.values()];
}
