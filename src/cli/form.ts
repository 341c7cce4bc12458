import type { FormUpdate } from '../contract/form.ts';
import { readFormUpdate } from '../intake/form-update.ts';
import { AppError, invalid, notFound } from '../lib/errors.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import { formValues } from '../store/audit-values.ts';
import { toForm } from '../store/view.ts';
import type { Args } from './args.ts';
import { record } from './audit.ts';
import { type Command, done } from './command.ts';
import { SITE_FLAG, siteOf, withStore } from './session.ts';

const TAKEN = { name: 'name', sheet_tab: 'sheet tab' } as const;

const formList: Command = {
  name: 'form list',
  summary: "A site's forms, found from the leads that came in.",
  flags: { site: SITE_FLAG },
  run: (context) =>
    withStore(context, async ({ store }) => {
      const forms = store.forms.list(siteOf(store, context.args.text('site')).id).map(toForm);
      const rows = forms.map((form) => [
        form.id,
        form.name,
        form.sheet_tab,
        form.source,
        form.ignored ? 'yes' : 'no',
        String(form.submission_count),
        form.last_submission_at ?? 'never',
      ]);
      const header = ['ID', 'NAME', 'SHEET TAB', 'SOURCE', 'IGNORED', 'LEADS', 'LAST LEAD'];
      return done(
        { data: forms },
        rows.length === 0 ? 'There is no form yet: the first lead makes one.' : textTable(header, rows),
      );
    }),
};

const formUpdate: Command = {
  name: 'form update',
  summary: 'Renames a form, moves it to another sheet tab, or ignores it.',
  operands: [{ name: 'ID', doc: 'the form' }],
  flags: {
    site: SITE_FLAG,
    name: { value: 'NAME', doc: 'Its new name.' },
    'sheet-tab': { value: 'TITLE', doc: 'The tab its leads go to from now on.' },
    ignored: { value: 'true|false', doc: 'true: its leads are kept and go nowhere.' },
  },
  examples: ['form update frm_… --name "Contact" --ignored false'],
  run: (context) => {
    const change = changeOf(context.args);
    return withStore(context, async ({ store }) => {
      const site = siteOf(store, context.args.text('site'));
      const id = context.args.operand(0) ?? '';
      const former = store.forms.get(site.id, id);
      const updated = await store.forms.update(site.id, id, change);
      if (updated === null) throw notFound('form');
      if ('taken' in updated) {
        const what = updated.taken.map((name) => TAKEN[name]).join(' and ');
        throw new AppError('conflict', `Another form of this site has that ${what}. Choose another.`);
      }
      await record(store, {
        action: 'form.changed',
        siteId: site.id,
        objectId: id,
        before: former && formValues(former),
        after: formValues(updated),
      });
      const form = toForm(updated);
      const text = textPairs([
        ['id', form.id],
        ['name', form.name],
        ['sheet tab', form.sheet_tab],
        ['ignored', form.ignored ? 'yes' : 'no'],
      ]);
      return done(form, text);
    });
  },
};

export const formCommands: readonly Command[] = [formList, formUpdate];

function changeOf(args: Args): FormUpdate {
  const change: Record<string, unknown> = {};
  const name = args.text('name');
  if (name !== undefined) change.name = name;
  const tab = args.text('sheet-tab');
  if (tab !== undefined) change.sheet_tab = tab;
  const ignored = args.text('ignored');
  if (ignored !== undefined) {
    if (ignored !== 'true' && ignored !== 'false') throw invalid('--ignored must be true or false.');
    change.ignored = ignored === 'true';
  }
  if (Object.keys(change).length === 0) throw invalid('Say what to change: --name, --sheet-tab or --ignored.');
  return readFormUpdate(change);
}
