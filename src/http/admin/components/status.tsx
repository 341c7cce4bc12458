/** @jsxImportSource preact */
import type { SyncStatus } from '../../../contract/submission.ts';

/** The few words that say how something stands. A dot and the word: colour is never the only sign. */
const WORDS = {
  pending: ['Pending', 'waiting'],
  synced: ['Synced', 'good'],
  failed: ['Failed', 'bad'],
  skipped: ['Skipped', 'quiet'],
  ok: ['Working', 'good'],
  paused: ['Paused', 'bad'],
  nearly_full: ['Nearly full', 'waiting'],
  active: ['Active', 'good'],
  expired: ['Expired', 'quiet'],
  revoked: ['Revoked', 'quiet'],
  disabled: ['Disabled', 'quiet'],
  invited: ['Invited', 'waiting'],
  published: ['Published', 'good'],
  unpublished: ['Not published', 'quiet'],
} as const;

export type StatusWord = keyof typeof WORDS;

export function Status({ is, title }: { is: StatusWord | SyncStatus; title?: string | null }) {
  const [word, tone] = WORDS[is];
  return (
    <span class={`status ${tone}`} title={title ?? undefined}>
      {word}
    </span>
  );
}

const SCORES = { hot: 'Hot', warm: 'Warm', cold: 'Cold' } as const;

/** Hot, warm and cold are three steps of one scale. */
export function Score({ is }: { is: 'hot' | 'warm' | 'cold' | null }) {
  return is === null ? null : <span class={`score ${is}`}>{SCORES[is]}</span>;
}

/** The reason is shown on hover and focus, and read out where pages are heard. */
export function SpamBadge({ reason }: { reason?: string | null }) {
  if (!reason) return <span class="badge">Spam</span>;
  return (
    <span class="badge tip" tabindex={0}>
      Spam
      <span class="tip-text">
        <span class="unseen">: </span>
        {capital(reason)}
      </span>
    </span>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
