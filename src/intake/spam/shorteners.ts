import { linksOf } from './links.ts';
import { clear, type SpamRule } from './rule.ts';

/** Services that hide where a link leads, as spam uses them. Whole hosts. */
const SHORTENERS: ReadonlySet<string> = new Set(
  (
    'bit.ly tinyurl.com t.co goo.gl is.gd v.gd cutt.ly rb.gy ow.ly shorturl.at rebrand.ly t.ly tiny.cc bit.do adf.ly ' +
    'clck.ru vk.cc s.id shorte.st soo.gd buff.ly lnkd.in u.to surl.li n9.cl urlz.fr telegra.ph'
  ).split(' '),
);

/** A link whose goal is hidden. */
export const shorteners: SpamRule = ({ texts }) => {
  for (const { kind, text } of texts) {
    if (kind === 'opaque') continue;
    for (const link of linksOf(text)) {
      const host = link
        .replace(/^https?:\/\//i, '')
        .replace(/^www\./i, '')
        .replace(/[/?#:].*$/s, '')
        .toLowerCase();
      if (SHORTENERS.has(host)) return clear(`It has a link that hides where it leads (${host}).`);
    }
  }
  return null;
};
