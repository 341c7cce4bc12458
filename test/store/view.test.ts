import { expect, test } from 'bun:test';
import { Form } from '../../src/contract/form.ts';
import { Key } from '../../src/contract/key.ts';
import { Site } from '../../src/contract/site.ts';
import { Submission } from '../../src/contract/submission.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { randomIds } from '../../src/lib/ids.ts';
import type { SheetTarget } from '../../src/store/sheets.ts';
import { DEFAULT_SPAM } from '../../src/store/spam.ts';
import type { Lead } from '../../src/store/store.ts';
import { toForm, toKey, toSite, toSubmission } from '../../src/store/view.ts';

const NOW = Date.UTC(2026, 10, 22, 14, 5);
const ids = randomIds();
const siteId = ids.next('site', NOW);
const site = {
  ...{ id: siteId, name: 'Shop', client: null, timezone: 'UTC', endpointId: 'abcdefghij', createdAt: NOW },
  ...{ syncEnabled: true, columns: null, allowedDomains: [], spam: DEFAULT_SPAM, qualityChoices: ['New'] },
};
const usage = { month: '2026-11', submissions: 3, spam: 2, ignored: 1 };
const target: SheetTarget = {
  ...{ siteId, kind: 'local', book: `local:${siteId}`, connectionId: null, title: null, url: null },
  ...{ status: 'ok', problem: null, trouble: null, pausedAt: null, recheckAt: null, lastSyncedAt: null },
};
const noCounts = { pending: 0, synced: 0, failed: 0, skipped: 0 };
const trouble = { code: 'google_down', message: 'Google is down.', technical: null };
const problem = { code: 'not_shared', message: 'Share it.', technical: null };

test('a site: no rate before the first row, then synced / (synced + failed)', () => {
  const fresh = toSite(site, usage, target, noCounts);
  expect(compileContract(Site).details(fresh)).toEqual([]);
  expect(fresh.sync).toMatchObject({ success_rate: null, last_synced_at: null });
  const busy = toSite(site, usage, { ...target, lastSyncedAt: NOW }, { ...noCounts, synced: 3, failed: 1 });
  expect(compileContract(Site).details(busy)).toEqual([]);
  expect(busy.sync).toMatchObject({ success_rate: 0.75, last_synced_at: '2026-11-22T14:05:00.000Z' });
});

test('a site tells what waits for a person before what is being retried, and neither code nor Google’s words', () => {
  const both = toSite(site, usage, { ...target, problem, trouble, status: 'paused' }, noCounts);
  expect(both.sheet).toEqual({ target: 'local', status: 'paused', spreadsheet_url: null, problem: 'Share it.' });
  expect(toSite(site, usage, { ...target, trouble }, noCounts).sheet.problem).toBe('Google is down.');
});

test('a key never shows more than the contract has, and absent times are null', () => {
  const stored = {
    ...{ id: ids.next('key', NOW), siteId, name: 'k', prefix: 'lts_abcd', scopes: ['forms:read'] as const },
    ...{ expiresAt: NOW, revokedAt: null, lastUsedAt: null, createdAt: NOW, hash: 'never' },
  };
  const view = toKey(stored);
  expect(compileContract(Key).details(view)).toEqual([]);
  expect(JSON.stringify(view)).not.toContain('never');
});

test('a form and a lead are in contract shape, with null where there is nothing', () => {
  const formId = ids.next('frm', NOW);
  const form = toForm({
    ...{ id: formId, siteId, discoveryKey: 'name:api', name: 'API', sheetTab: 'API', ignored: false },
    ...{
      source: 'rest_api',
      fields: ['Email'],
      submissionCount: 1,
      spamRate7d: 0,
      lastSubmissionAt: null,
      createdAt: NOW,
    },
  });
  expect(compileContract(Form).details(form)).toEqual([]);
  expect(JSON.stringify(form)).not.toContain('name:api');

  const nothing = { page_url: null, page_title: null, referrer: null, utm_source: null, utm_medium: null };
  const lead: Lead = {
    ...{
      id: ids.next('sub', NOW),
      siteId,
      formId,
      rowFormId: formId,
      formName: 'API',
      sheetTab: null,
      source: 'rest_api',
    },
    body: {
      ...{ ...nothing, utm_campaign: null, utm_term: null, utm_content: null, paid_source: null, click_id: null },
      ...{ browser: null, os: null, device_type: null, screen_size: null, language: null, timezone: null },
      ...{ fields: { Email: 'alice@example.com' }, files: [], metadata: {}, warnings: [] },
    },
    ...{
      judgement: null,
      quality: null,
      spam: true,
      spamReason: 'links',
      syncStatus: 'skipped',
      syncProblem: 'inside',
      syncedAt: null,
    },
    ...{ submittedAt: NOW - 1, createdAt: NOW },
  };
  const view = toSubmission(lead);
  expect(compileContract(Submission).details(view)).toEqual([]);
  expect(view).toMatchObject({ score: null, enrichment: null, synced_at: null, sheet_tab: null });
  expect(view.submitted_at).toBe('2026-11-22T14:04:59.999Z');
  const judged = toSubmission({
    ...lead,
    judgement: { score: 'hot', score_reason: 'r', summary: 's', enrichment: null },
  });
  expect(compileContract(Submission).details(judged)).toEqual([]);
  expect(judged).toMatchObject({ score: 'hot', score_reason: 'r', summary: 's' });
});
