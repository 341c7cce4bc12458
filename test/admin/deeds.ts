import { RECENT_MS } from '../../src/accounts/accounts.ts';
import {
  type Asker,
  beginFactor,
  type Scene,
  type ServerThings,
  type SiteThings,
  switchOnFactor,
} from './permission-scene.ts';
import { HERE, PASSWORD } from './site-world.ts';

type Things = SiteThings & ServerThings;
export type Form = Readonly<Record<string, string | readonly string[]>>;

/** How a form of the admin UI is sent so that it does something: what the refused ones are held against. */
export interface Deed {
  form?(things: Things, scene: Scene): Form;
  /** What has to be there before; what it returns goes into the form. */
  prepare?(scene: Scene, by: Asker, things: Things): Promise<Form | undefined>;
  /** What it is answered when it is done; 303 unless told otherwise. */
  answer?: number;
  /** It leaves the database as it was, and why. */
  changesNothing?: string;
}

const pausedBecause = { code: 'no_access', message: 'The account may not write there.', technical: null };

/**
 * A line for every POST that somebody who is signed in may send. Who may, from where, and whether the password is
 * asked for first, is not said here: that is taken from the route itself.
 */
export const DEEDS: Readonly<Record<string, Deed>> = {
  '/admin/sign-out': {},
  '/admin/confirm': { form: () => ({ next: '/admin' }), changesNothing: 'it only leads on' },

  '/admin/account/name': { form: () => ({ name: 'Another' }) },
  '/admin/account/password': { form: () => ({ current_password: PASSWORD, password: 'four other words by chance' }) },
  '/admin/account/totp': { answer: 200 },
  '/admin/account/totp/confirm': {
    prepare: async (scene, { token }) => ({ code: await beginFactor(scene, token, RECENT_MS) }),
  },
  '/admin/account/totp/off': { prepare: async (scene, by) => void (await switchOnFactor(scene, by)) },
  '/admin/account/recovery-codes': { prepare: async (scene, by) => void (await switchOnFactor(scene, by)) },
  '/admin/account/sessions/end-others': { prepare: anotherSession },
  '/admin/account/sessions/:id/end': { prepare: anotherSession },

  '/admin/sites': { form: () => ({ name: 'New', timezone: 'UTC' }) },
  '/admin/s/:site/test-lead': {},
  '/admin/s/:site/settings': { form: () => ({ name: 'Renamed', timezone: 'UTC' }) },
  '/admin/s/:site/settings/spam': { form: () => ({ level: 'strict', words: 'casino', domains: 'example.com' }) },
  '/admin/s/:site/settings/files': {
    form: () => ({ place: 'here' }),
    prepare: async ({ world, own }) => {
      const place = { account: 'alice@example.com', folder: null, shared: false };
      await world.services.store.drive.setSite(own.site.id, place);
      return undefined;
    },
  },
  '/admin/s/:site/settings/files/again': {},
  '/admin/s/:site/settings/files/gone': {},
  '/admin/s/:site/forms/:form/merge': {
    prepare: async ({ world, own }) => {
      const id = await world.lead({ Name: 'x' }, 'Survivor', own.site.id);
      return { into: world.services.store.leads.get(own.site.id, id)?.formId ?? '' };
    },
  },
  '/admin/s/:site/forms/:form/part': {
    prepare: async ({ world, own }, _by, { form }) => {
      const { store } = world.services;
      const id = await world.lead({ Name: 'x' }, 'Survivor', own.site.id);
      await store.forms.merge(own.site.id, form, store.leads.get(own.site.id, id)?.formId ?? '');
    },
  },
  '/admin/s/:site/captcha': { form: () => ({ kind: 'turnstile', site_key: '1x00', secret: '1x01' }) },
  '/admin/s/:site/forms/:form': { form: () => ({ name: 'Renamed', sheet_tab: 'Renamed' }) },

  '/admin/s/:site/leads/bulk': { form: ({ lead }) => ({ act: 'spam', ids: [lead] }) },
  '/admin/s/:site/leads/delete': { form: ({ lead }) => ({ sure: 'yes', rows: 'yes', ids: [lead] }) },
  '/admin/s/:site/leads/export': { form: () => ({ format: 'csv' }), answer: 200 },

  '/admin/s/:site/leads/all': {
    form: () => ({ act: 'spam', sure: 'yes', list: 'source=mcp' }),
    changesNothing: 'no lead came that way: what it begins goes on by itself',
  },
  '/admin/s/:site/leads/all/delete': {
    form: () => ({ act: 'delete', sure: 'yes', list: 'source=mcp' }),
    changesNothing: 'no lead came that way',
  },
  '/admin/s/:site/leads/task/stop': { changesNothing: 'what it stops is in memory' },
  '/admin/s/:site/leads/columns': { form: () => ({ columns: ['field:Name'] }) },
  '/admin/s/:site/leads/views': { form: () => ({ name: 'Mine', list: 'spam=only' }) },
  '/admin/s/:site/leads/views/:view/update': { form: () => ({ list: 'source=mcp' }) },
  '/admin/s/:site/leads/views/:view/rename': { form: () => ({ new_name: 'Renamed' }) },
  '/admin/s/:site/leads/views/:view/delete': {},

  '/admin/s/:site/sheet/task': { form: () => ({ kind: 'check' }) },
  '/admin/s/:site/sheet/task/stop': { changesNothing: 'what it stops is in memory' },
  '/admin/s/:site/sheet/resume': { form: () => ({ word: '' }), prepare: pausedSheet },
  '/admin/s/:site/sheet/resume-tab': {
    form: ({ form }) => ({ form }),
    answer: 409,
    changesNothing: 'only a tab at Google can be paused; test/admin/sheet.test.ts has one',
  },
  '/admin/s/:site/sheet/connect': {
    form: () => ({ link: 'https://docs.google.com/spreadsheets/d/none', key: '' }),
    answer: 422,
    changesNothing: 'there is no Google here; test/admin/sheet.test.ts has one',
  },
  '/admin/s/:site/sheet/local': {},
  '/admin/s/:site/sheet/choices': { form: () => ({ columns: ['source'], quality: 'Good\nBad' }) },

  '/admin/s/:site/sources/imports': {
    answer: 422,
    changesNothing: 'no file comes with it; test/admin/imports.test.ts has one',
  },
  '/admin/s/:site/sources/imports/:import': { form: () => ({ form: 'Fair', timezone: 'UTC', next: 'look' }) },
  '/admin/s/:site/sources/imports/:import/go-on': {
    answer: 422,
    changesNothing: 'the file is not there; test/admin/imports.test.ts has one',
  },
  '/admin/s/:site/sources/imports/:import/stop': {
    prepare: async ({ world }, _, things) => {
      await world.services.store.imports.start(things.site.id, things.import, 'runner');
      return undefined;
    },
  },
  '/admin/s/:site/sources/imports/:import/remove': {},
  '/admin/s/:site/sources/test': { form: () => ({ way: 'rest_api' }) },
  '/admin/s/:site/sources/keys': { form: () => ({ name: 'New', scopes: 'forms:read', expires: 'never' }) },
  '/admin/s/:site/privacy': {
    form: () => ({ email: 'alice@example.com' }),
    answer: 200,
    changesNothing: 'it only finds',
  },
  '/admin/s/:site/privacy/export': { form: () => ({ email: 'alice@example.com' }), answer: 200 },
  '/admin/s/:site/privacy/delete': { form: () => ({ email: 'alice@example.com', rows: 'yes' }) },
  '/admin/s/:site/sources/endpoints': { form: () => ({ name: 'Landing page' }) },
  '/admin/s/:site/sources/endpoints/:endpoint/form': {
    form: () => ({ title: 'New', button: 'Go', lang: 'de', required_word: 'Pflicht', problem_title: 'Bitte prüfen' }),
  },
  '/admin/s/:site/sources/endpoints/:endpoint/form/publish': { form: () => ({ published: 'yes' }) },
  '/admin/s/:site/sources/endpoints/:endpoint/form/fields': { form: () => ({ kind: 'text', label: 'New' }) },
  '/admin/s/:site/sources/endpoints/:endpoint/form/fields/:field': {
    form: () => ({ kind: 'email', label: 'Mail', required: 'on' }),
  },
  '/admin/s/:site/sources/endpoints/:endpoint/form/fields/:field/move': { form: () => ({ to: 'up' }) },
  '/admin/s/:site/sources/endpoints/:endpoint/form/fields/:field/delete': {},
  '/admin/s/:site/sources/endpoints/:endpoint': {
    form: () => ({ name: 'Campaign', answer: 'thanks', honeypot: 'website' }),
  },
  '/admin/s/:site/sources/hooks': { form: () => ({ kind: 'webhook', name: 'New' }) },
  '/admin/s/:site/sources/hooks/:hook': { form: () => ({ name: 'Renamed' }) },
  '/admin/s/:site/sources/hooks/:hook/check': { form: () => ({ type: 'basic', username: 'x', secret: 'y' }) },
  '/admin/s/:site/sources/hooks/:hook/secrets': { form: () => ({ secret: 'another' }) },
  '/admin/s/:site/sources/hooks/:hook/mapping': { form: () => ({ field: ['Email'], path: ['a.b'] }) },
  '/admin/s/:site/sources/hooks/:hook/mapping/add': { form: ({ call }) => ({ field: 'A', path: 'a', call }) },
  '/admin/s/:site/sources/hooks/:hook/switch': { form: () => ({ active: 'no' }) },
  '/admin/s/:site/sources/hooks/:hook/delete': {},
  '/admin/s/:site/sources/hooks/:hook/calls/:call/replay': { answer: 200 },
  '/admin/s/:site/sources/keys/:key/rotate': { form: () => ({ hours: '1' }) },
  '/admin/s/:site/sources/keys/:key/revoke': {},

  '/admin/team/invite': { form: () => ({ email: 'alice@example.com', role: 'admin' }) },
  '/admin/team/invitations/:id/revoke': {},
  '/admin/team/:id': { form: () => ({ role: 'admin' }) },
  '/admin/team/:id/reset': {},
  '/admin/team/:id/disable': {},
  '/admin/team/:id/enable': {
    prepare: async ({ world }, _, { user }) =>
      void (await world.services.accounts.updateUser('cli', user, { disabled: true })),
  },
  '/admin/team/:id/delete': {},

  '/admin/confirm/passkey/options': { answer: 200, changesNothing: 'what is asked is kept in memory' },
  '/admin/account/passkeys/options': { answer: 200, changesNothing: 'what is asked is kept in memory' },
  '/admin/account/passkeys': {
    form: () => ({ name: 'Phone', passkey: '{}' }),
    answer: 422,
    changesNothing: 'no passkey answered; test/browser has one that does',
  },
  '/admin/account/passkeys/:id/remove': { prepare: ownPasskey },
  '/admin/oidc/link': { answer: 404, changesNothing: 'no provider is set here' },
  '/admin/oidc/unlink': { answer: 409, changesNothing: 'nothing is linked' },
  '/admin/account/first-password': {
    form: () => ({ password: 'four other words by chance' }),
    answer: 422,
    changesNothing: 'there is a password',
  },

  '/admin/s/:site/sheet/google': { form: () => ({ what: 'new' }) },
  '/admin/s/:site/sheet/google/:consent': { changesNothing: 'nobody is on the way to Google' },
  '/admin/s/:site/sheet/restore-column': {
    answer: 409,
    changesNothing: 'only Google has columns to bring back; test/admin/sheet.test.ts has one',
  },
  '/admin/google/:account/remove': {},

  '/admin/system/log-level': { form: () => ({ level: 'debug' }) },
};

async function anotherSession({ world }: Scene, by: Asker, things: Things): Promise<undefined> {
  const { accounts } = world.services;
  await accounts.signIn({ email: by.user?.email ?? '', password: PASSWORD }, HERE);
  const visit = accounts.visit(by.token, HERE);
  const other = visit && accounts.sessions(visit).find(({ current }) => !current);
  things.session = other?.session.id ?? '';
}

async function ownPasskey({ world }: Scene, { user }: Asker, things: Things): Promise<undefined> {
  const passkey = { credentialId: crypto.randomUUID(), publicKey: 'none', counter: 0, transports: [], name: 'Phone' };
  const doer = { actor: { kind: 'cli' }, addressHash: null } as const;
  const added = await world.services.store.accounts.addPasskey(user?.id ?? '', passkey, [], doer);
  if (added === null || 'refused' in added) throw new Error('no passkey was added');
  things.passkey = added.passkey.id;
}

async function pausedSheet({ world, own }: Scene): Promise<undefined> {
  await world.services.store.sheets.pause(own.site.id, pausedBecause, null);
}
