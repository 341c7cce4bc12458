import type { HookMapping } from '../../../contract/hook.ts';
import { ChecksField, PostForm, Submit } from '../components/form.tsx';
import { Card } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import type { FormData } from '../form-data.ts';

export interface MappingTexts {
  rows: readonly { field: string; path: string }[];
  rest: boolean;
}

export const mappingTexts = ({ rows, rest }: HookMapping): MappingTexts => ({ rows, rest });

/** What was typed; a row without anything is none. */
export function sentMapping(form: FormData): MappingTexts {
  const paths = form.all('path');
  const rows = form.all('field').map((field, at) => ({ field: field.trim(), path: (paths[at] ?? '').trim() }));
  return {
    rows: rows.filter(({ field, path }) => field !== '' || path !== ''),
    rest: form.all('rest').includes('yes'),
  };
}

const BLANK_ROWS = 2;

/** Which field of the lead takes what. Two rows more than there are; the next ones come with them. */
export function MappingForm(props: { action: string; csrf: string; texts: MappingTexts; error: string | undefined }) {
  const { action, csrf, texts, error } = props;
  const rows = [...texts.rows, ...Array.from({ length: BLANK_ROWS }, () => ({ field: '', path: '' }))];
  return (
    <Card title="Mapping">
      <PostForm action={action} csrf={csrf}>
        <p class="help">
          Without a row the whole body becomes the lead. To map by clicking, open one of the last calls below. Empty a
          row to take it out.
        </p>
        {error ? (
          <p class="error" role="alert">
            {error}
          </p>
        ) : null}
        <StackTable columns={['Field of the lead', 'Path in the body']}>
          {rows.map((row, at) => (
            <tr key={`${at}-${row.path}`}>
              <td data-label="Field of the lead">
                <input name="field" value={row.field} aria-label={`Field ${at + 1}`} maxlength={200} />
              </td>
              <td data-label="Path in the body">
                <input
                  name="path"
                  value={row.path}
                  aria-label={`Path ${at + 1}`}
                  class="mono"
                  placeholder="data.contact.email"
                  maxlength={300}
                />
              </td>
            </tr>
          ))}
        </StackTable>
        <ChecksField
          name="rest"
          legend="Everything else"
          values={texts.rest ? ['yes'] : []}
          choices={[{ value: 'yes', text: 'Everything else in the body becomes fields too' }]}
        />
        <Submit text="Save mapping" />
      </PostForm>
    </Card>
  );
}
