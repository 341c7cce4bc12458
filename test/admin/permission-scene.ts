import { Database } from 'bun:sqlite';
import { createHasher } from '../../src/accounts/passwords.ts';
import type { Role } from '../../src/contract/user.ts';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { createHook } from '../../src/intake/hooks/manage.ts';
import type { StoredUser } from '../../src/store/accounts.ts';
import type { Site } from '../../src/store/store.ts';
import { codeAt } from '../accounts/totp-code.ts';
import { settle, TestClock } from '../support/clock.ts';
import { HOSTED_FORM, hostedField } from '../support/hosted-form.ts';
import { until } from '../support/server.ts';
import { HERE, PASSWORD, type SiteWorld, siteWorld } from './site-world.ts';

/** Whoever may ask: with a cookie, and what their forms carry. */
export interface Asker {
  name: string;
  /** null: the server does not take them for anybody. */
  user: StoredUser | null;
  token: string;
  csrf: string;
}

/** One of each thing that an address may name: of a site, and of the server. */
export interface SiteThings {
  site: Site;
  lead: string;
  form: string;
  key: string;
  hook: string;
  call: string;
  endpoint: string;
  /** The second of the endpoint's hosted form. */
  field: string;
  tab: string;
  view: string;
  /** One that was not begun, of a file that is not there. */
  import: string;
}
export interface ServerThings {
  user: string;
  invitation: string;
  invitationToken: string;
  /** Of whoever asks; made by the deeds that are about one. */
  session: string;
  passkey: string;
  /** A Google account that no sheet uses. */
  account: string;
  resetToken: string;
}

export interface Scene {
  world: SiteWorld;
  clock: TestClock;
  own: SiteThings;
  foreign: SiteThings;
  things: ServerThings;
  /** What an admin can't reach: an owner, and an invitation for another one. */
  beyond: Pick<ServerThings, 'user' | 'invitation'>;
  enter(role: Role, siteIds?: readonly string[]): Promise<Asker>;
  /** New things, for a deed that uses them up. */
  siteThings(site: Site): Promise<SiteThings>;
  serverThings(role?: Role): Promise<ServerThings>;
  /** What the database holds, table by table. */
  digest(): Readonly<Record<string, string>>;
}

