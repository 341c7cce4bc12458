/** @jsxImportSource preact */
import { CopyBlock } from './copy.tsx';

/** A text to paste, and what it is written in. */
export interface Snippet {
  name: string;
  text: string;
}

/** The same in several languages, one of them open at a time. @param of what they do, for those who hear the page */
export function Snippets({ id, of, snippets }: { id: string; of: string; snippets: readonly Snippet[] }) {
  return (
    <div class="snippets">
      {snippets.map(({ name, text }, at) => (
        <details key={name} name={id} open={at === 0}>
          <summary>{name}</summary>
          <CopyBlock id={`${id}-${at}`} text={text} label={`${name}: ${of}`} />
        </details>
      ))}
    </div>
  );
}
