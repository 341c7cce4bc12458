/** @jsxImportSource preact */
import type { LeadView } from '../../../store/views.ts';
import { Alert, PostForm, TextField } from '../components/form.tsx';
import { count } from '../components/parts.tsx';
import { type ColumnGroup, columnTitle, MAX_COLUMNS } from '../lead-columns.ts';
import { cut } from '../lead-words.ts';

/** What was not done, in words, with what was typed. */
export interface ToolRefusal {
  panel: 'columns' | 'save' | 'rename';
  message: string;
  typed: string;
}

/** The list's columns and saved views, and what the user may do with them. */
export interface Tools {
  views: readonly LeadView[];
  view: LeadView | null;
  /** The view is this user's to change. */
  mayChange: boolean;
  /** Views can be made for everybody. */
  mayShare: boolean;
  /** The list is no longer as its view says. */
  changed: boolean;
  groups: readonly ColumnGroup[];
  /** Fields that are not offered. */
  left: number;
  chosen: readonly string[];
  /** The columns are not those that everybody begins with. */
  ownColumns: boolean;
  refused: ToolRefusal | null;
}

const MAX_NAME_SHOWN = 40;
const MAX_TITLE = 60;

/** The saved views in a row; nothing while there are none. */
export function ViewTabs({ base, views, view }: Tools & { base: string }) {
  if (views.length === 0) return null;
  return (
    <nav class="tabs" aria-label="Saved views">
      <a href={base} aria-current={view === null ? 'page' : undefined}>
        All leads
      </a>
      {views.map(({ id, name, shared }) => (
        <a key={id} href={`${base}?view=${id}`} aria-current={id === view?.id ? 'page' : undefined}>
          <bdi>{cut(name, MAX_NAME_SHOWN)}</bdi>
          {shared ? null : <span class="muted"> · mine</span>}
        </a>
      ))}
    </nav>
  );
}

interface ToolProps extends Tools {
  base: string;
  /** The list as it is, to come back to. */
  list: string;
  csrf: string;
}

/** Columns and views of the list below. In `#leads`, so that it always knows the filters of now. */
export function ListTools(props: ToolProps) {
  const { view, mayChange, changed } = props;
  return (
    <div class="list-tools">
      {view === null || mayChange ? <Columns {...props} /> : null}
      <SaveView {...props} />
      {view !== null && mayChange ? (
        <>
          {changed ? <UpdateView {...props} view={view} /> : null}
          <RenameView {...props} view={view} />
          <DeleteView {...props} view={view} />
        </>
      ) : null}
    </div>
  );
}

function Columns(props: ToolProps) {
  const { base, groups, left, chosen, ownColumns, view, refused, list, csrf } = props;
  const wrong = refused?.panel === 'columns' ? refused : null;
  return (
    <details class="tool" open={wrong !== null}>
      <summary class="button small">Columns</summary>
      <PostForm action={`${base}/columns`} csrf={csrf} class="panel">
        <input type="hidden" name="list" value={list} />
        {wrong ? <Alert text={wrong.message} /> : null}
        <p class="help">
          Choose up to {MAX_COLUMNS}. Who it is from is always shown.
          {view === null ? ' Only you see this choice.' : ' They belong to this view.'}
        </p>
        <div class="column-groups">
          {groups.map(({ title, keys }) => (
            <fieldset key={title} class="field checks">
              <legend>{title}</legend>
              {keys.map((key) => (
                <label key={key}>
                  <input type="checkbox" name="columns" value={key} checked={chosen.includes(key)} />
                  <bdi>{cut(columnTitle(key), MAX_TITLE)}</bdi>
                </label>
              ))}
            </fieldset>
          ))}
        </div>
        {left > 0 ? (
          <p class="help">{count(left)} more fields are known. Filter by a form to choose from its fields.</p>
        ) : null}
        <div class="actions">
          <button class="button primary" type="submit">
            Save columns
          </button>
          {ownColumns && view === null ? (
            <button class="button" type="submit" name="reset" value="yes">
              Show the usual ones
            </button>
          ) : null}
        </div>
      </PostForm>
    </details>
  );
}

function SaveView({ base, list, csrf, view, mayShare, refused }: ToolProps) {
  const wrong = refused?.panel === 'save' ? refused : null;
  return (
    <details class="tool" open={wrong !== null}>
      <summary class="button small">{view === null ? 'Save as view' : 'Save as another view'}</summary>
      <PostForm action={`${base}/views`} csrf={csrf} class="panel form">
        <input type="hidden" name="list" value={list} />
        <TextField
          name="name"
          label="Name"
          value={wrong?.typed ?? ''}
          maxlength={60}
          required
          help="Filters, order and columns are kept as they are now."
          error={wrong?.message}
        />
        {mayShare ? (
          <fieldset class="field checks">
            <label>
              <input type="checkbox" name="shared" value="yes" />
              <span>
                Share with the team
                <small>Everybody who sees this site sees it. Otherwise it is yours alone.</small>
              </span>
            </label>
          </fieldset>
        ) : null}
        <button class="button primary" type="submit">
          Save view
        </button>
      </PostForm>
    </details>
  );
}

type OfView = ToolProps & { view: LeadView };

function UpdateView({ base, list, csrf, view }: OfView) {
  return (
    <PostForm action={`${base}/views/${view.id}/update`} csrf={csrf} class="inline">
      <input type="hidden" name="list" value={list} />
      <button class="button small" type="submit">
        Keep these filters in the view
      </button>
    </PostForm>
  );
}

function RenameView({ base, list, csrf, view, refused }: OfView) {
  const wrong = refused?.panel === 'rename' ? refused : null;
  return (
    <details class="tool" open={wrong !== null}>
      <summary class="button small">Rename</summary>
      <PostForm action={`${base}/views/${view.id}/rename`} csrf={csrf} class="panel form">
        <input type="hidden" name="list" value={list} />
        <TextField
          name="new_name"
          label="Name of the view"
          value={wrong?.typed ?? view.name}
          maxlength={60}
          required
          error={wrong?.message}
        />
        <button class="button primary" type="submit">
          Rename
        </button>
      </PostForm>
    </details>
  );
}

function DeleteView({ base, csrf, view }: OfView) {
  return (
    <details class="tool">
      <summary class="button small">Delete view</summary>
      <PostForm action={`${base}/views/${view.id}/delete`} csrf={csrf} class="panel form">
        <p>
          “<bdi>{view.name}</bdi>” goes from the row above{view.shared ? ', for everybody' : ''}. The leads stay.
        </p>
        <button class="button danger" type="submit">
          Delete the view
        </button>
      </PostForm>
    </details>
  );
}