export async function scene(): Promise<Scene> {
  const clock = new TestClock();
  const world = await siteWorld(ADMIN_ROUTES, {
    clock,
    hasher: createHasher({ memory: 8, passes: 1 }),
    client: { id: 'client', secret: 'secret' },
  });
  const { store, accounts } = world.services;
  const db = new Database(world.path, { readonly: true });

  async function siteThings(site: Site): Promise<SiteThings> {
    await store.sites.update(site.id, { syncEnabled: true });
    const name = `Contact ${crypto.randomUUID().slice(0, 8)}`;
    const lead = await world.lead({ Name: 'Alice', Email: 'alice@example.com' }, name, site.id);
    // The row is written, then nothing more is: what a request changes shows by itself.
    await until('the row is written', async () => {
      await clock.advanceAndSettle(100);
      return store.sheets.counts(site.id).pending === 0;
    });
    await store.sites.update(site.id, { syncEnabled: false });
    const form = store.leads.get(site.id, lead)?.formId ?? '';
    const tab = store.sheets.tabOfForm(store.sheets.target(site.id).book, form)?.id ?? '';
    const { id } = await store.keys.create({
      siteId: site.id,
      name: 'Web',
      hash: crypto.randomUUID(),
      prefix: 'lts_abcd',
      scopes: ['submissions:write'],
      expiresAt: null,
    });
    const makerId = maker.user?.id ?? '';
    // A site has so many views at the most: those that earlier deeds were given go.
    const [, ...used] = store.views.list(site.id, makerId);
    for (const each of used.slice(0, -20)) await store.views.remove(site.id, makerId, each.id);
    const view = await store.views.create({ ...VIEW, siteId: site.id, makerId, name });
    if ('refused' in view) throw new Error(view.refused);
    const hook = await hookWithCall(site.id);
    const field = await hostedFieldOf(site);
    return {
      site,
      lead,
      form,
      key: id,
      ...hook,
      endpoint: site.endpointId,
      field,
      tab,
      view: view.id,
      import: await importOf(site),
    };
  }

  async function importOf({ id: siteId }: Site): Promise<string> {
    const file = { fileName: 'leads.csv', fileHash: crypto.randomUUID(), fileSize: 20, kept: true };
    const columns = [{ name: 'Email', target: 'field:Email' }];
    const how = { format: 'csv', encoding: 'utf-8', separator: ',', header: true, timezone: 'UTC' } as const;
    const settings = { ...how, columns, form: null, dateOrder: 'dmy' } as const;
    return (await store.imports.create({ siteId, ...file, settings })).id;
  }

  async function hostedFieldOf({ id: siteId, endpointId }: Site): Promise<string> {
    const id = crypto.randomUUID().replaceAll('-', '').slice(0, 10);
    const fields = ['1', id].map((each) => hostedField({ id: each, kind: 'text', label: `Field ${each}` }));
    const form = { ...HOSTED_FORM, fields };
    await store.hostedForms.change(siteId, endpointId, () => ({ published: false, form }));
    return id;
  }

  /** A hook with a call that made no lead. */
  async function hookWithCall(siteId: string) {
    const managing = { hooks: store.hooks, vault: world.services.vault };
    const hook = await createHook(managing, siteId, { kind: 'webhook', name: 'Shop' });
    const call = `call_${crypto.randomUUID()}`;
    const kept = { id: call, hookId: hook.id, at: clock.now(), method: 'POST', headers: [], body: '{"a":1}', bytes: 7 };
    await store.hooks.note({ ...kept, verified: true, outcome: 'refused', message: 'No.', leadIds: [] }, []);
    return { hook: hook.id, call };
  }

  const email = () => `${crypto.randomUUID().slice(0, 12)}@example.com`;

  async function serverThings(role: Role = 'viewer'): Promise<ServerThings> {
    const profile = { email: email(), name: 'Somebody', password: PASSWORD };
    const made = await accounts.createUser('cli', { ...profile, role, siteIds: [] });
    const invited = await accounts.invite('cli', { email: null, role, siteIds: [] });
    if (!made.ok || !invited.ok) throw new Error('nobody to act on');
    const reset = await accounts.issueReset('cli', made.user.id);
    if (!reset.ok) throw new Error(reset.message);
    const google = { kind: 'service_account', email: email(), secret: 'sealed', scopes: '' } as const;
    const account = await store.sheets.addConnection(google);
    const tokenOf = (path: string) => path.split('/').at(-1) ?? '';
    return {
      user: made.user.id,
      account: account.id,
      session: 'ses_none_of_theirs',
      passkey: 'psk_none_of_theirs',
      invitation: invited.link.id,
      invitationToken: tokenOf(invited.path),
      resetToken: tokenOf(reset.path),
    };
  }

  async function enter(role: Role, siteIds: readonly string[] = [world.site.id]): Promise<Asker> {
    const profile = { email: email(), name: role, password: PASSWORD };
    await accounts.createUser('cli', { ...profile, role, siteIds });
    return signIn(profile.email, role);
  }

  async function signIn(address: string, name: string): Promise<Asker> {
    const entered = await accounts.signIn({ email: address, password: PASSWORD }, HERE);
    if (!entered.ok) throw new Error(entered.message);
    const { token } = entered;
    const user = accounts.visit(token, HERE)?.user ?? null;
    return { name, user, token, csrf: accounts.csrfToken(token) };
  }

  const maker = await enter('owner');
  const other = await store.sites.create({ name: 'Other' });
  return {
    world,
    clock,
    own: await siteThings(world.site),
    foreign: await siteThings(other),
    things: await serverThings(),
    beyond: await serverThings('owner'),
    enter,
    siteThings,
    serverThings,
    digest() {
      const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      return Object.fromEntries(
        tables.map(({ name }) => [
          name,
          Bun.hash(JSON.stringify(db.query(`SELECT * FROM "${name}"`).all(), plain)).toString(36),
        ]),
      );
    },
  };
}

