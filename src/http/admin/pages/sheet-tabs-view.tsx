/** @jsxImportSource preact */
import type { SheetColumn, SheetTab, SheetTarget } from '../../../store/sheets.ts';
import type { StoredForm } from '../../../store/store.ts';
import { PostForm } from '../components/form.tsx';
import { Card, count, Empty } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { StackTable } from '../components/table.tsx';
import { cut } from '../lead-words.ts';
import type { ShownRows } from './sheet-rows.ts';
import { Technical } from './sheet-work-view.tsx';

export type ListedTab = SheetTab & {
  form: Pick<StoredForm, 'id' | 'name' | 'submissionCount'> | null;
  /** What the form was called, and the one that it was merged into. */
  merged: { name: string; into: string } | null;
};

/** The tab whose rows are shown; `rows` null: they have yet to be read. */
export interface Shown {
  tab: Pick<SheetTab, 'id' | 'title' | 'formId'>;
  rows: ShownRows | null;
}

interface TabsProps {
  tabs: readonly ListedTab[];
  target: SheetTarget;
  shown: Shown | null;
  base: string;
  mayEdit: boolean;
  mayExport: boolean;
  csrf: string;
}

export function Tabs({ tabs, target, shown, base, mayEdit, mayExport, csrf }: TabsProps) {
  if (tabs.length === 0) {
    return (
      <Empty title="No tabs yet">
        <p>Each form gets a tab of its own with its first lead.</p>
      </Empty>
    );
  }
  return (
    <StackTable columns={['Tab', 'Form', { text: 'Leads', number: true }, 'State', { text: 'Actions', unseen: true }]}>
      {tabs.map((tab) => (
        <tr key={tab.id} class={tab.id === shown?.tab.id ? 'chosen' : undefined}>
          <td data-label="Tab" class="text">
            <a class="row" href={`${base}?form=${tab.formId}#rows`}>
              <bdi>{tab.title}</bdi>
            </a>
          </td>
          <td data-label="Form" class="text">
            <bdi>{tab.form?.name ?? tab.merged?.name ?? ''}</bdi>
            {tab.merged ? (
              <p class="help">
                No new leads. Merged into <bdi>{tab.merged.into}</bdi>
              </p>
            ) : null}
          </td>
          <td data-label="Leads" class="number">
            {tab.merged ? <span class="muted">–</span> : count(tab.form?.submissionCount ?? 0)}
          </td>
          <td data-label="State">
            {tab.state === 'planned' ? <span class="muted">Made with the next row</span> : null}
            {tab.state === 'ready' ? <Status is="ok" /> : null}
            {tab.state === 'paused' ? <Status is="paused" /> : null}
            {tab.problem ? <p class="help">{tab.problem.message}</p> : null}
            <Technical text={tab.problem?.technical ?? null} />
          </td>
          <td data-label="">
            <div class="actions">
              {tab.state === 'paused' && mayEdit ? <TabWords tab={tab} base={base} csrf={csrf} /> : null}
              {target.kind === 'local' && mayExport ? (
                <a class="button small" href={`${base}/csv/${tab.id}`}>
                  Download CSV
                </a>
              ) : null}
            </div>
          </td>
        </tr>
      ))}
    </StackTable>
  );
}

function TabWords({ tab, base, csrf }: { tab: SheetTab; base: string; csrf: string }) {
  return (
    <>
      <PostForm action={`${base}/resume-tab`} csrf={csrf} class="inline">
        <input type="hidden" name="form" value={tab.formId} />
        <button type="submit" class="button small">
          Try again now
        </button>
      </PostForm>
      {tab.problem?.code === 'tab_gone' ? (
        <PostForm action={`${base}/resume-tab`} csrf={csrf} class="inline">
          <input type="hidden" name="form" value={tab.formId} />
          <input type="hidden" name="new_tab" value="yes" />
          <button type="submit" class="button small">
            Make a new tab
          </button>
        </PostForm>
      ) : null}
    </>
  );
}

/** Columns of ours that somebody deleted in the spreadsheet, each to be had back with its values. */
export function GoneColumns({ tabs, base, csrf }: { tabs: readonly ListedTab[]; base: string; csrf: string }) {
  const gone = tabs.flatMap((tab) =>
    tab.columns.filter(({ state }) => state === 'removed').map((column): [ListedTab, SheetColumn] => [tab, column]),
  );
  if (gone.length === 0) return null;
  return (
    <Card title="Columns deleted in the spreadsheet">
      <p class="help">
        Their values are kept here and go nowhere. A restored column comes at the right end, filled for every row.
      </p>
      <ul class="lines">
        {gone.map(([tab, column]) => (
          <li key={`${tab.id} ${column.key}`}>
            <p>
              <bdi>{cut(column.header, 60)}</bdi> <span class="muted">in</span> <bdi>{cut(tab.title, 60)}</bdi>
            </p>
            <PostForm action={`${base}/restore-column`} csrf={csrf} class="inline">
              <input type="hidden" name="form" value={tab.formId} />
              <input type="hidden" name="key" value={column.key} />
              <button type="submit" class="button small">
                Restore
              </button>
            </PostForm>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Longer cells are cut here; the sheet has all of them. */
const CELL = 120;

const NOTES = {
  file: 'As they stand in the file, newest last.',
  spreadsheet: 'As they stand in the spreadsheet, the lowest last.',
  database: 'The spreadsheet can’t be read at the moment. These rows were written to it, newest last.',
} as const;

/** The rows of a tab. Where they have yet to be read the page asks for them by itself; without scripts, by the link. */
export function RowsPart({ shown: { tab, rows }, base }: { shown: Shown; base: string }) {
  const title = (
    <h2>
      Rows of <bdi>{cut(tab.title, 60)}</bdi>
    </h2>
  );
  if (rows === null) {
    const address = `${base}/rows?form=${tab.formId}`;
    return (
      <section
        class="rows"
        id="rows"
        hx-get={address}
        hx-trigger="load"
        hx-select="#rows"
        hx-target="#rows"
        hx-swap="outerHTML"
      >
        {title}
        <p class="help" role="status">
          Reading the tab… <a href={address}>Show its rows</a>
        </p>
      </section>
    );
  }
  return (
    <section class="rows" id="rows">
      {title}
      <p class="help">{rows.rows.length === 0 ? 'No rows yet.' : NOTES[rows.from]}</p>
      {rows.rows.length === 0 ? null : <RowsTable {...rows} />}
    </section>
  );
}

function RowsTable({ header, rows }: ShownRows) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reachable by keyboard
    <section class="table-frame sheet-rows" tabIndex={0} aria-label="Rows of the tab">
      <table>
        <thead>
          <tr>
            {header.map((text, at) => (
              <th key={at} scope="col">
                <bdi>{cut(text, 60)}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {header.map((_, column) => (
                <td key={column} class="text" dir="auto">
                  {cut(row[column] ?? '', CELL)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
