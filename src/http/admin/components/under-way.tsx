/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import { PostForm } from './form.tsx';
import { LIVE } from './live.ts';

/** Long work that goes on by itself: how far it is, looking again until it is done, and a way to stop it. */
export function UnderWay(props: {
  id: string;
  class: string;
  /** Where this part is, with what has become of the work. */
  look: string;
  /** Where a form that stops it goes. */
  stop: string;
  csrf: string;
  title: string;
  /** Null while it is not known how much there is, or not worth a bar. */
  bar: { done: number; total: number; label: string } | null;
  /** How far it is, in words, with a way to look again where no script does. */
  children: ComponentChildren;
}) {
  const { id, look, stop, csrf, title, bar, children } = props;
  return (
    <div
      id={id}
      class={props.class}
      role="status"
      hx-get={look}
      hx-trigger="every 2s"
      hx-select={`#${id}`}
      hx-target={`#${id}`}
      hx-swap={LIVE}
    >
      <strong>{title}…</strong>
      {bar === null ? null : <progress max={bar.total} value={bar.done} aria-label={bar.label} />}
      <p class="help">{children}</p>
      <PostForm action={stop} csrf={csrf} class="inline">
        <button type="submit" class="button small">
          Stop
        </button>
      </PostForm>
    </div>
  );
}
