/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import { readDomains } from '../../../intake/domains.ts';
import { cutText } from '../../../intake/text.ts';
import { siteValues } from '../../../store/audit-values.ts';
import type { Site } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { AreaField, ChecksField, PostForm, Submit } from '../components/form.tsx';
import { Facts, PageTitle } from '../components/parts.tsx';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { readSiteFields, type SiteErrors, SiteFields, type SiteTexts } from './sites.tsx';

const SYNC_HELP =
  'Off: leads are kept and go to no sheet. Those that come while it is off stay out of the sheet until you send them again; those that wait now go on waiting.';

interface SettingsProps {
  site: Pick<Site, 'id' | 'endpointId'>;
  texts: SiteTexts;
  sync: boolean;
  domains: string;
  wrongDomain: string | undefined;
  errors: SiteErrors;
  csrf: string;
}

function SettingsForm({ site, texts, sync, domains, wrongDomain, errors, csrf }: SettingsProps) {
  return (
    <PostForm action={`/admin/s/${site.id}/settings`} csrf={csrf}>
      <SiteFields texts={texts} errors={errors} />
      <AreaField
        name="domains"
        label="Domains whose pages may send forms"
        value={domains}
        rows={3}
        placeholder={'example.com\n*.example.com'}
        help="One a line; *.example.com stands for all below it. Empty: any page. Forms are led back to these domains alone."
        error={wrongDomain}
      />
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
        ['Forms of pages on', site.allowedDomains.join(', ') || 'any domain'],
        ['Sheet', site.syncEnabled ? 'Leads are written to it' : 'Off: leads are kept and go to no sheet'],
      ]}
    />
  );
}

const textsOf = ({ name, client, timezone }: Site): SiteTexts => ({ name, client: client ?? '', timezone });

interface Refusal {
  texts: SiteTexts;
  errors: SiteErrors;
  wrongDomain?: string;
}

function settingsPage(request: SiteRequest, refused: Refusal | null): PageOutcome {
  const { site, visit, csrf, form } = request;
  const texts = refused?.texts ?? textsOf(site);
  const sync = refused === null ? site.syncEnabled : form.text('sync') === 'on';
  const body = (
    <>
      <PageTitle
        title="Settings"
        action={
          <span class="actions">
            <a class="button" href={`/admin/s/${site.id}/settings/spam`}>
              Spam
            </a>
            <a class="button" href={`/admin/s/${site.id}/settings/files`}>
              Files
            </a>
            <a class="button" href={`/admin/s/${site.id}/captcha`}>
              Captcha
            </a>
            {can(visit.user, 'privacy.edit', site.id) ? (
              <a class="button" href={`/admin/s/${site.id}/privacy`}>
                Privacy
              </a>
            ) : null}
          </span>
        }
      />
      {can(visit.user, 'site.edit', site.id) ? (
        <SettingsForm
          site={site}
          texts={texts}
          sync={sync}
          domains={refused === null ? site.allowedDomains.join('\n') : form.text('domains')}
          wrongDomain={refused?.wrongDomain}
          errors={refused?.errors ?? {}}
          csrf={csrf}
        />
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

const noDomain = (word: string) =>
  `“${cutText(word, 60)}” is no domain. Write names such as example.com, or *.example.com for all below it.`;

async function save(request: SiteRequest): Promise<Outcome> {
  const { site, form, services } = request;
  const read = readSiteFields(form);
  const domains = readDomains(form.text('domains'));
  if (!read.ok || !domains.ok) {
    const { texts, errors } = read.ok ? { texts: textsOf({ ...site, ...read.input }), errors: {} } : read;
    return settingsPage(
      request,
      domains.ok ? { texts, errors } : { texts, errors, wrongDomain: noDomain(domains.wrong) },
    );
  }
  const updated = await services.store.sites.update(site.id, {
    ...read.input,
    syncEnabled: form.text('sync') === 'on',
    allowedDomains: domains.domains,
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