const VIEW = { shared: true, filter: { spam: 'only' }, formName: null, columns: [] } as const;

/** As JSON takes it; without when a session was last seen, which every request may change. */
const plain = (name: string, value: unknown) => (name === 'last_seen_at' ? undefined : value);

/** Everybody there is to try: one who may do all, and whoever may less. */
export async function askers({ world, clock, enter, foreign }: Scene): Promise<Asker[]> {
  const { accounts } = world.services;
  const disabled = await enter('owner');
  await accounts.updateUser('cli', disabled.user?.id ?? '', { disabled: true });
  return [
    { name: 'nobody', user: null, token: '', csrf: '' },
    await enter('owner'),
    await enter('admin'),
    { ...(await enter('member')), name: 'a member with the site' },
    { ...(await enter('viewer')), name: 'a viewer with the site' },
    { ...(await enter('member', [foreign.site.id])), name: 'a member without the site' },
    { ...disabled, name: 'a disabled owner', user: null },
    await waiting(),
  ];

  /** Gave the password, and owes the second factor. */
  async function waiting(): Promise<Asker> {
    const owner = await enter('owner');
    await switchOnFactor({ world, clock }, owner);
    const entered = await accounts.signIn({ email: owner.user?.email ?? '', password: PASSWORD }, HERE);
    if (!entered.ok || entered.state !== 'second_factor') throw new Error('no second factor was asked for');
    const csrf = accounts.csrfToken(entered.token);
    return { name: 'an owner without the second factor', user: null, token: entered.token, csrf };
  }
}

export async function switchOnFactor({ world, clock }: Pick<Scene, 'world' | 'clock'>, { token }: Asker) {
  const code = await beginFactor({ world, clock }, token);
  const { accounts } = world.services;
  const visit = accounts.visit(token, HERE);
  const on = visit && (await accounts.confirmTotp(visit, code));
  if (!on?.ok) throw new Error('the second factor is not on');
}

/** Begins to set one up. Returns the code that switches it on, so many milliseconds from now. */
export async function beginFactor({ world, clock }: Pick<Scene, 'world' | 'clock'>, token: string, inMs = 0) {
  const { accounts } = world.services;
  const visit = accounts.visit(token, HERE);
  const begun = visit && (await accounts.beginTotp(visit));
  if (!begun?.ok) throw new Error('no second factor was begun');
  return codeAt(begun.secret, clock.now() + inMs);
}

export interface Answer {
  status: number;
  location: string | null;
  cookie: string | null;
  html: string;
}

export interface Sent {
  form?: readonly (readonly [name: string, value: string])[];
  headers?: Record<string, string>;
  body?: string;
}

/** A request as a browser makes it, unless `headers` or `body` say otherwise. */
export async function ask(
  { world }: Pick<Scene, 'world'>,
  asker: Asker,
  method: string,
  path: string,
  sent: Sent = {},
): Promise<Answer> {
  const cookie = asker.token === '' ? {} : { cookie: `lts_session=${asker.token}` };
  const body = sent.body ?? new URLSearchParams((sent.form ?? []).map(([name, value]) => [name, value])).toString();
  const form = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(Buffer.byteLength(body)),
  };
  const init =
    method === 'GET'
      ? { headers: { ...cookie, ...sent.headers } }
      : { method, body, headers: { ...cookie, ...form, ...sent.headers } };
  const response = await world.fetch(new Request(`http://localhost${path}`, init));
  await settle();
  const { status, headers } = response;
  return { status, location: headers.get('location'), cookie: headers.get('set-cookie'), html: await response.text() };
}
