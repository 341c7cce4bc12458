/** @jsxImportSource preact */
import type { Visit } from '../../../accounts/accounts.ts';
import { can, seesSite } from '../../../accounts/permissions.ts';
import { readName, readTimeZone } from '../../../intake/site-input.ts';
import { timeZones } from '../../../lib/time-zone.ts';
import { siteValues } from '../../../store/audit-values.ts';
import type { SheetTarget } from '../../../store/sheets.ts';
import type { Site, Store } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { PostForm, Submit, TextField } from '../components/form.tsx';
import { count, Empty, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { StackTable } from '../components/table.tsx';
import type { FormData } from '../form-data.ts';
import { lastSite } from '../last-site.ts';
import type { AdminRoute, Outcome, PageOutcome, UserRequest } from '../route.ts';

/** A site as the list of sites shows it. */
export interface SiteRow {
  site: Site;
  today: { leads: number; spam: number };
  target: Pick<SheetTarget, 'kind' | 'status' | 'problem'>;
  pending: number;
}

function Sites({ rows, mayCreate }: { rows: readonly SiteRow[]; mayCreate: boolean }) {
  const create = (
    <a class="button primary" href="/admin/sites/new">
      Create site
    </a>
  );
  if (rows.length === 0) {
    return (
      <>
        <PageTitle title="Sites" />
        <Empty title="No site yet">
          <p>
            {mayCreate
              ? 'A site has its own keys, forms and sheet. Make one for each web site or client.'
              : 'Ask an owner or admin to give you a site.'}
          </p>
          {mayCreate ? <div class="actions">{create}</div> : null}
        </Empty>
      </>
    );
  }
  return (
    <>
      <PageTitle title="Sites" action={mayCreate ? create : null} />
      <StackTable columns={['Site', 'Client', { text: 'Today', number: true }, 'Sheet', 'Time zone']}>
        {rows.map((row) => (
          <SiteLine key={row.site.id} {...row} />
        ))}
      </StackTable>
      <p class="under">{rows.length === 1 ? '1 site' : `${count(rows.length)} sites`}</p>
    </>
  );
}

function SiteLine({ site, today, target, pending }: SiteRow) {
  return (
    <tr>
      <td data-label="Site">
        <a class="row" href={`/admin/s/${site.id}`}>
          <bdi>{site.name}</bdi>
        </a>
      </td>
      <td data-label="Client">{site.client === null ? <span class="muted">–</span> : <bdi>{site.client}</bdi>}</td>
      <td data-label="Today" class="number">
        {count(today.leads)}
        {today.spam > 0 ? <span class="muted"> · {count(today.spam)} spam</span> : null}
      </td>
      <td data-label="Sheet">
        {site.syncEnabled ? (
          <>
            <Status is={target.status} title={target.problem?.message ?? null} />{' '}
            <span class="muted">
              {target.kind === 'google' ? 'Google Sheets' : 'Local files'}
              {pending > 0 ? `, ${count(pending)} waiting` : ''}
            </span>
          </>
        ) : (
          <span class="muted">Sync is off</span>
        )}
      </td>
      <td data-label="Time zone">{site.timezone}</td>
    </tr>
  );
}

/** What is typed about a site, as it was typed. */
export interface SiteTexts {
  name: string;
  client: string;
  timezone: string;
}
export type SiteErrors = Partial<Record<keyof SiteTexts, string>>;

export function SiteFields({ texts, errors }: { texts: SiteTexts; errors: SiteErrors }) {
  return (
    <>
      <TextField
        name="name"
        label="Name"
        value={texts.name}
        required
        help="What your team calls it, such as “Shop” or the domain."
        error={errors.name}
      />
      <TextField
        name="client"
        label="Client"
        value={texts.client}
        help="Whom it is run for. May stay empty."
        error={errors.client}
      />
      <TextField
        name="timezone"
        label="Time zone"
        value={texts.timezone}
        required
        suggestions={timeZones()}
        autocomplete="off"
        help="Days, counts and the times in the sheet follow it. Type a city: Europe/Paris."
        error={errors.timezone}
      />
    </>
  );
}

type SiteInput = Pick<Site, 'name' | 'client' | 'timezone'>;

/** What a form says about a site; the rules are those of `site create`. */
export function readSiteFields(
  form: FormData,
): { ok: true; input: SiteInput } | { ok: false; texts: SiteTexts; errors: SiteErrors } {
  const texts = { name: form.text('name'), client: form.text('client'), timezone: form.text('timezone') };
  const errors: SiteErrors = {};
  const name = readName(texts.name);
  const client = texts.client.trim() === '' ? null : readName(texts.client);
  const zone = readTimeZone(texts.timezone);
  if (name === null) errors.name = 'Give it a name of 1 to 200 visible characters.';
  if (client === null && texts.client.trim() !== '') errors.client = 'Make it 1 to 200 visible characters, or empty.';
  if (!zone.ok) errors.timezone = `Choose a zone from the list, such as Europe/Paris.${zone.near}`;
  if (name === null || !zone.ok || Object.keys(errors).length > 0) return { ok: false, texts, errors };
  return { ok: true, input: { name, client, timezone: zone.zone } };
}

function newSitePage(csrf: string, texts: SiteTexts, errors: SiteErrors = {}): PageOutcome {
  const title = 'Create site';
  const body = (
    <>
      <PageTitle title={title} lead="It gets keys, forms and a sheet of its own." />
      <PostForm action="/admin/sites" csrf={csrf}>
        <SiteFields texts={texts} errors={errors} />
        <Submit text="Create site" />
      </PostForm>
    </>
  );
  return { title, body, status: Object.keys(errors).length > 0 ? 422 : 200 };
}

function rowsFor(store: Store, { user }: Visit, now: number): SiteRow[] {
  const seen = store.sites.list().filter(({ id }) => seesSite(user, id));
  return seen.map((site) => {
    const days = store.sites.daily(site.id, now, 1);
    return {
      site,
      today: {
        leads: days.reduce((sum, day) => sum + day.submissions, 0),
        spam: days.reduce((sum, day) => sum + day.spam, 0),
      },
      target: store.sheets.target(site.id),
      pending: store.sheets.counts(site.id).pending,
    };
  });
}

function start({ request, services, visit }: UserRequest): Outcome {
  const seen = services.store.sites.list().filter(({ id }) => seesSite(visit.user, id));
  const last = lastSite(request);
  const site = seen.length === 1 ? seen[0] : seen.find(({ id }) => id === last);
  return { to: site === undefined ? '/admin/sites' : `/admin/s/${site.id}` };
}

async function create(request: UserRequest): Promise<Outcome> {
  const { form, csrf, services } = request;
  const read = readSiteFields(form);
  if (!read.ok) return newSitePage(csrf, read.texts, read.errors);
  const site = await services.store.sites.create(read.input);
  const after = siteValues(site);
  await record(request, { action: 'site.created', objectId: site.id, siteId: site.id, after });
  return { to: `/admin/s/${site.id}`, notice: 'created' };
}

export const siteRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin', needs: 'user', run: start },
  {
    method: 'GET',
    path: '/admin/sites',
    needs: 'user',
    run: ({ services, visit, now }) => ({
      title: 'Sites',
      body: <Sites rows={rowsFor(services.store, visit, now)} mayCreate={can(visit.user, 'sites.create')} />,
    }),
  },
  {
    method: 'GET',
    path: '/admin/sites/new',
    needs: 'sites.create',
    run: ({ csrf }) => newSitePage(csrf, { name: '', client: '', timezone: 'UTC' }),
  },
  { method: 'POST', path: '/admin/sites', needs: 'sites.create', run: create },
];
