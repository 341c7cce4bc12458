import { clear, type SpamRule, sure } from './rule.ts';

/** Shorter texts are the same by chance, or because people say the same. */
const LONG = 60;

/** The same long text in several fields. An address may be there twice: where to send to, and the bill. */
export const sameTextTwice: SpamRule = ({ texts }) => {
  const long = texts.filter(
    ({ kind, text }) => text.length >= LONG && (kind === 'message' || kind === 'other' || kind === 'name'),
  );
  if (long.length < 2) return null;
  const most = Math.max(
    ...Map.groupBy(long, ({ text }) => text.trim())
      .values()
      .map((same) => same.length),
  );
  if (most < 2) return null;
  return most === 2
    ? clear('The same long text is in two of its fields.')
    : sure(`The same long text is in ${most} of its fields.`);
};

/** The same message again and again, each time by somebody else. */
export const sameMessage: SpamRule = ({ otherSenders }) => {
  if (otherSenders < 2) return null;
  const reason = `The same message came from ${otherSenders} others within the hour.`;
  return otherSenders < 4 ? clear(reason) : sure(reason);
};
