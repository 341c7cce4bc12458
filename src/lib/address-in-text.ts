/** As texts are compared: whatever their case and however their letters are put together. */
export const foldedText = (text: string) => text.normalize('NFC').toLowerCase();

/** Finds an e-mail address that stands in a folded text by itself, not as a part of a longer one. */
export function addressPattern(address: string): RegExp {
  const literal = foldedText(address.trim()).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}._%+-])${literal}(?![\\p{L}\\p{N}-]|\\.[\\p{L}\\p{N}])`, 'gu');
}
