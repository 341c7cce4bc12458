import { type SpamRule, sure } from './rule.ts';

/** Every pattern begins with one of these: most texts have neither, and are looked at no further. */
const MAY_BE_MARKUP = /[<[]|javascript:/i;
const SCRIPT = /<\s*(?:script|iframe|object|embed)\b|<[a-z][^<>]{0,200}\son[a-z]{3,20}\s*=|javascript:\s*[a-z(]/i;
const ANCHOR = /<\s*a\s[^<>]{0,500}href\s*=/i;
const BBCODE = /\[(?:url|link)(?:=[^\]]{1,500})?\]|\[img\]/i;

/** What is written for machines that show pages, not for people. */
export const markup: SpamRule = ({ texts }) => {
  for (const { text } of texts) {
    if (!MAY_BE_MARKUP.test(text)) continue;
    if (SCRIPT.test(text)) return sure('It holds the code of a script.');
    if (BBCODE.test(text)) return sure('Its links are written for forums ([url=…]).');
    if (ANCHOR.test(text)) return sure('Its links are written as HTML.');
  }
  return null;
};
