import { createHmac } from 'node:crypto';
import { sameText } from '../../lib/crypto.ts';
import { fieldsOf, type HookSender, listOf, memberOf, type SenderReading, textOf, timeOf } from '../hooks/sender.ts';
import type { SourceAdapter } from './source.ts';

/** Meta's own hosts give each version about two years. */
const VERSION = 'v23.0';
const FIELDS = 'id,created_time,ad_name,adset_name,campaign_name,form_id,is_organic,platform,field_data';

/**
 * Meta's Lead Ads (Facebook, Instagram). https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 * (`hub.challenge`, `X-Hub-Signature-256`) and …/docs/marketing-api/guides/lead-ads/retrieving: a call only names the
 * lead; what it says is fetched with the token of the page.
 */
const sender: HookSender = {
  setUp:
    'In your Meta app add the product Webhooks, choose Page, and subscribe to leadgen with this address and the verify token that you save here. Then let the app have the leads of your page.',
  secrets: [
    { name: 'verify_token', label: 'Verify token', help: 'A text of your choice: type in the same one at Meta.' },
    { name: 'app_secret', label: 'App secret', help: 'From Meta: App settings, Basic. Calls are checked with it.' },
    {
      name: 'access_token',
      label: 'Page access token',
      help: 'One that does not expire, with leads_retrieval. Leads are fetched with it.',
    },
  ],
  checks: [{ type: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' }],
  checkedWith: 'app_secret',
  reply: 'ok',
  read,
  sample:
    'Meta sends test leads itself: open its Lead Ads Testing Tool (developers.facebook.com/tools/lead-ads-testing), choose the page and the form, and press “Create lead”.',
  challenge(query, { verify_token: token }) {
    const challenge = query.get('hub.challenge');
    if (query.get('hub.mode') !== 'subscribe' || challenge === null) return null;
    if (token === undefined || !sameText(query.get('hub.verify_token') ?? '', token)) return { ok: false };
    return { ok: true, type: 'text/plain', body: challenge };
  },
  async fetch({ id, detail }, { ask, base, secrets }) {
    const { access_token: token, app_secret: secret } = secrets;
    if (!token || !secret) return { ok: false, message: 'Save the page access token.', final: false };
    const proof = createHmac('sha256', secret).update(token).digest('hex');
    const get = (what: string, fields: string) =>
      ask(`${base}/${VERSION}/${encodeURIComponent(what)}?fields=${fields}&appsecret_proof=${proof}`, {
        authorization: `Bearer ${token}`,
      });
    const found = await get(id, FIELDS);
    if (!found.ok)
      return { ...found, message: memberOf(found.told, 'error', 'code') === 190 ? REFUSED : found.message };
    const formId = textOf(memberOf(found.told, 'form_id')) ?? textOf(detail.form_id);
    const form = formId === null ? null : await get(formId, 'name');
    // The form's name is not worth a lead: without it the form is called by its number.
    const name = form?.ok ? textOf(memberOf(form.told, 'name')) : null;
    return {
      ok: true,
      lead: leadOf(id, found.told, formId === null ? null : { id: formId, name: name ?? `Meta form ${formId}` }),
    };
  },
};

const REFUSED = 'Meta refuses the page access token: save a new one.';

function read(body: unknown): SenderReading {
  const changes = listOf(memberOf(body, 'entry')).flatMap((entry) => listOf(memberOf(entry, 'changes')));
  const leads = changes.flatMap((change) => {
    const id = textOf(memberOf(change, 'value', 'leadgen_id'));
    if (memberOf(change, 'field') !== 'leadgen' || id === null || !/^\d{1,30}$/.test(id)) return [];
    return [{ id, detail: { form_id: textOf(memberOf(change, 'value', 'form_id')) } }];
  });
  return leads.length === 0 ? { ignored: 'It names no new lead.' } : { fetch: leads };
}

function leadOf(id: string, told: unknown, form: { id: string; name: string } | null) {
  const answers = listOf(memberOf(told, 'field_data')).map((each) => {
    const values = listOf(memberOf(each, 'values'));
    return [textOf(memberOf(each, 'name')), values.length === 1 ? values[0] : values] as const;
  });
  const fields = fieldsOf([
    ...answers,
    ['Campaign', textOf(memberOf(told, 'campaign_name'))],
    ['Ad set', textOf(memberOf(told, 'adset_name'))],
    ['Ad', textOf(memberOf(told, 'ad_name'))],
    ['Platform', textOf(memberOf(told, 'platform'))],
  ]);
  // `2026-11-18T18:17:02+0000`: RFC 3339 wants a colon in the offset.
  const created = textOf(memberOf(told, 'created_time'))?.replace(/([+-]\d{2})(\d{2})$/, '$1:$2') ?? null;
  const isPaid = memberOf(told, 'is_organic') !== true;
  return {
    event: id,
    form,
    input: { fields, submitted_at: timeOf(created), ...(isPaid ? { paid_source: 'meta' as const } : {}) },
  };
}

export const meta: SourceAdapter = {
  id: 'meta',
  label: 'Meta Lead Ads',
  overflow: 'keep-first',
  defaultForm: 'Meta Lead Ads',
  hook: sender,
};
