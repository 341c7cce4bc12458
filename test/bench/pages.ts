import { createVault } from '../../src/lib/crypto.ts';
import { openDataDir } from '../../src/lib/data-dir.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { emptyBody } from '../../src/store/lead-body.ts';
import { cursorFor } from '../../src/store/paging.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { type Access, createAccess, type RunningServer, runJson, startServer } from '../support/binary.ts';
import { type Filled, fill } from './lead-data.ts';
import { benchDir, median, ms, type Result } from './tools.ts';

const PASSWORD = 'correct horse battery staple';
const EMAIL = 'alice@example.com';
const ROUNDS = 20;
const AUDIT_ENTRIES = 10_000;
/** Sites, keys and a site of many forms beside the large one: pages that list them have something to list. */
const SMALL_SITES = 20;
const KEYS = 50;
const FORMS = 500;

/** Every page of the admin UI, signed in, with so many leads of one site. Spec 6: under 50 ms. */
export async function pages(leads: number): Promise<Result[]> {
  const dir = benchDir();
  const access = await createAccess({ dir });
  const span = await fill(dir, [{ siteId: access.siteId, leads }]);
  const many = await furnish(dir, access);
  const words = ['user', 'create', '--email', EMAIL, '--role', 'owner', '--password-stdin'];
  await runJson(words, { dir, stdin: PASSWORD });
  const server = await startServer({ dir, access });
  await server.logged('"search.built"');
  const cookie = await signIn(server);
  const taken = await measure(server, cookie, await addresses(server, access, many, span));
  server.kill('SIGTERM');
  await server.exited;
  const all = [...taken.values()].flat().sort((a, b) => a - b);
  const p95 = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? 0;
  const byMedian = [...taken].sort(([, a], [, b]) => median(b) - median(a));
  const slow = [...taken].filter(([, times]) => p95(times) > 50).map(([name, times]) => `${name} ${ms(p95(times))}`);
  const slowest = byMedian.slice(0, 3).map(([name, times]) => `${name} ${ms(median(times))}`);
  return [
    {
      what: `${taken.size} pages of the admin UI with ${leads.toLocaleString('en')} leads, p95 of each`,
      measured:
        `${slow.length === 0 ? 'all within' : `over it: ${slow.join(', ')}`} (p50 of all ${ms(median(all))}; slowest, ` +
        `median: ${slowest.join(', ')}; ${all.length} requests)`,
      target: '≤ 50 ms',
      ok: slow.length === 0,
    },
  ];
}

/** Sites, keys, forms and a long audit log, put in by the store itself. Returns the site of many forms. */
async function furnish(dir: string, { siteId }: Access): Promise<string> {
  const data = openDataDir(dir, null);
  if (!data.ok) throw new Error(data.problem);
  const store = openStore({
    path: data.dir.databasePath,
    durability: 'normal',
    clock: { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => {} },
    ids: randomIds(),
    secretCheck: createVault(data.dir.secret).checkValue(),
  });
  for (let i = 0; i < SMALL_SITES; i++) await store.sites.create({ name: `Site ${i}` });
  for (let i = 0; i < KEYS; i++) await addKey(store, siteId, i);
  const doer = { actor: { kind: 'cli' }, addressHash: null } as const;
  for (let i = 0; i < AUDIT_ENTRIES; i += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, k) =>
        store.audit.record(doer, {
          ...{ action: 'form.changed', siteId, objectId: `frm_${i + k}` },
          ...{ before: { name: `Form ${i + k}` }, after: { name: `Form ${i + k + 1}` } },
        }),
      ),
    );
  }
  const many = await store.sites.create({ name: 'Many forms' });
  for (let i = 0; i < FORMS; i++) await store.leads.accept({ siteId: many.id, items: formLead(i), idempotency: null });
  await store.close();
  return many.id;
}

function formLead(i: number) {
  const form = { by: 'key', key: `name:form ${i}`, name: `Form ${i}` } as const;
  const body = { ...emptyBody(), fields: { Email: EMAIL, [`Field ${i}`]: 'text' } };
  return [{ lead: { source: 'rest_api', form, submittedAt: null, spamReason: null, body } as const }];
}

