import { createHash } from 'node:crypto';
import type {
  Behaviour,
  Call,
  FaultRule,
  Hands,
  OAuthClientOptions,
  OAuthGrant,
  QuotaOptions,
  RandomFaults,
  SheetOptions,
  SpreadsheetOptions,
  UserAction,
} from './control-types.ts';
import { ApiError, fileNotFound, invalid } from './errors.ts';
import { type DriveFile, FOLDER, type Role, SPREADSHEET } from './files.ts';
import { inspectFile, taggedColumn, textRows } from './inspect.ts';
import { Draft, newTab, type SpreadsheetState, writeCells } from './spreadsheet.ts';
import type { Consent } from './tokens.ts';
import type { Api, World } from './world.ts';

/** What tests may ask of the fake itself: `POST /__fake/<name>` with the arguments as a JSON list. */

/** So much of a file is shown; `md5` is of all. */
const SHOWN_BYTES = 1_000;

type Control = (world: World, args: never) => unknown;

function spreadsheet(world: World, id: string): DriveFile & { sheet: SpreadsheetState } {
  const file = world.files.get(id);
  if (!file.sheet) throw fileNotFound(id);
  return file as DriveFile & { sheet: SpreadsheetState };
}

function createSpreadsheet(
  world: World,
  options: SpreadsheetOptions = {},
): { spreadsheetId: string; spreadsheetUrl: string } {
  const file = world.files.create({
    name: options.title ?? 'Untitled spreadsheet',
    mimeType: SPREADSHEET,
    owner: options.owner ?? 'owner@example.test',
    createdAt: world.clock.now(),
    roles: (options.sharedWith ?? []).map(({ email, role }): [string, Role] => [email, role]),
    driveId: options.driveId,
  });
  for (const client of options.handedTo ?? []) file.clients.add(client);
  const draft = new Draft(file.sheet as SpreadsheetState);
  if (options.timeZone !== undefined) draft.state.timeZone = options.timeZone;
  if (options.locale !== undefined) draft.state.locale = options.locale;
  if (options.sheets) addTabs(draft, options.sheets);
  world.commit(file, draft.state);
  return { spreadsheetId: file.id, spreadsheetUrl: `https://docs.google.com/spreadsheets/d/${file.id}/edit` };
}

function addTabs(draft: Draft, sheets: readonly SheetOptions[]): void {
  draft.state.tabs = [];
  sheets.forEach((options, index) => {
    const {
      rows = [],
      sheetId = index === 0 ? 0 : draft.freeSheetId(),
      title = `Sheet${index + 1}`,
      ...size
    } = options;
    const tab = newTab({ ...size, sheetId, title });
    rows.forEach((cells, row) => {
      writeCells(tab, row, 0, cells);
    });
    tab.rowCount = Math.max(tab.rowCount, rows.length);
    draft.add(tab, index);
  });
  draft.checkCells();
}

function find(world: World, id: string): DriveFile {
  return world.files.get(id);
}

const accounts = {
  createServiceAccount: (world: World, [options = {}]: [{ email?: string; projectId?: string }?]) =>
    world.tokens.createServiceAccount(options.email, options.projectId),
  revokeKey: (world: World, [email]: [string]) => world.tokens.revokeKey(email),
  deleteAccount: (world: World, [email]: [string]) => world.tokens.deleteAccount(email),
  disableApi: (world: World, [api]: [Api]) => void world.disabled.add(api),
  enableApi: (world: World, [api]: [Api]) => void world.disabled.delete(api),
  registerOAuthClient: (world: World, [options = {}]: [OAuthClientOptions?]) => world.tokens.registerClient(options),
  deleteOAuthClient: (world: World, [clientId]: [string]) => {
    const client = world.tokens.client(clientId);
    if (client) client.deleted = true;
  },
  setTesting: (world: World, [clientId, testing]: [string, boolean]) => {
    const client = world.tokens.client(clientId);
    if (!client) throw invalid(`There is no client ${clientId}`);
    client.testing = testing;
  },
  grantOAuth: (world: World, [grant]: [OAuthGrant]) => {
    const { email, clientId, clientSecret, scopes, redirectUri } = grant;
    if (!world.tokens.client(clientId)) {
      const redirectUris = redirectUri === undefined ? [] : [redirectUri];
      world.tokens.registerClient({ clientId, clientSecret, redirectUris });
    }
    return { refresh_token: world.tokens.grant(email, clientId, scopes) };
  },
  consent: (world: World, [consent]: [Consent]) => {
    world.tokens.consent = consent;
  },
  revokeRefreshToken: (world: World, [token]: [string]) => world.tokens.revoke(token),
  revokeAccessToken: (world: World, [token]: [string]) => world.tokens.kill(token, false),
};

