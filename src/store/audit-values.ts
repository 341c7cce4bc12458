import { toTime } from '../lib/time.ts';
import type { AuditValues } from './accounts.ts';
import type { Captcha } from './captchas.ts';
import type { DriveSite } from './drive.ts';
import type { Endpoint } from './endpoints.ts';
import type { HostedFormState } from './hosted-forms.ts';
import type { LeadImport } from './imports.ts';
import type { SheetTarget } from './sheets.ts';
import type { Site, StoredForm, StoredKey } from './store.ts';

/** What the audit log keeps of things, whichever door they were changed by. Nothing secret. */

export const siteValues = ({ name, client, timezone, syncEnabled, allowedDomains, spam }: Site): AuditValues => ({
  name,
  client,
  timezone,
  sync: syncEnabled,
  allowed_domains: allowedDomains,
  spam: spam.level,
  blocked_words: spam.words,
  always_allowed_domains: spam.domains,
});

/** Google's id of the folder, which leads nobody there who may not see it. */
export const driveValues = (site: DriveSite | null): AuditValues =>
  site?.enabled ? { place: 'drive', account: site.account, folder: site.folder } : { place: 'server' };

export const endpointValues = (endpoint: Endpoint): AuditValues => ({
  name: endpoint.name,
  answer: endpoint.answer,
  redirect_url: endpoint.redirectUrl,
  thanks_title: endpoint.thanksTitle,
  thanks_text: endpoint.thanksText,
  honeypot: endpoint.honeypot,
});

export const captchaValues = (captcha: Captcha | null): AuditValues => ({
  captcha: captcha?.kind ?? null,
  site_key: captcha?.siteKey ?? null,
});

export const hostedFormValues = ({ published, form }: HostedFormState): AuditValues => ({
  published,
  title: form.title,
  intro: form.intro,
  button: form.button,
  language: form.lang,
  required_word: form.required_word,
  problem_title: form.problem_title,
  fields: form.fields.map(
    ({ label, kind, name, required }) => `${label} (${kind}${required ? ', required' : ''}): ${name}`,
  ),
});

/** Without names of columns: they may be anything. */
export const importValues = ({ fileName, status, taken, bad }: LeadImport): AuditValues => ({
  file: fileName,
  status,
  leads: taken,
  bad_rows: bad,
});

export const keyValues = ({ name, prefix, scopes, expiresAt }: StoredKey): AuditValues => ({
  name,
  prefix,
  scopes,
  expires_at: expiresAt === null ? null : toTime(expiresAt),
});

export const formValues = ({ name, sheetTab, ignored }: Pick<StoredForm, 'name' | 'sheetTab' | 'ignored'>) =>
  ({ name, sheet_tab: sheetTab, ignored }) satisfies AuditValues;

export const targetValues = ({ kind, book }: Pick<SheetTarget, 'kind' | 'book'>): AuditValues => ({
  target: kind,
  book,
});
