import { HookCreate, type HookKind, HookUpdate, type Hook as HookView } from '../../contract/hook.ts';
import type { Vault } from '../../lib/crypto.ts';
import { type ErrorDetail, invalid } from '../../lib/errors.ts';
import { newHookToken } from '../../lib/hook-token.ts';
import { toTime } from '../../lib/time.ts';
import type { AuditValues } from '../../store/accounts.ts';
import type { Hook, HookChange, HookSettings, HookStore } from '../../store/hooks.ts';
import { readName } from '../site-input.ts';
import { compileContract } from '../validate.ts';
import { senderOf } from './calls.ts';
import { checkProblems, secretProblem } from './check-rules.ts';
import { mappingProblems } from './mapping.ts';
import { parsePath } from './path.ts';
import { hookPath, sealSecrets, sealToken } from './secrets.ts';

const createContract = compileContract(HookCreate);
const updateContract = compileContract(HookUpdate);

/** What hooks are kept with: by pages and on the command line alike. */
export interface HookManaging {
  hooks: HookStore;
  vault: Vault;
}

const NEW: Pick<Hook, 'mapping' | 'settings'> = {
  mapping: { rows: [], rest: false },
  settings: { check: { type: 'none' }, eventHeader: null, eventPath: null },
};

/** Makes a hook with an address of its own. @throws AppError validation_error naming each bad member */
export async function createHook({ hooks, vault }: HookManaging, siteId: string, input: unknown): Promise<Hook> {
  if (!createContract.check(input)) throw refused(createContract.details(input));
  const { kind, ...change } = input;
  const token = sealToken(vault, newHookToken());
  const blank = { ...NEW, ...token, siteId, kind, name: '', secrets: {}, active: true };
  return hooks.create({ ...blank, ...changed(vault, blank, change) });
}

/** Changes what is named; null: the site has no such hook. @throws AppError validation_error naming each bad member */
export async function updateHook(
  { hooks, vault }: HookManaging,
  siteId: string,
  id: string,
  input: unknown,
): Promise<Hook | null> {
  const hook = hooks.get(siteId, id);
  if (hook === null) return null;
  if (!updateContract.check(input)) throw refused(updateContract.details(input));
  return hooks.update(siteId, id, changed(vault, hook, input));
}

/**
 * The mapping of a hook, as people go on from it. The rows of a known service stand on top of its own reading: as long as
 * there is none, the first one leaves everything else as it is.
 */
export function mappingOf(hook: Pick<Hook, 'kind' | 'mapping'>): Hook['mapping'] {
  return senderOf(hook) !== null && hook.mapping.rows.length === 0 ? { rows: [], rest: true } : hook.mapping;
}

type Before = Pick<Hook, 'kind' | 'mapping' | 'settings' | 'secrets' | 'tokenHash'>;

/** What a change makes of a hook. @throws AppError validation_error */
function changed(vault: Vault, before: Before, input: HookUpdate): HookChange {
  const details: ErrorDetail[] = [];
  const change: HookChange = {};
  if (input.name !== undefined) {
    const name = readName(input.name);
    if (name === null) details.push({ path: '/name', message: 'must have 1 to 200 visible characters.' });
    else change.name = name;
  }
  if (input.active !== undefined) change.active = input.active;
  if (input.secrets !== undefined) change.secrets = withSecrets(vault, before, input.secrets, details);
  if (input.mapping !== undefined) {
    change.mapping = input.mapping;
    details.push(...mappingProblems(input.mapping));
  }
  const settings = settingsOf(before.settings, input);
  if (settings !== null) {
    change.settings = settings;
    details.push(...settingsProblems(before.kind, settings, change.secrets ?? before.secrets));
  }
  if (senderOf(before) !== null && settings !== null) {
    details.push({
      path: '',
      message: 'comes with its own checks: only name, mapping, secrets and active can be set.',
    });
  }
  if (details.length > 0) throw refused(details);
  return change;
}

function withSecrets(
  vault: Vault,
  { kind, secrets, tokenHash }: Before,
  given: Record<string, string>,
  details: ErrorDetail[],
) {
  const known = secretsOf(kind).map(({ name }) => name);
  for (const [name, value] of Object.entries(given)) {
    const path = `/secrets/${name}`;
    if (!known.includes(name)) details.push({ path, message: `is not asked for: there is ${known.join(', ')}.` });
    const problem = secretProblem(value);
    if (problem !== null) details.push({ path, message: problem });
  }
  return { ...secrets, ...sealSecrets(vault, tokenHash, given) };
}

/** The secrets that a kind of hook has. */
export const secretsOf = (kind: HookKind) =>
  senderOf({ kind })?.secrets ?? [{ name: 'secret', label: 'Secret', help: 'The one that the sender has too.' }];

function settingsOf(before: HookSettings, input: HookUpdate): HookSettings | null {
  const { check, event_header: header, event_path: path } = input;
  if (check === undefined && header === undefined && path === undefined) return null;
  return {
    check: check ?? before.check,
    eventHeader: header === undefined ? before.eventHeader : header,
    eventPath: path === undefined ? before.eventPath : path,
  };
}

function settingsProblems(kind: HookKind, { check, eventPath }: HookSettings, secrets: Hook['secrets']): ErrorDetail[] {
  const details = checkProblems(check);
  const isMissing = check.type !== 'none' && senderOf({ kind }) === null && !Object.hasOwn(secrets, 'secret');
  if (isMissing) details.push({ path: '/secrets/secret', message: 'is needed to check calls: give the sender’s.' });
  const parsed = eventPath === null ? null : parsePath(eventPath);
  if (parsed && !parsed.ok) details.push({ path: '/event_path', message: parsed.message });
  return details;
}

const refused = (details: readonly ErrorDetail[]) => invalid('The hook was not kept: see details.', details);

/** A hook as it is shown to those who may edit it: its address with it. */
export function toHook(vault: Vault, hook: Hook): HookView {
  const { eventHeader, eventPath, check } = hook.settings;
  return {
    id: hook.id,
    kind: hook.kind,
    name: hook.name,
    path: hookPath(vault, hook),
    mapping: hook.mapping,
    check: senderOf(hook) === null ? check : null,
    event_header: eventHeader,
    event_path: eventPath,
    secrets: Object.keys(hook.secrets).sort(),
    active: hook.active,
    created_at: toTime(hook.createdAt),
    last_call_at: hook.lastCallAt === null ? null : toTime(hook.lastCallAt),
  };
}

/** What the audit log keeps of a hook: neither its address nor a secret. */
export const hookValues = ({ kind, name, active, settings, mapping, secrets }: Hook): AuditValues => ({
  kind,
  name,
  active,
  check: settings.check.type,
  rows: mapping.rows.length,
  secrets: Object.keys(secrets).sort(),
});
