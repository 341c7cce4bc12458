/** @jsxImportSource preact */
import { LEAD_ID_KEY, SYSTEM_COLUMNS, wantsColumn } from '../../../sheets/columns.ts';
import { record } from '../audit.ts';
import { AreaField, ChecksField, PostForm, Submit } from '../components/form.tsx';
import { PageTitle } from '../components/parts.tsx';
import type { Outcome, PageOutcome, SiteRequest } from '../route.ts';

/** As many as a drop-down is any use with, and as long as a cell shows. */
const MAX_CHOICES = 50;
const MAX_CHOICE = 100;

/** Columns that can be left out, by the names that a site keeps. */
const COLUMNS = SYSTEM_COLUMNS.filter(({ key }) => key !== LEAD_ID_KEY).map(({ key, header }) => ({
  value: key.slice(2),
  text: header,
}));

interface ChoicesProps {
  base: string;
  columns: readonly string[];
  /** As typed: one a line. */
  quality: string;
  error: string | undefined;
  csrf: string;
}

export function SheetChoices({ base, columns, quality, error, csrf }: ChoicesProps) {
  return (
    <>
      <PageTitle
        title="Columns and choices"
        lead="The fields of a form always have their columns. These are the others."
      />
      <PostForm action={`${base}/choices`} csrf={csrf}>
        <div class="columns">
          <ChecksField
            name="columns"
            legend="Columns of every tab"
            values={columns}
            choices={COLUMNS}
            help="A column that is switched on later comes at the right end. Switching one off takes nothing out of a tab. Lead ID is always there."
          />
        </div>
        <AreaField
          name="quality"
          label="Choices of Lead Quality"
          value={quality}
          rows={5}
          help="One a line. They are in the drop-down of the Lead Quality column and of a lead’s page."
          error={error}
        />
        <Submit text="Save columns and choices" />
      </PostForm>
    </>
  );
}

function page(request: SiteRequest, typed: Pick<ChoicesProps, 'columns' | 'quality'>, error?: string): PageOutcome {
  const base = `/admin/s/${request.site.id}/sheet`;
  const body = <SheetChoices base={base} {...typed} error={error} csrf={request.csrf} />;
  return { title: 'Columns and choices', body, status: error === undefined ? 200 : 422 };
}

export function choicesPage(request: SiteRequest): Outcome {
  const { site } = request;
  const columns = COLUMNS.map(({ value }) => value).filter((name) => wantsColumn(site, `s:${name}`));
  return page(request, { columns, quality: site.qualityChoices.join('\n') });
}

export async function saveChoices(request: SiteRequest): Promise<Outcome> {
  const { site, form, services } = request;
  const asked = new Set(form.all('columns'));
  const chosen = COLUMNS.map(({ value }) => value).filter((name) => asked.has(name));
  const quality = readChoices(form.text('quality'));
  if (!quality.ok) return page(request, { columns: chosen, quality: form.text('quality') }, quality.message);
  const columns = chosen.length === COLUMNS.length ? null : [...chosen, 'lead_id'];
  await services.store.sites.update(site.id, { columns, qualityChoices: quality.choices });
  await record(request, {
    action: 'site.columns_changed',
    objectId: site.id,
    before: { columns: site.columns, quality_choices: site.qualityChoices },
    after: { columns, quality_choices: quality.choices },
  });
  return { to: `/admin/s/${site.id}/sheet`, notice: 'saved' };
}

/** One choice a line; empty lines and repeated choices don't count. */
export function readChoices(text: string): { ok: true; choices: string[] } | { ok: false; message: string } {
  const lines = text.split(/\r\n?|\n/).map((line) => line.normalize('NFC').trim());
  const choices = [...new Set(lines.filter((line) => line !== ''))];
  if (choices.length === 0) return { ok: false, message: 'Write at least one choice, one a line.' };
  if (choices.length > MAX_CHOICES) return { ok: false, message: `Leave at most ${MAX_CHOICES} choices.` };
  if (choices.some((choice) => choice.length > MAX_CHOICE)) {
    return { ok: false, message: `Shorten each choice to at most ${MAX_CHOICE} characters.` };
  }
  return { ok: true, choices };
}
