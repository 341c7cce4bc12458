/** @jsxImportSource preact */
import { SOURCES } from '../../../contract/source.ts';
import { SCORES, SYNC_STATUSES } from '../../../contract/submission.ts';
import { type Choice, SelectField, TextField } from '../components/form.tsx';
import { type FilterValues, isNarrowed } from '../lead-filter.ts';
import { SOURCE_WORDS } from '../lead-words.ts';

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const ANY: Choice = { value: '', text: 'Any' };
const choices = (values: readonly string[]): Choice[] => [
  ANY,
  ...values.map((value) => ({ value, text: capital(value) })),
];

const SPAM_CHOICES: readonly Choice[] = [
  { value: '', text: 'Left out' },
  { value: 'only', text: 'Only spam' },
  { value: 'include', text: 'Shown' },
];

const ORDER_CHOICES: readonly Choice[] = [
  { value: '', text: 'Newest first' },
  { value: 'created_at', text: 'Oldest first' },
];

interface Props {
  action: string;
  forms: readonly { id: string; name: string }[];
  values: FilterValues;
  /** The view that is looked at: it stays when filters change. */
  viewId: string | null;
}

/** Sends itself while one types or chooses; without scripts by its button. */
export function LeadFilters({ action, forms, values, viewId }: Props) {
  const { utm_source, utm_campaign, from, to, sort } = values;
  const hasMore = [utm_source, utm_campaign, from, to, sort].some((value) => value !== undefined);
  return (
    <form
      class="lead-filters"
      method="get"
      action={action}
      hx-get={action}
      hx-trigger="input delay:300ms, submit"
      hx-target="#leads"
      hx-select="#leads"
      hx-swap="outerHTML"
      hx-replace-url="true"
      hx-sync="this:replace"
    >
      {viewId === null ? null : <input type="hidden" name="view" value={viewId} />}
      <div class="filters">
        <TextField name="q" label="Search" type="search" value={values.q ?? ''} maxlength={500} />
        <SelectField
          name="form_id"
          label="Form"
          value={values.form_id ?? ''}
          choices={[ANY, ...forms.map(({ id, name }) => ({ value: id, text: name }))]}
        />
        <SelectField
          name="source"
          label="Source"
          value={values.source ?? ''}
          choices={[ANY, ...SOURCES.map((value) => ({ value, text: SOURCE_WORDS[value] }))]}
        />
        <SelectField
          name="sync_status"
          label="Status"
          value={values.sync_status ?? ''}
          choices={choices(SYNC_STATUSES)}
        />
        <SelectField name="score" label="Score" value={values.score ?? ''} choices={choices(SCORES)} />
        <SelectField name="spam" label="Spam" value={values.spam ?? ''} choices={SPAM_CHOICES} />
      </div>
      <details class="more" open={hasMore}>
        <summary>Dates, campaigns and order</summary>
        <div class="filters">
          <TextField name="from" label="From" type="date" value={from ?? ''} />
          <TextField name="to" label="To" type="date" value={to ?? ''} />
          <TextField name="utm_source" label="UTM source, exactly" value={utm_source ?? ''} />
          <TextField name="utm_campaign" label="UTM campaign, exactly" value={utm_campaign ?? ''} />
          <SelectField name="sort" label="Order" value={sort ?? ''} choices={ORDER_CHOICES} />
        </div>
      </details>
      <div class="actions">
        <button class="button small" type="submit">
          Search
        </button>
        {isNarrowed(values) ? (
          <a class="button small" href={viewId === null ? action : `${action}?view=${viewId}`}>
            Clear
          </a>
        ) : null}
      </div>
    </form>
  );
}
