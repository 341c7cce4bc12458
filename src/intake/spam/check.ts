import type { Clock } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import type { SpamSettings, SpamStore } from '../../store/spam.ts';
import type { FormRef, NewLead, SiteStore } from '../../store/store.ts';
import { createSpamMemory } from './memory.ts';
import { hasLookalikes } from './mixed-scripts.ts';
import type { FillTime, KnownAs, SpamText } from './rule.ts';
import { emailsOf, marksOf, messagesOf, textsOf } from './values.ts';
import { verdict } from './verdict.ts';
import { foldWords } from './words.ts';

export interface SpamCheckDeps {
  store: { sites: Pick<SiteStore, 'get'>; spam: Pick<SpamStore, 'hasMarks' | 'known'> };
  vault: Pick<Vault, 'hashToken'>;
  clock: Clock;
}

/** What is known of a lead besides itself. */
export interface SpamContext {
  siteId: string;
  fill: FillTime | null;
  /** Why the source itself takes it for spam; null: it doesn't. */
  sourceReason: string | null;
}

export interface SpamCheck {
  /**
   * Why a lead that anyone may have sent is spam, in words for people; null: it is none. Takes some tens of
   * microseconds, and remembers the lead for those that follow.
   */
  reasonFor(lead: NewLead, context: SpamContext): string | null;
}

/**
 * Whether leads are spam, for ways in that anybody may use. What a person said of a value counts before all else, then
 * the domains that the site always lets through, then what the source saw, then the rules. Spec 3, "Layers against spam".
 */
export function createSpamCheck({ store, vault, clock }: SpamCheckDeps): SpamCheck {
  const memory = createSpamMemory(clock);

  function knownAs(siteId: string, texts: readonly SpamText[]): KnownAs | 'good' {
    if (!store.spam.hasMarks(siteId)) return null;
    let known: KnownAs = null;
    for (const { kind, hash } of marksOf(vault, siteId, texts)) {
      const said = store.spam.known(siteId, hash);
      if (said === 'good') return 'good';
      if (said === 'spam') known ??= kind === 'email' ? 'spam_email' : 'spam_text';
    }
    return known;
  }

  function othersWhoSent(siteId: string, texts: readonly SpamText[]): number {
    const messages = messagesOf(texts);
    if (messages.length === 0) return 0;
    const sender = emailsOf(texts)[0] ?? senderOf(texts);
    return Math.max(...messages.map((message) => memory.othersWhoSent(`${siteId}\n${message}`, sender)));
  }

  return {
    reasonFor(lead, { siteId, fill, sourceReason }) {
      const settings = store.sites.get(siteId)?.spam;
      if (settings === undefined) return sourceReason;
      const texts = textsOf(lead.body.fields);
      const known = knownAs(siteId, texts);
      if (known === 'good' || isAllowed(texts, settings)) return null;
      if (sourceReason !== null) return sourceReason;
      const form = formKey(siteId, lead.form);
      const reason = verdict(
        {
          texts,
          fill,
          known,
          otherSenders: othersWhoSent(siteId, texts),
          formIsLatin: memory.isLatin(form),
          blockedWords: foldedWords(settings),
        },
        settings.level,
      );
      if (reason === null)
        memory.noteLead(
          form,
          texts.some(({ text }) => hasLookalikes(text)),
        );
      return reason;
    },
  };
}

const folded = new WeakMap<SpamSettings, readonly string[]>();

/** As they are looked for; folded once for each time that settings are read. */
function foldedWords(settings: SpamSettings): readonly string[] {
  let words = folded.get(settings);
  if (words === undefined) {
    words = settings.words.map(foldWords).filter((word) => word !== '');
    folded.set(settings, words);
  }
  return words;
}

function isAllowed(texts: readonly SpamText[], { domains }: SpamSettings): boolean {
  return (
    domains.length > 0 && emailsOf(texts).some((email) => domains.includes(email.slice(email.lastIndexOf('@') + 1)))
  );
}

/** Who sent it, where no e-mail says so: whatever it has besides its message. */
const senderOf = (texts: readonly SpamText[]) =>
  texts
    .filter(({ kind }) => kind !== 'message')
    .map(({ text }) => text)
    .join('\n');

const formKey = (siteId: string, form: FormRef) => `${siteId} ${form.by === 'id' ? form.id : form.key}`;
