/** @jsxImportSource preact */
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

/** What a mapping starts from: the body as it comes, or the answers as they are read for a known service. */
const WORDS = {
  body: {
    help: 'Without a row the whole body becomes the lead. To map by clicking, open one of the last calls below.',
    path: 'Path in the body',
    placeholder: 'data.contact.email',
    rest: 'Everything else in the body becomes fields too',
  },
  answers: {
    help: 'The answers become fields under the names that the service gives them. A row gives one another name, or takes something else of what was sent, by its path. To choose by clicking, open one of the last calls below.',
    path: 'Answer, or path',
    placeholder: 'What is your name?',
    rest: 'All other answers become fields too, under their own names',
  },
} as const;

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
export function MappingForm(props: {
  action: string;
  csrf: string;
  of: keyof typeof WORDS;
  texts: MappingTexts;
  error: string | undefined;
}) {
  const { action, csrf, texts, error } = props;
  const words = WORDS[props.of];
  const rows = [...texts.rows, ...Array.from({ length: BLANK_ROWS }, () => ({ field: '', path: '' }))];
  return (
    <Card title="Mapping">
      <PostForm action={action} csrf={csrf}>
        <p class="help">{words.help} Empty a row to take it out.</p>
        {error ? (
          <p class="error" role="alert">
            {error}
          </p>
        ) : null}
        <StackTable columns={['Field of the lead', words.path]}>
          {rows.map((row, at) => (
            <tr key={`${at}-${row.path}`}>
              <td data-label="Field of the lead">
                <input name="field" value={row.field} aria-label={`Field ${at + 1}`} maxlength={200} />
              </td>
              <td data-label={words.path}>
                <input
                  name="path"
                  value={row.path}
                  aria-label={`Path ${at + 1}`}
                  class="mono"
                  placeholder={words.placeholder}
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
          choices={[{ value: 'yes', text: words.rest }]}
        />
        <Submit text="Save mapping" />
      </PostForm>
    </Card>
  );
}
