/** @jsxImportSource preact */
import { issueKey, readExpiry, readOverlap, readScopes, rotateKey, rotationProblem } from '../../../accounts/keys.ts';
import type { Scope } from '../../../contract/key.ts';
import { readName } from '../../../intake/site-input.ts';
import { notFound } from '../../../lib/errors.ts';
import { toTime } from '../../../lib/time.ts';
import { keyValues } from '../../../store/audit-values.ts';
import type { StoredKey } from '../../../store/store.ts';
import { record } from '../audit.ts';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { shownOnce, showOnce } from '../shown-once.tsx';
import { type KeyErrors, KeyForm, KeyPage, KeyShown, type KeyTexts } from './keys-view.tsx';

const NEW_KEY: KeyTexts = { name: '', scopes: ['submissions:write'], expires: 'never' };
const DEFAULT_OVERLAP_HOURS = '1';

function newKeyPage(request: SiteRequest, texts: KeyTexts, errors: KeyErrors = {}): PageOutcome {
  const { site, csrf } = request;
  return {
    title: 'Create key',
    body: <KeyForm action={`/admin/s/${site.id}/sources/keys`} csrf={csrf} texts={texts} errors={errors} />,
    status: Object.keys(errors).length > 0 ? 422 : 200,
  };
}

interface KeyInput {
  name: string;
  scopes: readonly Scope[];
  expiresAt: number | null;
}

/** The rules are those of `key create`. */
function readKey({
  form,
  now,
}: SiteRequest): { ok: true; input: KeyInput } | { ok: false; texts: KeyTexts; errors: KeyErrors } {
  const texts = { name: form.text('name'), scopes: form.all('scopes'), expires: form.text('expires') };
  const [name, scopes, expiry] = [readName(texts.name), readScopes(texts.scopes), readExpiry(texts.expires, now)];
  if (name !== null && scopes !== null && expiry !== null) {
    return { ok: true, input: { name, scopes, expiresAt: expiry.at } };
  }
  const errors: KeyErrors = {};
  if (name === null) errors.name = 'Say what it is for, in 1 to 200 visible characters.';
  if (scopes === null) errors.scopes = 'Choose at least one of these.';
  if (expiry === null) errors.expires = 'Choose one of these.';
  return { ok: false, texts, errors };
}

async function createKey(request: SiteRequest): Promise<Outcome> {
  const { site, services } = request;
  const read = readKey(request);
  if (!read.ok) return newKeyPage(request, read.texts, read.errors);
  const { stored, key } = await issueKey(
    { keys: services.store.keys, vault: services.vault },
    { siteId: site.id, ...read.input },
  );
  await record(request, { action: 'key.created', objectId: stored.id, after: keyValues(stored) });
  return shown(request, 'Key created', stored, key, null);
}

/** The only page that ever has a key on it. */
function shown(request: SiteRequest, title: string, stored: StoredKey, key: string, former: string | null): Outcome {
  const { site, services } = request;
  const back = `/admin/s/${site.id}/sources`;
  const body = (
    <KeyShown
      title={title}
      stored={stored}
      secret={key}
      publicUrl={services.publicUrl()}
      zone={site.timezone}
      back={back}
      former={former}
    />
  );
  return showOnce(request, `${back}/keys/${stored.id}/secret`, { title, body });
}

/** @throws AppError not_found, also for the key of another site */
function keyOf({ services, site, params }: SiteRequest): StoredKey {
  const key = services.store.keys.get(params.key ?? '');
  if (key === null || key.siteId !== site.id) throw notFound('key');
  return key;
}

function keyPage(request: SiteRequest, hours = DEFAULT_OVERLAP_HOURS, error: string | null = null): PageOutcome {
  const { site, csrf, now } = request;
  const stored = keyOf(request);
  const body = (
    <KeyPage
      stored={stored}
      base={`/admin/s/${site.id}/sources`}
      zone={site.timezone}
      now={now}
      csrf={csrf}
      hours={hours}
      error={error}
    />
  );
  return { title: stored.name, body, status: error === null ? 200 : 422 };
}

function secretPage(request: SiteRequest): Outcome {
  const { id } = keyOf(request);
  return shownOnce(request, { href: `/admin/s/${request.site.id}/sources/keys/${id}`, text: 'Go to the key' });
}

async function rotate(request: SiteRequest): Promise<Outcome> {
  const { services, form, now, site } = request;
  const key = keyOf(request);
  const hours = form.text('hours').trim();
  const overlap = readOverlap(`${hours}h`);
  if (overlap === null) return keyPage(request, hours, 'Give a whole number of hours from 0 to 24.');
  const until = now + overlap;
  const issued = await rotateKey({ keys: services.store.keys, vault: services.vault }, key.id, until);
  if (issued === null) throw notFound('key');
  if ('refused' in issued) {
    const instead = issued.refused === 'overlapping' ? ' Wait until then, or give 0 hours to end it now.' : '';
    return keyPage(request, hours, `${rotationProblem(issued)}${instead}`);
  }
  const { stored } = issued;
  await record(request, {
    action: 'key.rotated',
    objectId: key.id,
    before: { prefix: key.prefix },
    after: { prefix: stored.prefix, former_works_until: overlap === 0 ? null : toTime(until) },
  });
  const zoned = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: site.timezone });
  const former = overlap === 0 ? 'No former key works any more.' : `The former key works until ${zoned.format(until)}.`;
  return shown(request, 'Key rotated', stored, issued.key, former);
}

async function revoke(request: SiteRequest): Promise<Outcome> {
  const { services, site } = request;
  const key = keyOf(request);
  const revoked = await services.store.keys.revoke(key.id);
  if (revoked === null) throw notFound('key');
  if (key.revokedAt === null)
    await record(request, { action: 'key.revoked', objectId: key.id, before: keyValues(key) });
  return { to: `/admin/s/${site.id}/sources`, notice: 'key_revoked' };
}

const KEYS = '/admin/s/:site/sources/keys';

export const keyRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: `${KEYS}/new`,
    of: 'site',
    needs: 'keys.edit',
    run: (request) => newKeyPage(request, NEW_KEY),
  },
  { method: 'POST', path: KEYS, of: 'site', needs: 'keys.edit', recent: true, run: createKey },
  { method: 'GET', path: `${KEYS}/:key`, of: 'site', needs: 'keys.read', run: (request) => keyPage(request) },
  { method: 'GET', path: `${KEYS}/:key/secret`, of: 'site', needs: 'keys.edit', run: secretPage },
  { method: 'POST', path: `${KEYS}/:key/rotate`, of: 'site', needs: 'keys.edit', recent: true, run: rotate },
  { method: 'POST', path: `${KEYS}/:key/revoke`, of: 'site', needs: 'keys.edit', recent: true, run: revoke },
];
