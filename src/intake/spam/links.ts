import { clear, type SpamRule, sure, weak } from './rule.ts';

/** Written with its protocol, or as browsers shorten it. */
const LINK = /(?:https?:\/\/|\bwww\.)[^\s<>"'()[\]]+/gi;
const MAY_HOLD_LINK = /:\/\/|www\./i;
/** So few words beside a link are no message. */
const FEW_WORDS = 3;
/** So many words stand beside each link of somebody who explains what he means. */
const WORDS_TO_EXPLAIN = 15;

/** The links of a text, as they are written. */
export function linksOf(text: string): readonly string[] {
  return MAY_HOLD_LINK.test(text) ? (text.match(LINK) ?? []) : [];
}

function wordsBeside(text: string): number {
  return text.replace(LINK, ' ').match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
}

/** A field that holds one address and nothing else is asked for it: a web site, a profile. */
const isJustALink = (text: string) => /^(?:https?:\/\/|www\.)\S+$/i.test(text.trim());

/** Many links for few words, a message that is a link, or a link where a person's name belongs. */
export const links: SpamRule = ({ texts }) => {
  let found = 0;
  let words = 0;
  let isLinkAlone = false;
  for (const { kind, text } of texts) {
    const count = linksOf(text).length;
    if (count === 0) continue;
    if (kind === 'name') return sure('It has a link where the name belongs.');
    if (kind === 'opaque' || (kind !== 'message' && isJustALink(text))) continue;
    const beside = wordsBeside(text);
    found += count;
    words += beside;
    if (kind === 'message' && beside <= FEW_WORDS) isLinkAlone = true;
  }
  if (found === 0) return null;
  const isDense = words < found * WORDS_TO_EXPLAIN;
  if (found >= 6 && isDense) return sure(`It has ${found} links and few words.`);
  if (isLinkAlone) return clear('Its message is a link and hardly anything else.');
  if (found >= 3 && isDense) return clear(`It has ${found} links and few words.`);
  return found >= 3 ? weak(`It has ${found} links.`) : null;
};
