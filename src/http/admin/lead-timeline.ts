import type { AuditEntry } from '../../store/accounts.ts';
import type { Lead } from '../../store/store.ts';
import { SOURCE_WORDS } from './lead-words.ts';

/** One step of a lead's way. */
export interface Step {
  at: number;
  text: string;
  /** Who did it; null: the program. */
  by: string | null;
}

const DEEDS: Readonly<Record<string, (entry: AuditEntry) => string>> = {
  'lead.spam_marked': () => 'Marked as spam',
  'lead.spam_cleared': () => 'Marked as not spam',
  'lead.retried': () => 'Sent to the sheet again',
  'lead.quality_set': ({ after }) => (after?.quality ? `Quality set to ${after.quality}` : 'Quality taken away'),
};

/** What is known of a lead's way, newest first. */
export function timelineOf(lead: Lead, entries: readonly AuditEntry[]): Step[] {
  const steps: Step[] = [{ at: lead.createdAt, text: `Received by ${SOURCE_WORDS[lead.source]}`, by: null }];
  if (lead.submittedAt !== lead.createdAt) steps.push({ at: lead.submittedAt, text: 'Sent by the visitor', by: null });
  if (lead.syncedAt !== null) steps.push({ at: lead.syncedAt, text: 'Row written', by: null });
  for (const entry of entries) {
    const text = Object.hasOwn(DEEDS, entry.action) ? DEEDS[entry.action]?.(entry) : undefined;
    if (text !== undefined) steps.push({ at: entry.at, text, by: nameOf(entry) });
  }
  return steps.sort((a, b) => b.at - a.at);
}

function nameOf({ actor }: AuditEntry): string | null {
  if (actor.kind === 'server') return null;
  return actor.kind === 'cli' ? 'the command line' : actor.name;
}
