/** @jsxImportSource preact */
import type { VNode } from 'preact';

/** Strings and comments: enough to find one's way in a short program. */
const PARTS = /(#[^\n]*|\/\/[^\n]*)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/g;

/** A text as code, with a name to copy it by. What scrolls can be reached by the keyboard (WCAG 2.1.1). */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <figure class="code" tabindex={0} aria-label={label}>
      <pre>
        <code>{coloured(text)}</code>
      </pre>
    </figure>
  );
}

function coloured(text: string): (string | VNode)[] {
  const parts: (string | VNode)[] = [];
  let from = 0;
  for (const match of text.matchAll(PARTS)) {
    if (match.index > 0 && match[1] !== undefined && !/\s/.test(text[match.index - 1] ?? '')) continue;
    // The name of a member, not a value.
    if (text[match.index + match[0].length] === ':') continue;
    parts.push(text.slice(from, match.index));
    parts.push(<span class={match[1] === undefined ? 'string' : 'comment'}>{match[0]}</span>);
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}

/** `like this` in a text of ours becomes code. */
export function Words({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code key={part}>{part}</code> : part))}</>;
}
