/** @jsxImportSource preact */
import type { HostedForm } from '../../contract/hosted-form.ts';
import { type HostedProblems, textsOf } from '../../intake/hosted/check.ts';
import type { Captcha } from '../../store/captchas.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import type { Site } from '../../store/store.ts';
import { CaptchaWidget } from './captcha-widget.tsx';
import { Paragraphs, visitorPage } from './frame.tsx';
import { FieldOfForm, inputId } from './hosted-fields.tsx';

/** What a page carries along that nobody sees. */
export interface HostedMarks {
  /** When it was shown, signed. */
  render: string;
  /** The same for the same page: a second press of the button makes no second lead. */
  key: string;
  /** Where the visitor came from. */
  referrer: string | null;
}

/** What a page is made of; pure. */
export interface HostedView {
  site: Pick<Site, 'name'>;
  endpoint: Pick<Endpoint, 'id' | 'honeypot'>;
  form: HostedForm;
  /** Of the address it was opened at, with its question mark: where visitors came from is in there. */
  search: string;
  marks: HostedMarks;
  captcha: Captcha | null;
  /** What was typed before; empty at first. */
  typed: Readonly<Record<string, unknown>>;
  problems: HostedProblems;
  /** What is wrong besides. */
  alert: string | null;
}

export function hostedPage(view: HostedView): string {
  const { site, form, problems, alert } = view;
  const isWrong = problems.size > 0 || alert !== null;
  return visitorPage(
    site.name,
    isWrong ? `${form.problem_title} – ${form.title}` : form.title,
    <>
      <h1 dir="auto">{form.title}</h1>
      {form.intro === null ? null : <Paragraphs text={form.intro} />}
      {isWrong ? <Summary form={form} problems={problems} alert={alert} /> : null}
      <Form {...view} />
    </>,
    { lang: form.lang, wide: true },
  );
}

/** What is wrong, with links to where. */
function Summary({ form, problems, alert }: Pick<HostedView, 'form' | 'problems' | 'alert'>) {
  return (
    <div class="summary" role="alert">
      <h2 dir="auto">{form.problem_title}</h2>
      {alert === null ? null : <p dir="auto">{alert}</p>}
      {problems.size === 0 ? null : (
        <ul>
          {form.fields.map(({ id, label }) =>
            problems.has(id) ? (
              <li key={id} dir="auto">
                <a href={`#${inputId(id)}`}>{label}</a>: {problems.get(id)}
              </li>
            ) : null,
          )}
        </ul>
      )}
    </div>
  );
}

function Form({ endpoint, form, search, marks, captcha, typed, problems }: HostedView) {
  const firstWrong = form.fields.find(({ id }) => problems.has(id))?.id;
  const hidden = [
    ['_render', marks.render],
    ['_idempotency_key', marks.key],
    ['_referrer', marks.referrer],
  ] as const;
  return (
    <form
      method="post"
      action={`/f/${endpoint.id}${search}`}
      enctype={form.fields.some(({ kind }) => kind === 'file') ? 'multipart/form-data' : undefined}
      accept-charset="utf-8"
    >
      {hidden.map(([name, value]) =>
        value === null ? null : <input key={name} type="hidden" name={name} value={value} />,
      )}
      {form.fields.map((field) => (
        <FieldOfForm
          key={field.id}
          field={field}
          values={textsOf(typed, field.name)}
          problem={problems.get(field.id) ?? null}
          requiredWord={form.required_word}
          focus={field.id === firstWrong}
        />
      ))}
      <div class="away" aria-hidden="true">
        <label>
          Leave this empty
          <input type="text" name={endpoint.honeypot} tabindex={-1} autocomplete="off" />
        </label>
      </div>
      {captcha === null ? null : <CaptchaWidget captcha={captcha} lang={form.lang} />}
      <button type="submit">{form.button}</button>
    </form>
  );
}
