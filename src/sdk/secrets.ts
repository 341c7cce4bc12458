const SECRET =
  /\b(pass ?(w(or)?[dt]|phrase|code)s?|pwd|(c[cv]|ca)?c[cv][cv]|csc|security code|(card|cc|kredit ?karten?) ?(nu\w*|no|nr|exp\w*|code|verif\w*|sec\w*|cv[cv]|csc))\b/;
const COMPLETES = /\bcc-|-password|one-time-code/;

/** Whether a name is that of a password or of a part of a payment card: whole words, in camel case too. */
export function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z])(?=[A-Z])/g, '$1 ').replace(/[^a-z]+/gi, ' ');
  return SECRET.test(words.toLowerCase());
}

/** Whether an `autocomplete` asks for one of these. */
export const completesSecret = (autocomplete: string | null): boolean => COMPLETES.test(autocomplete ?? '');

/**
 * Whether a text is a card's number: 16 digits, or 15 of American Express, with the check digit right. ISO/IEC 7812. Shorter
 * ones might be a phone's: the server looks at them, by the name of their field too.
 */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^([2-6]\d{15}|3[47]\d{13})$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((before, digit, at) => {
    const part = Number(digit) * (1 + (at % 2));
    return before + (part > 9 ? part - 9 : part);
  }, 0);
  return sum % 10 === 0;
}
