import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';

/*
 * What the rules remember of earlier leads, in memory alone: it is bounded, holds hashes in place of what people wrote,
 * under a key of this start's own, and begins anew with each start.
 */

const HOUR_MS = 3_600_000;
const MAX_MESSAGES = 20_000;
/** More senders of one message tell nothing new. */
const MAX_SENDERS = 16;
const MAX_FORMS = 5_000;
/** So many leads without another alphabet say that a form's visitors have one. */
const ENOUGH_LEADS = 20;

export interface SpamMemory {
  /** Notes who sent a message; how many others did within the hour. */
  othersWhoSent(message: string, sender: string): number;
  /** Whether the form's leads so far are known to have no letters but Latin ones and such as can't be taken for them. */
  isLatin(form: string): boolean;
  /** Notes a good lead of a form. */
  noteLead(form: string, hasLookalikes: boolean): void;
}

export function createSpamMemory(clock: Clock): SpamMemory {
  /** Oldest first; each with the senders of its hour. */
  const messages = new Map<bigint, { since: number; senders: Set<bigint> }>();
  const forms = new Map<string, { leads: number; others: boolean }>();
  const seed = randomBytes(8).readBigUInt64LE();
  const hash = (text: string) => Bun.hash.wyhash(text, seed);

  return {
    othersWhoSent(text, who) {
      const now = clock.monotonic();
      const [message, sender] = [hash(text), hash(who)];
      let seen = messages.get(message);
      if (seen === undefined || now - seen.since >= HOUR_MS) {
        messages.delete(message);
        seen = { since: now, senders: new Set() };
        messages.set(message, seen);
        dropOldest(messages, MAX_MESSAGES);
      }
      if (seen.senders.size < MAX_SENDERS) seen.senders.add(sender);
      return seen.senders.size - (seen.senders.has(sender) ? 1 : 0);
    },
    isLatin(form) {
      const seen = forms.get(form);
      return seen !== undefined && seen.leads >= ENOUGH_LEADS && !seen.others;
    },
    noteLead(form, hasLookalikes) {
      const seen = forms.get(form) ?? { leads: 0, others: false };
      forms.delete(form);
      forms.set(form, { leads: seen.leads + 1, others: seen.others || hasLookalikes });
      dropOldest(forms, MAX_FORMS);
    },
  };
}

function dropOldest<K>(map: Map<K, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
