import type { Vault } from '../../lib/crypto.ts';
import type { LeadBody } from '../../store/store.ts';
import { fieldKind } from './field-kind.ts';
import type { SpamText } from './rule.ts';

/** What is looked at of one value, and of all: characters. What is beyond tells no more. */
const MAX_TEXT = 4_000;
const MAX_TEXTS = 60;
const MAX_LOOKED_AT = 32_000;

const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@]{2,63}$/;
/** Shorter messages are the same by chance. */
const LONG_MESSAGE = 40;
/** Of one lead, each. */
const MAX_VALUES = 3;

/** The texts of a lead with what their fields are for. */
export function textsOf(fields: LeadBody['fields']): SpamText[] {
  const texts: SpamText[] = [];
  let left = MAX_LOOKED_AT;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each !== 'string' || each === '') continue;
      if (texts.length >= MAX_TEXTS || left <= 0) return texts;
      const text = each.length > MAX_TEXT ? each.slice(0, MAX_TEXT) : each;
      left -= text.length;
      texts.push({ kind: fieldKind(name), text });
    }
  }
  return texts;
}

/** The e-mail addresses among them, as they are compared: without regard to case. */
export function emailsOf(texts: readonly SpamText[]): string[] {
  const emails = new Set<string>();
  for (const { text } of texts) {
    if (!text.includes('@') || text.length > 320) continue;
    const email = text.trim().toLowerCase();
    if (EMAIL.test(email) && emails.size < MAX_VALUES) emails.add(email);
  }
  return [...emails];
}

/** Long messages, as they are compared: whatever their case and blanks. What a form writes into other fields by itself is none. */
export function messagesOf(texts: readonly SpamText[]): string[] {
  const messages = new Set<string>();
  for (const { kind, text } of texts) {
    if (kind !== 'message' || text.length < LONG_MESSAGE || messages.size >= MAX_VALUES) continue;
    messages.add(text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim());
  }
  return [...messages];
}

/** A value of a lead as it is remembered: a keyed hash, of no use to anybody without the server's secret. */
export interface SpamMark {
  kind: 'email' | 'text';
  hash: string;
}

const DIGITS = 32;

/** What is remembered of a lead when a person says what it is, and looked for in those that follow. */
export function marksOf(vault: Pick<Vault, 'hashToken'>, siteId: string, texts: readonly SpamText[]): SpamMark[] {
  const mark = (kind: SpamMark['kind'], value: string): SpamMark => ({
    kind,
    hash: vault.hashToken('spam', `${siteId}:${kind}:${value}`).slice(0, DIGITS),
  });
  return [
    ...emailsOf(texts).map((email) => mark('email', email)),
    ...messagesOf(texts).map((message) => mark('text', message)),
  ];
}
