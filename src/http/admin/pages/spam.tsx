/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import { readSpamSettings, type SpamErrors, type SpamTexts } from '../../../intake/spam/settings-input.ts';
import { siteValues } from '../../../store/audit-values.ts';
import type { SpamSettings } from '../../../store/spam.ts';
import { record } from '../audit.ts';
import { AreaField, PostForm, SelectField, Submit } from '../components/form.tsx';
import { Facts, PageTitle } from '../components/parts.tsx';
import type { Outcome, PageOutcome, SiteRequest, SiteRoute } from '../route.ts';

const LEVELS = [
  { value: 'off', text: 'Off: only your own words, and what your team marked' },
  { value: 'normal', text: 'Normal: what is clearly spam' },
  { value: 'strict', text: 'Strict: also what is probably spam' },
];

interface SpamProps {
  base: string;
  texts: SpamTexts;
  errors: SpamErrors;
  csrf: string;
}

function SpamForm({ base, texts, errors, csrf }: SpamProps) {
  return (
    <PostForm action={`${base}/settings/spam`} csrf={csrf}>
      <SelectField
        name="level"
        label="Built-in rules"
        value={texts.level}
        choices={LEVELS}
        help="They look at links, code, random letters, repeated messages and the time a form took. Spam is kept, and goes nowhere."
        error={errors.level}
      />
      <AreaField
        name="words"
        label="Blocked words"
        value={texts.words}
        rows={6}
        placeholder={'casino\nguest post'}
        help="One word or phrase a line. A lead with one of them is spam, whatever the rules say."
        error={errors.words}
      />
      <AreaField
        name="domains"
        label="E-mail domains that are always allowed"
        value={texts.domains}
        rows={3}
        placeholder="example.com"
        help="One a line. A lead with such an e-mail address is never spam. Those below it, such as mail.example.com, are named by themselves."
        error={errors.domains}
      />
      <Submit text="Save" />
    </PostForm>
  );
}

function SpamFacts({ spam }: { spam: SpamSettings }) {
  return (
    <Facts
      facts={[
        ['Built-in rules', LEVELS.find(({ value }) => value === spam.level)?.text ?? ''],
        ['Blocked words', <bdi key="words">{spam.words.join(', ') || 'none'}</bdi>],
        ['Always allowed', spam.domains.join(', ') || 'none'],
      ]}
    />
  );
}

const textsOf = ({ level, words, domains }: SpamSettings): SpamTexts => ({
  level,
  words: words.join('\n'),
  domains: domains.join('\n'),
});

function spamPage(request: SiteRequest, refused: { texts: SpamTexts; errors: SpamErrors } | null): PageOutcome {
  const { site, visit, csrf } = request;
  const base = `/admin/s/${site.id}`;
  const body = (
    <>
      <PageTitle
        title="Spam"
        lead="For leads that anybody may send: forms of pages, hosted forms and the script. What comes by a key or a hook is not looked at."
        action={
          <a class="button" href={`${base}/settings`}>
            Settings
          </a>
        }
      />
      {can(visit.user, 'site.edit', site.id) ? (
        <SpamForm base={base} texts={refused?.texts ?? textsOf(site.spam)} errors={refused?.errors ?? {}} csrf={csrf} />
      ) : (
        <SpamFacts spam={site.spam} />
      )}
      <p class="help ids">
        What you mark as spam or not spam in the <a href={`${base}/leads`}>list of leads</a> is remembered: leads with
        the same e-mail address or the same long message are taken for the same.
      </p>
    </>
  );
  return { title: 'Spam', body, status: refused === null ? 200 : 422 };
}

async function save(request: SiteRequest): Promise<Outcome> {
  const { site, form, services } = request;
  const texts = { level: form.text('level'), words: form.text('words'), domains: form.text('domains') };
  const read = readSpamSettings(texts);
  if (!read.ok) return spamPage(request, { texts, errors: read.errors });
  const updated = await services.store.sites.update(site.id, { spam: read.settings });
  if (updated !== null) {
    const [before, after] = [siteValues(site), siteValues(updated)];
    await record(request, { action: 'site.changed', objectId: site.id, before, after });
  }
  return { to: `/admin/s/${site.id}/settings/spam`, notice: 'saved' };
}

export const spamRoutes: readonly SiteRoute[] = [
  {
    method: 'GET',
    path: '/admin/s/:site/settings/spam',
    of: 'site',
    needs: 'site.read',
    run: (request) => spamPage(request, null),
  },
  { method: 'POST', path: '/admin/s/:site/settings/spam', of: 'site', needs: 'site.edit', run: save },
];
