/** @jsxImportSource preact */
/** A text to take along, with a button that copies it where scripts run. It scrolls; so the keyboard can reach it. */
export function CopyBlock({ id, text, label }: { id: string; text: string; label: string }) {
  return (
    <div class="copy-block">
      <figure class="code" aria-label={label}>
        <pre class="code" tabindex={0}>
          <code id={id}>{text}</code>
        </pre>
      </figure>
      <CopyButton of={id} />
    </div>
  );
}

/** A line to take along whole: what is shown once and never again, or an address to paste elsewhere. */
export function Secret({ id, text }: { id: string; text: string }) {
  return (
    <p class="secret">
      <code id={id}>{text}</code>
      <CopyButton of={id} />
    </p>
  );
}

/** A button that copies what the element of this id says; there only where scripts run. */
export function CopyButton({ of }: { of: string }) {
  return (
    <button type="button" class="button small" data-copy={`#${of}`} hidden>
      Copy
    </button>
  );
}
