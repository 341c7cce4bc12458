import { createFileFolder } from '../intake/files/folder.ts';
import { removeOwnerless } from '../intake/files/ownerless.ts';
import { forgetTraces, hasTraces, isBeingImported, type PersonDeps, type Traces, tracesOf } from '../intake/person.ts';
import { dataPaths } from '../lib/data-dir.ts';
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
    email: {
      value: 'ADDRESS',
      doc: 'Every lead in which a field is this e-mail address, and what is kept of it besides, instead of IDs.',
    },
    'keep-rows': { doc: 'Their rows stay in the sheet. Without it they are taken out of it too.' },
    yes: { doc: 'Delete them. Without it nothing is deleted, and it is said what would be.' },
  },
  examples: ['lead delete sub_… sub_… --yes', 'lead delete --email alice@example.com --yes'],
  run: (context) => {
    const { args } = context;
    checkArgs(args);
    return withStore(context, async ({ store, dir, vault, config }) => {
      const site = siteOf(store, args.text('site'));
      const deps = { store, vault, importsPath: dataPaths(config.dataDir).imports };
      const beside = await besideLeads(deps, site.id, args, context.clock.now());
      const leads = await chosen(store, site, args, beside);
      const rows = !args.on('keep-rows');
      if (!args.on('yes')) throw notDeleted(leads, rows, beside);
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
      if (beside !== null) await forgetTraces(deps, site.id, beside.email, beside.traces);
      const waiting = store.sheets.removalCounts(site.id).here;
      const view = {
        deleted: deleted.length,
        ids: deleted,
        rows_kept: !rows,
        rows_waiting: waiting,
        beside: counts(beside),
      };
      const what = `${counted(deleted.length)}${besideText(beside)}`;
      return done(view, `Deleted: ${what}.${rowsText(store, site, rows, waiting)}`);
    });
  },
};

function checkArgs(args: Args): void {
  const byId = args.operands.length > 0;
  if (byId !== (args.text('email') !== undefined)) return;
  throw new AppError('bad_request', 'Say which leads: either their IDs, or --email ADDRESS.');
}

/** What is kept of an address besides leads; null: nothing. @throws AppError conflict while it is being imported */
async function besideLeads(deps: PersonDeps, siteId: string, args: Args, now: number): Promise<Beside | null> {
  const email = args.text('email')?.trim() ?? '';
  if (email === '') return null;
  const traces = await tracesOf(deps, siteId, email);
  if (isBeingImported(traces, now)) {
    throw new AppError(
      'conflict',
      'Nothing was deleted: a file with this address is being imported. Stop the import first.',
    );
  }
  return hasTraces(traces) ? { email, traces } : null;
}

interface Beside {
  email: string;
  traces: Traces;
}

const counts = (beside: Beside | null) => ({
  calls: beside?.traces.calls.length ?? 0,
  spam_mark: (beside?.traces.said ?? null) !== null,
  imports: beside?.traces.files.length ?? 0,
});

/** Of files the whole is deleted, so they are named. */
function besideText(beside: Beside | null): string {
  if (beside === null) return '';
  const { calls, said, files } = beside.traces;
  const names = files.map(({ job }) => (job ? quoted(job.fileName) : 'one that nobody knows of'));
  const parts = [
    ...(calls.length > 0 ? [`${calls.length} kept calls of webhooks`] : []),
    ...(said === null ? [] : ['what was said of it as spam']),
    ...(names.length > 0 ? [`files that wait to be imported (${names.join(', ')})`] : []),
  ];
  return `, with ${parts.join(', ')}`;
}

/** @throws AppError not_found when one of the leads is not there: then none is deleted */
async function chosen(store: Store, site: Site, args: Args, beside: Beside | null): Promise<Lead[]> {
  const email = args.text('email');
  const ids = email === undefined ? [...new Set(args.operands)] : await store.leads.idsByEmail(site.id, email);
  if (ids.length === 0 && beside === null) {
    throw new AppError('not_found', 'No lead of this site has this e-mail address in a field.');
  }
  const leads = store.sheets.leadsByIds(site.id, ids);
  const known = new Set(leads.map((lead) => lead.id));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length === 0 || email !== undefined) return leads;
  if (ids.length === 1) throw new AppError('not_found', 'There is no such lead.');
  const details = missing.slice(0, SHOWN).map((id) => ({ path: '', message: quoted(id) }));
  throw new AppError('not_found', `Nothing was deleted: ${missing.length} of these leads are not there.`, { details });
}

function notDeleted(leads: readonly Lead[], rows: boolean, beside: Beside | null): AppError {
  const details = leads
    .slice(0, SHOWN)
    .map((lead) => ({ path: '', message: `${lead.id}  ${toTime(lead.createdAt)}  ${lead.formName}` }));
  const more = leads.length > SHOWN ? [{ path: '', message: `and ${leads.length - SHOWN} more` }] : [];
  const what = `${counted(leads.length)}${rows ? ' and what the sheet has of them' : ', whose rows stay in the sheet'}`;
  return new AppError(
    'conflict',
    `Nothing was deleted. It would be ${what}${besideText(beside)}. Add --yes to delete for good.`,
    {
      details: [...details, ...more],
    },
  );
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