const filesControl = {
  createSpreadsheet: (world: World, [options]: [SpreadsheetOptions?]) => createSpreadsheet(world, options),
  createFolder: (
    world: World,
    [options = {}]: [
      { name?: string; owner?: string; driveId?: string; sharedWith?: SpreadsheetOptions['sharedWith'] }?,
    ],
  ) => ({
    id: world.files.create({
      name: options.name ?? 'Folder',
      mimeType: FOLDER,
      owner: options.owner ?? 'owner@example.test',
      createdAt: world.clock.now(),
      driveId: options.driveId,
      roles: (options.sharedWith ?? []).map(({ email, role }): [string, Role] => [email, role]),
    }).id,
  }),
  files: (world: World) =>
    world.files.all().map((file) => ({
      ...{ id: file.id, name: file.name, mimeType: file.mimeType, owner: file.owner, parents: file.parents },
      trashed: world.files.isTrashed(file),
      content: file.content?.toString('utf8', 0, SHOWN_BYTES) ?? null,
      md5: file.content === undefined ? null : createHash('md5').update(file.content).digest('hex'),
      appProperties: [...file.appProperties.values()][0] ?? {},
    })),
  fillStorage: (world: World, [email, isFull]: [string, boolean]) =>
    void (isFull ? world.files.full.add(email) : world.files.full.delete(email)),
  share: (world: World, [id, email, role]: [string, string, Role]) => void find(world, id).roles.set(email, role),
  unshare: (world: World, [id, email]: [string, string]) => void find(world, id).roles.delete(email),
  hand: (world: World, [id, clientId]: [string, string]) => void find(world, id).clients.add(clientId),
  trash: (world: World, [id]: [string]) => {
    find(world, id).trashed = true;
  },
  untrash: (world: World, [id]: [string]) => {
    find(world, id).trashed = false;
  },
  deleteForever: (world: World, [id]: [string]) => world.files.deleteForever(id),
  snapshotVersion: (world: World, [id]: [string]) => world.files.snapshot(id),
  restoreVersion: (world: World, [id, version]: [string, string]) => world.files.restore(id, version),
  inspect: (world: World, [id]: [string]) => inspectFile(spreadsheet(world, id)),
  rows: (world: World, [id, tab]: [string, (string | number)?]) =>
    textRows(spreadsheet(world, id).sheet, tab ?? undefined),
  columnByField: (world: World, [id, value, tab]: [string, string, (string | number)?]) =>
    taggedColumn(spreadsheet(world, id).sheet, tab ?? undefined, value),
};

const troubles = {
  calls: (world: World): Call[] => world.calls.log,
  resetCalls: (world: World) => world.calls.reset(),
  counts: (world: World) => world.calls.counts(),
  violations: (world: World) => world.calls.violations,
  faults: (world: World, [rules]: [FaultRule[]]) => world.faults.add(rules),
  clearFaults: (world: World) => world.faults.clear(),
  randomFaults: (world: World, [options]: [RandomFaults]) => world.faults.setRandom(options),
  late: (world: World) => world.faults.waiting(),
  releaseLate: (world: World, [id]: [number?]) => world.faults.releaseById(id ?? undefined),
  latency: (world: World, [ms]: [number]) => {
    world.faults.latency = ms;
  },
  clockSkew: (world: World, [ms]: [number]) => {
    world.clock.skew = ms;
  },
  userAction: (world: World, [id, action]: [string, UserAction]) => world.hands.perform(find(world, id), action),
  hands: (world: World, [options]: [Hands | null]) => world.hands.set(options),
  actions: (world: World) => world.hands.log,
  now: (world: World) => world.clock.now(),
  advance: (world: World, [ms]: [number]) => world.clock.advance(ms),
  setClock: (world: World, [to]: ['real' | { now: number }]) => world.clock.set(to),
  quota: (world: World, [limits]: [QuotaOptions | 'off' | 'default']) => world.quota.set(limits),
  behaviour: (world: World, [change]: [Partial<Behaviour>]) => Object.assign(world.behaviour, change),
};

const CONTROLS: Readonly<Record<string, Control>> = { ...accounts, ...filesControl, ...troubles };

/** Answers a control call; refusals come back as `{ error }` with status 400. */
export function answerControl(world: World, url: URL, body: string): { status: number; body: unknown } {
  const name = url.pathname.slice('/__fake/'.length);
  const control = CONTROLS[name];
  if (!control) return { status: 404, body: { error: `There is no control ${name}` } };
  try {
    const args = (body === '' ? [] : JSON.parse(body)) as never;
    return { status: 200, body: { result: control(world, args) ?? null } };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: 400, body: { error: error.message } };
  }
}
