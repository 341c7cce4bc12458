import { can } from '../../../accounts/permissions.ts';
import { siteValues } from '../../../store/audit-values.ts';
import type { Site } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { ChecksField, PostForm, Submit } from '../components/form.tsx';
import { Facts, PageTitle } from '../components/parts.tsx';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { readSiteFields, type SiteErrors, SiteFields, type SiteTexts } from './sites.tsx';

const SYNC_HELP =
  'Off: leads are kept and go to no sheet. Those that come while it is off stay out of the sheet until you send them again; those that wait now go on waiting.';

interface SettingsProps {
  site: Pick<Site, 'id' | 'endpointId'>;
  texts: SiteTexts;
  sync: boolean;
  errors: SiteErrors;
  csrf: string;
}

function SettingsForm({ site, texts, sync, errors, csrf }: SettingsProps) {
  return (
    <PostForm action={`/admin/s/${site.id}/settings`} csrf={csrf}>
      <SiteFields texts={texts} errors={errors} />
      <ChecksField
        name="sync"
        legend="Sheet"
        values={sync ? ['on'] : []}
        choices={[{ value: 'on', text: 'Write leads to the sheet', help: SYNC_HELP }]}
      />
      <Submit text="Save" />
    </PostForm>
  );
}

function SettingsFacts({ site }: { site: Site }) {
  return (
    <Facts
      facts={[
        ['Name', <bdi key="name">{site.name}</bdi>],
        ['Client', site.client ?? '–'],
        ['Time zone', site.timezone],
        ['Sheet', site.syncEnabled ? 'Leads are written to it' : 'Off: leads are kept and go to no sheet'],
      ]}
    />
  );
}

const textsOf = ({ name, client, timezone }: Site): SiteTexts => ({ name, client: client ?? '', timezone });

function settingsPage(request: SiteRequest, refused: { texts: SiteTexts; errors: SiteErrors } | null): PageOutcome {
  const { site, visit, csrf, form } = request;
  const texts = refused?.texts ?? textsOf(site);
  const sync = refused === null ? site.syncEnabled : form.text('sync') === 'on';
  const body = (
    <>
      <PageTitle title="Settings" />
      {can(visit.user, 'site.edit', site.id) ? (
        <SettingsForm site={site} texts={texts} sync={sync} errors={refused?.errors ?? {}} csrf={csrf} />
      ) : (
        <SettingsFacts site={site} />
      )}
      <p class="help ids">
        Site <code>{site.id}</code>
      </p>
    </>
  );
  return { title: 'Settings', body, status: refused === null ? 200 : 422 };
}

async function save(request: SiteRequest): Promise<Outcome> {
  const { site, form, services } = request;
  const read = readSiteFields(form);
  if (!read.ok) return settingsPage(request, read);
  const updated = await services.store.sites.update(site.id, {
    ...read.input,
    syncEnabled: form.text('sync') === 'on',
  });
  if (updated !== null) {
    const [before, after] = [siteValues(site), siteValues(updated)];
    await record(request, { action: 'site.changed', objectId: site.id, before, after });
    // What has waited while it was off.
    if (updated.syncEnabled && !site.syncEnabled) services.sync.sweep();
  }
  return { to: `/admin/s/${site.id}/settings`, notice: 'saved' };
}

export const settingsRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/admin/s/:site/settings',
    of: 'site',
    needs: 'site.read',
    run: (request) => settingsPage(request, null),
  },
  { method: 'POST', path: '/admin/s/:site/settings', of: 'site', needs: 'site.edit', run: save },
];
