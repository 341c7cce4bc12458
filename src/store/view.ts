import type { Endpoint as EndpointView } from '../contract/endpoint.ts';
import type { Form as FormView } from '../contract/form.ts';
import type { Key as KeyView } from '../contract/key.ts';
import type { Site as SiteView } from '../contract/site.ts';
import type { Submission } from '../contract/submission.ts';
import type { User as UserView } from '../contract/user.ts';
import { toTime } from '../lib/time.ts';
import type { StoredUser } from './accounts.ts';
import type { Endpoint } from './endpoints.ts';
import type { SheetTarget, SyncCounts } from './sheets.ts';
import type { Lead, Site, SiteCounts, StoredForm, StoredKey } from './store.ts';

/*
 * What the store keeps, as the contract shows it. The API, MCP and the command line all answer with these, so
 * that they can't differ. Plain mapping: no look-ups, no clock.
 */

const toTimeOrNull = (ms: number | null): string | null => (ms === null ? null : toTime(ms));

/**
 * A site with what belongs to it. `sheet.problem` is what it waits for a person with, or else what is being
 * retried. `success_rate` is null until a row was written or given up.
 */
export function toSite(site: Site, usage: SiteCounts, target: SheetTarget, counts: SyncCounts): SiteView {
  const tried = counts.synced + counts.failed;
  return {
    id: site.id,
    name: site.name,
    client: site.client,
    timezone: site.timezone,
    endpoint_id: site.endpointId,
    created_at: toTime(site.createdAt),
    usage: { month: usage.month, submissions: usage.submissions, spam: usage.spam, ignored: usage.ignored },
    sheet: {
      target: target.kind,
      status: target.status,
      spreadsheet_url: target.url,
      problem: (target.problem ?? target.trouble)?.message ?? null,
    },
    sync: {
      pending: counts.pending,
      failed: counts.failed,
      synced: counts.synced,
      last_synced_at: toTimeOrNull(target.lastSyncedAt),
      success_rate: tried === 0 ? null : counts.synced / tried,
    },
  };
}

export function toKey(key: StoredKey): KeyView {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    expires_at: toTimeOrNull(key.expiresAt),
    revoked_at: toTimeOrNull(key.revokedAt),
    last_used_at: toTimeOrNull(key.lastUsedAt),
    created_at: toTime(key.createdAt),
  };
}

export function toUser(user: StoredUser): UserView {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    site_ids: user.siteIds === null ? null : [...user.siteIds],
    disabled: user.disabled,
    second_factor: user.secondFactor,
    created_at: toTime(user.createdAt),
    last_sign_in_at: toTimeOrNull(user.lastSignInAt),
  };
}

export function toEndpoint(endpoint: Endpoint): EndpointView {
  return {
    id: endpoint.id,
    name: endpoint.name,
    answer: endpoint.answer,
    redirect_url: endpoint.redirectUrl,
    thanks_title: endpoint.thanksTitle,
    thanks_text: endpoint.thanksText,
    honeypot: endpoint.honeypot,
    created_at: toTime(endpoint.createdAt),
  };
}

export function toForm(form: StoredForm): FormView {
  return {
    id: form.id,
    name: form.name,
    sheet_tab: form.sheetTab,
    ignored: form.ignored,
    source: form.source,
    fields: [...form.fields],
    submission_count: form.submissionCount,
    spam_rate_7d: form.spamRate7d,
    last_submission_at: toTimeOrNull(form.lastSubmissionAt),
    created_at: toTime(form.createdAt),
  };
}

export function toSubmission(lead: Lead): Submission {
  const { body, judgement } = lead;
  return {
    id: lead.id,
    form_id: lead.formId,
    form_name: lead.formName,
    source: lead.source,
    fields: body.fields,
    page_url: body.page_url,
    page_title: body.page_title,
    referrer: body.referrer,
    utm_source: body.utm_source,
    utm_medium: body.utm_medium,
    utm_campaign: body.utm_campaign,
    utm_term: body.utm_term,
    utm_content: body.utm_content,
    paid_source: body.paid_source,
    click_id: body.click_id,
    browser: body.browser,
    os: body.os,
    device_type: body.device_type,
    screen_size: body.screen_size,
    language: body.language,
    timezone: body.timezone,
    files: body.files,
    score: judgement?.score ?? null,
    score_reason: judgement?.score_reason ?? null,
    summary: judgement?.summary ?? null,
    enrichment: judgement?.enrichment ?? null,
    quality: lead.quality,
    spam: lead.spam,
    sync_status: lead.syncStatus,
    synced_at: toTimeOrNull(lead.syncedAt),
    sheet_tab: lead.sheetTab,
    warnings: [...body.warnings],
    metadata: body.metadata,
    submitted_at: toTime(lead.submittedAt),
    created_at: toTime(lead.createdAt),
  };
}
