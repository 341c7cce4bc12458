import { createFileFolder } from '../intake/files/folder.ts';
import { removeOwnerless } from '../intake/files/ownerless.ts';
import { AppError } from '../lib/errors.ts';
import { toTime } from '../lib/time.ts';
import type { Lead, Site, Store } from '../store/store.ts';
import { type Args, quoted } from './args.ts';
import { record } from './audit.ts';
import { type Command, done } from './command.ts';
import { SITE_FLAG, siteOf, withStore } from './session.ts';

/** Deleted by one commit: leads that come in meanwhile wait no longer than that takes. */
const AT_ONCE = 200;
/** Leads named by a refusal; the others are counted. */
const SHOWN = 20;

export const leadDelete: Command = {
  name: 'lead delete',
  summary: 'Deletes leads for good with their files, and takes their rows out of the sheet. Needs --yes.',
  operands: [{ name: 'ID', doc: 'the leads', optional: true, repeats: true }],
  flags: {
    site: SITE_FLAG,
    email: { value: 'ADDRESS', doc: 'Every lead in which a field is this e-mail address, instead of IDs.' },
    'keep-rows': { doc: 'Their rows stay in the sheet. Without it they are taken out of it too.' },
    yes: { doc: 'Delete them. Without it nothing is deleted, and it is said what would be.' },
  },
  examples: ['lead delete sub_… sub_… --yes', 'lead delete --email alice@example.com --yes'],
  run: (context) => {
    const { args } = context;
    checkArgs(args);
    return withStore(context, async ({ store, dir }) => {
      const site = siteOf(store, args.text('site'));
      const leads = await chosen(store, site, args);
      const rows = !args.on('keep-rows');
      if (!args.on('yes')) throw notDeleted(leads, rows);
      const deleted: string[] = [];
      for (let at = 0; at < leads.length; at += AT_ONCE) {
        const ids = leads.slice(at, at + AT_ONCE).map((lead) => lead.id);
        const { removed } = await store.leads.remove(site.id, ids, { rows });
        const after = { row_removed: rows };
        await Promise.all(
          removed.map((id) => record(store, { action: 'lead.deleted', siteId: site.id, objectId: id, after })),
        );
        deleted.push(...removed);
      }
      await removeOwnerless(store.files, createFileFolder(dir.filesPath, store.files));
      const waiting = store.sheets.removalCounts(site.id).here;
      const view = { deleted: deleted.length, ids: deleted, rows_kept: !rows, rows_waiting: waiting };
      return done(view, `Deleted: ${counted(deleted.length)}.${rowsText(store, site, rows, waiting)}`);
    });
  },
};

function checkArgs(args: Args): void {
  const byId = args.operands.length > 0;
  if (byId !== (args.text('email') !== undefined)) return;
  throw new AppError('bad_request', 'Say which leads: either their IDs, or --email ADDRESS.');
}

/** @throws AppError not_found when one of the leads is not there: then none is deleted */
async function chosen(store: Store, site: Site, args: Args): Promise<Lead[]> {
  const email = args.text('email');
  const ids = email === undefined ? [...new Set(args.operands)] : await store.leads.idsByEmail(site.id, email);
  if (ids.length === 0) throw new AppError('not_found', 'No lead of this site has this e-mail address in a field.');
  const leads = store.sheets.leadsByIds(site.id, ids);
  const known = new Set(leads.map((lead) => lead.id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length === 0 || email !== undefined) return leads;
  if (ids.length === 1) throw new AppError('not_found', 'There is no such lead.');
  const details = missing.slice(0, SHOWN).map((id) => ({ path: '', message: quoted(id) }));
  throw new AppError('not_found', `Nothing was deleted: ${missing.length} of these leads are not there.`, { details });
}

function notDeleted(leads: readonly Lead[], rows: boolean): AppError {
  const details = leads
    .slice(0, SHOWN)
    .map((lead) => ({ path: '', message: `${lead.id}  ${toTime(lead.createdAt)}  ${lead.formName}` }));
  const more = leads.length > SHOWN ? [{ path: '', message: `and ${leads.length - SHOWN} more` }] : [];
  const what = `${counted(leads.length)}${rows ? ' and what the sheet has of them' : ', whose rows stay in the sheet'}`;
  return new AppError('conflict', `Nothing was deleted. It would be ${what}. Add --yes to delete for good.`, {
    details: [...details, ...more],
  });
}

function rowsText(store: Store, site: Site, rows: boolean, waiting: number): string {
  if (!rows) return ' Their rows stay in the sheet.';
  if (waiting === 0) return '';
  const { status } = store.sheets.target(site.id);
  if (!site.syncEnabled) return ` ${waiting} rows wait: sheet sync is switched off for this site.`;
  if (status === 'paused') return ` ${waiting} rows wait until the sheet goes on: see sheet show.`;
  return ` Rows to take out of the sheet: ${waiting}; a running server does it within minutes.`;
}

const counted = (leads: number): string => (leads === 1 ? '1 lead' : `${leads} leads`);
