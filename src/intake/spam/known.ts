import { type SpamRule, sure } from './rule.ts';

/** What a person has called spam before. */
export const known: SpamRule = ({ known: as }) => {
  if (as === 'spam_email') return sure('Your team marked a lead with the same e-mail address as spam.');
  return as === 'spam_text' ? sure('Your team marked a lead with the same message as spam.') : null;
};
