/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import { CAPTCHA_KINDS, type CaptchaKind } from '../../../contract/captcha.ts';
import { captchaValues } from '../../../store/audit-values.ts';
import type { Captcha } from '../../../store/captchas.ts';
import { record } from '../audit.ts';
import { CopyBlock } from '../components/copy.tsx';
import { PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { Facts, PageTitle } from '../components/parts.tsx';
import type { NoticeCode } from '../notices.ts';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';

const KIND_TEXT: Readonly<Record<CaptchaKind, string>> = { turnstile: 'Cloudflare Turnstile', hcaptcha: 'hCaptcha' };
const NO_CAPTCHA = 'none';
const CHOICES = [
  { value: NO_CAPTCHA, text: 'None' },
  ...CAPTCHA_KINDS.map((value) => ({ value, text: KIND_TEXT[value] })),
];
/** As the services make them: printable, in one line. */
const KEY = /^[!-~]{1,200}$/;
/** What no visitor sends: asked about only to see whether the service takes the secret. */
const PROBE = 'leadtosheet-looks-whether-the-secret-is-right';

interface Texts {
  kind: string;
  site_key: string;
}
type Errors = Readonly<Partial<Record<'kind' | 'site_key' | 'secret', string>>>;

/** HTML for a page's own form. */
const WIDGETS: Readonly<Record<CaptchaKind, (siteKey: string) => string>> = {
  turnstile: (siteKey) =>
    `<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" async defer></script>\n<div class="cf-turnstile" data-sitekey="${siteKey}"></div>`,
  hcaptcha: (siteKey) =>
    `<script src="https://js.hcaptcha.com/1/api.js" async defer></script>\n<div class="h-captcha" data-sitekey="${siteKey}"></div>`,
};

function CaptchaForm(props: { action: string; stored: Captcha | null; texts: Texts; errors: Errors; csrf: string }) {
  const { action, stored, texts, errors, csrf } = props;
  return (
    <PostForm action={action} csrf={csrf}>
      <SelectField name="kind" label="Service" value={texts.kind} choices={CHOICES} error={errors.kind} />
      <TextField
        name="site_key"
        label="Site key"
        value={texts.site_key}
        help="The public one; it stands in your pages."
        error={errors.site_key}
      />
      <TextField
        name="secret"
        label="Secret key"
        type="password"
        autocomplete="off"
        help={stored === null ? 'Kept encrypted and never shown again.' : 'One is kept. Empty: it stays.'}
        error={errors.secret}
      />
      <Submit text="Save" />
    </PostForm>
  );
}

function InPages({ kind, siteKey }: Captcha) {
  return (
    <section class="part stacked">
      <h2>In your own pages</h2>
      <p>
        The hosted form shows the check by itself. Every other form of this site needs it too: without, what it sends is
        refused. Paste this into each, before its button.
      </p>
      <CopyBlock id="captcha-widget" text={WIDGETS[kind](siteKey)} label="The check to paste into a form" />
    </section>
  );
}

function captchaPage(request: SiteRequest, refused: { texts: Texts; errors: Errors } | null): PageOutcome {
  const { site, visit, csrf, services } = request;
  const base = `/admin/s/${site.id}`;
  const stored = services.store.captchas.get(site.id);
  const texts = refused?.texts ?? { kind: stored?.kind ?? NO_CAPTCHA, site_key: stored?.siteKey ?? '' };
  const body = (
    <>
      <PageTitle
        title="Captcha"
        lead="A check that whoever sends a form is no bot, by a service of your choice. It needs an account there."
        action={
          <a class="button" href={`${base}/settings`}>
            Settings
          </a>
        }
      />
      {can(visit.user, 'site.edit', site.id) ? (
        <CaptchaForm
          action={`${base}/captcha`}
          stored={stored}
          texts={texts}
          errors={refused?.errors ?? {}}
          csrf={csrf}
        />
      ) : (
        <Facts facts={[['Service', stored === null ? 'None' : KIND_TEXT[stored.kind]]]} />
      )}
      <p class="help ids">
        While the service is down, forms are taken all the same, with a warning at the lead. What comes by a key or a
        hook is not asked.
      </p>
      {stored === null ? null : <InPages {...stored} />}
    </>
  );
  return { title: 'Captcha', body, status: refused === null ? 200 : 422 };
}

async function save(request: SiteRequest): Promise<Outcome> {
  const { site, form, services } = request;
  const texts = { kind: form.text('kind'), site_key: form.text('site_key').trim() };
  if (texts.kind === NO_CAPTCHA) return keep(request, null, 'saved');
  const read = readCaptcha(request, texts, form.text('secret').trim());
  if ('errors' in read) return captchaPage(request, { texts, errors: read.errors });
  const outcome = await services.captcha.check(read.captcha, PROBE, null);
  if (outcome.kind !== 'unchecked') return keep(request, read.captcha, 'saved');
  if (!outcome.secretIsWrong) return keep(request, read.captcha, 'captcha_not_reached');
  const secret = `The service does not take this secret. Copy it again, from the same place as the site key of ${site.name}.`;
  return captchaPage(request, { texts, errors: { secret } });
}

async function keep(request: SiteRequest, captcha: Captcha | null, notice: NoticeCode): Promise<Outcome> {
  const { site, services } = request;
  const before = captchaValues(services.store.captchas.get(site.id));
  await services.store.captchas.set(site.id, captcha);
  await record(request, { action: 'captcha.changed', objectId: site.id, before, after: captchaValues(captcha) });
  return { to: `/admin/s/${site.id}/captcha`, notice };
}

function readCaptcha(request: SiteRequest, texts: Texts, secret: string): { captcha: Captcha } | { errors: Errors } {
  const { services, site } = request;
  const stored = services.store.captchas.get(site.id);
  const kind = CAPTCHA_KINDS.find((each) => each === texts.kind);
  if (kind === undefined) return { errors: { kind: 'Choose a service.' } };
  // Another service knows nothing of the secret that is kept.
  const kept = stored?.kind === kind ? stored.secretSealed : null;
  const errors: { site_key?: string; secret?: string } = {};
  if (!KEY.test(texts.site_key) || /["<>&]/.test(texts.site_key)) {
    errors.site_key = 'Copy the site key as the service shows it.';
  }
  if (secret === '' ? kept === null : !KEY.test(secret)) errors.secret = 'Copy the secret key as the service shows it.';
  if (errors.site_key !== undefined || errors.secret !== undefined) return { errors };
  const secretSealed = secret === '' && kept !== null ? kept : services.captcha.seal(secret);
  return { captcha: { kind, siteKey: texts.site_key, secretSealed } };
}

const PATH = '/admin/s/:site/captcha';

export const captchaRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: PATH,
    of: 'site',
    needs: 'site.read',
    run: (request: SiteRequest) => captchaPage(request, null),
  },
  { method: 'POST', path: PATH, of: 'site', needs: 'site.edit', run: save },
];
