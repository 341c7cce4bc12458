import { type SpamRule, sure } from './rule.ts';

/** Runs of what is no letter or digit become one blank, at the ends too: so words are found whole. */
export function foldWords(text: string): string {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  return words === null ? '' : ` ${words.join(' ')} `;
}

/** Scripts that put no blanks between words: there a part is enough. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Words and phrases that the site blocks: whole, whatever their case. */
export const words: SpamRule = ({ texts, blockedWords }) => {
  if (blockedWords.length === 0) return null;
  for (const { text } of texts) {
    const folded = foldWords(text);
    if (folded === '') continue;
    const found = blockedWords.find((word) => folded.includes(UNSPACED.test(word) ? word.trim() : word));
    if (found) return sure(`It holds “${found.trim()}”, which this site blocks.`);
  }
  return null;
};
