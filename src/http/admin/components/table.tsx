/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';

/** The head of a column. `number`: aligned to compare; `unseen`: for those who hear the page. */
export type Column = string | { text: string; number?: true; unseen?: true };

/** A table that becomes stacked rows on a phone. Rows are `tr`; each `td` says its column as `data-label`. */
export function StackTable({ columns, children }: { columns: readonly Column[]; children: ComponentChildren }) {
  return (
    <div class="table-frame">
      <table class="stack">
        <thead>
          <tr>{columns.map(columnHead)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function columnHead(column: Column) {
  if (typeof column === 'string') return <th key={column}>{column}</th>;
  const { text, number, unseen } = column;
  return (
    <th key={text} class={number ? 'number' : undefined}>
      {unseen ? <span class="unseen">{text}</span> : text}
    </th>
  );
}