function addKey({ keys }: Store, siteId: string, i: number) {
  const scopes = ['submissions:write'] as const;
  return keys.create({ siteId, name: `Key ${i}`, hash: `hash ${i}`, prefix: 'lts_abcd', scopes, expiresAt: null });
}

async function signIn({ url }: RunningServer): Promise<string> {
  const answer = await fetch(`${url}/admin/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ email: EMAIL, password: PASSWORD, next: '/admin' }),
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (answer.status !== 303 || cookie === undefined) throw new Error(`not signed in: ${answer.status}`);
  return cookie;
}

/** What each page is called here, and where it is. */
async function addresses(
  { url }: RunningServer,
  { siteId, key }: Access,
  many: string,
  { from, to }: Filled,
): Promise<Record<string, string>> {
  const get = async (path: string) => {
    const answer = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } });
    return (await answer.json()) as { data: { id: string; form_id: string }[] };
  };
  const { data: newest } = await get('/submissions?per_page=100');
  const day = (share: number) => new Date(from + share * (to - from)).toISOString();
  const { data: deep } = await get(`/submissions?created_before=${encodeURIComponent(day(0.2))}&per_page=1`);
  const [lead] = newest;
  const site = `/admin/s/${siteId}`;
  const leads = `${site}/leads`;
  const date = (share: number) => day(share).slice(0, 10);
  return {
    start: '/admin',
    sites: '/admin/sites',
    'new site': '/admin/sites/new',
    dashboard: site,
    health: `${site}/health`,
    leads,
    'leads of a form': `${leads}?form_id=${lead?.form_id}`,
    'leads of a source': `${leads}?source=mcp`,
    'spam alone': `${leads}?spam=only`,
    'failed leads': `${leads}?sync_status=failed`,
    'leads of a month': `${leads}?from=${date(0.4)}&to=${date(0.48)}`,
    'leads with a word': `${leads}?q=gmail`,
    'leads with a rare word': `${leads}?q=needlework`,
    'leads with no such word': `${leads}?q=zzzqq`,
    'leads deep down': `${leads}?cursor=${encodeURIComponent(cursorFor(deep[0]?.id ?? '', true))}`,
    'a lead': `${leads}/${lead?.id}`,
    'an old lead': `${leads}/${deep[0]?.id}`,
    sheet: `${site}/sheet`,
    'connect a sheet': `${site}/sheet/connect`,
    columns: `${site}/sheet/choices`,
    forms: `${site}/forms`,
    'a form': `${site}/forms/${lead?.form_id}`,
    sources: `${site}/sources`,
    'new key': `${site}/sources/keys/new`,
    settings: `${site}/settings`,
    'dashboard, many forms': `/admin/s/${many}`,
    'leads, many forms': `/admin/s/${many}/leads`,
    'sheet, many forms': `/admin/s/${many}/sheet`,
    'forms, many': `/admin/s/${many}/forms`,
    team: '/admin/team',
    invite: '/admin/team/invite',
    system: '/admin/system',
    'audit log': '/admin/audit',
    'audit log of a thing': '/admin/audit?object=frm_17',
    'audit log of a site': `/admin/audit?site=${siteId}`,
    'Google accounts': '/admin/google',
    account: '/admin/account',
  };
}

async function measure(
  { url }: RunningServer,
  cookie: string,
  addresses: Readonly<Record<string, string>>,
): Promise<Map<string, number[]>> {
  const taken = new Map<string, number[]>();
  // The first round loads what is loaded when it is first used.
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, path] of Object.entries(addresses)) {
      const sentAt = performance.now();
      const answer = await fetch(`${url}${path}`, { headers: { cookie }, redirect: 'manual' });
      await answer.text();
      const time = performance.now() - sentAt;
      if (answer.status !== 200 && name !== 'start') throw new Error(`${path}: ${answer.status}`);
      if (round >= 0) taken.set(name, [...(taken.get(name) ?? []), time]);
    }
  }
  return taken;
}
