import { MIN_FILL_MS } from './render-token.ts';
import { clear, type SpamRule, sure, weak } from './rule.ts';

/** A form that was sent before a person can have read it. A tab may stay open for days. */
export const fillTime: SpamRule = ({ fill }) => {
  if (fill === null) return null;
  if (fill === 'forged') return clear('It was sent without the form having been opened.');
  if (fill === 'stale') return weak('The form was opened more than a day before it was sent.');
  if (fill.ms >= MIN_FILL_MS) return null;
  return sure(`It was sent ${(fill.ms / 1000).toFixed(1)} s after the form was shown: nobody types that fast.`);
};
