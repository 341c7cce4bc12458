import type { Hook as HookView } from '../contract/hook.ts';
import { createHook, hookValues, toHook, updateHook } from '../intake/hooks/manage.ts';
import { AppError, notFound } from '../lib/errors.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import type { Hook } from '../store/hooks.ts';
import { record } from './audit.ts';
import { type Command, type Context, done, type Outcome } from './command.ts';
import { readJsonInput } from './input.ts';
import { type Session, SITE_FLAG, siteOf, withStore } from './session.ts';

const HOOK = [{ name: 'ID', doc: 'the webhook' }] as const;
const DATA = {
  value: 'FILE',
  doc: 'JSON with what is to be set: name, mapping, check, event_header, event_path, active, secrets; for a new one kind too. - reads stdin.',
  required: true,
} as const;

const hookList: Command = {
  name: 'hook list',
  summary: "A site's webhooks: where other services send leads to.",
  flags: { site: SITE_FLAG },
  run: (context) =>
    withStore(context, async ({ store, vault }) => {
      const site = siteOf(store, context.args.text('site'));
      const all = store.hooks.list(site.id).map((hook) => toHook(vault, hook));
      const rows = all.map(({ id, kind, name, active, last_call_at }) => [
        ...[id, kind, name, active ? 'yes' : 'no'],
        last_call_at ?? 'never',
      ]);
      const text = textTable(['ID', 'KIND', 'NAME', 'ACTIVE', 'LAST CALL'], rows);
      return done({ data: all }, rows.length === 0 ? 'There is no webhook yet.' : text);
    }),
};

const hookShow: Command = {
  name: 'hook show',
  summary: 'One webhook, with its address.',
  operands: HOOK,
  flags: { site: SITE_FLAG },
  run: (context) => withHook(context, async (session, hook) => shown(session, hook)),
};

const hookCreate: Command = {
  name: 'hook create',
  summary: 'Makes a webhook, with an address of its own.',
  flags: { site: SITE_FLAG, data: DATA },
  examples: ['hook create --data hook.json'],
  run: async (context) => {
    const input = await readJsonInput(context, 'data');
    return withStore(context, async (session) => {
      const { store, vault } = session;
      const site = siteOf(store, context.args.text('site'));
      const hook = await createHook({ hooks: store.hooks, vault }, site.id, input);
      const after = hookValues(hook);
      await record(store, { action: 'hook.created', siteId: site.id, objectId: hook.id, after });
      return shown(session, hook);
    });
  },
};

const hookUpdate: Command = {
  name: 'hook update',
  summary: 'Changes a webhook: what is not named stays as it is.',
  operands: HOOK,
  flags: { site: SITE_FLAG, data: DATA },
  examples: ['hook update hook_… --data -'],
  run: async (context) => {
    const input = await readJsonInput(context, 'data');
    return withHook(context, async (session, before) => {
      const { store, vault } = session;
      const after = await updateHook({ hooks: store.hooks, vault }, before.siteId, before.id, input);
      if (after === null) throw notFound('webhook');
      const [from, to] = [hookValues(before), hookValues(after)];
      await record(store, {
        action: 'hook.changed',
        siteId: before.siteId,
        objectId: before.id,
        before: from,
        after: to,
      });
      return shown(session, after);
    });
  },
};

const hookDelete: Command = {
  name: 'hook delete',
  summary: 'Deletes a webhook for good; its leads stay. Needs --yes.',
  operands: HOOK,
  flags: {
    site: SITE_FLAG,
    yes: { doc: 'Delete it: its address refuses calls from then on. Without it nothing is deleted.' },
  },
  run: (context) =>
    withHook(context, async ({ store }, hook) => {
      if (!context.args.on('yes')) {
        throw new AppError(
          'conflict',
          `Nothing was deleted: “${hook.name}” goes for good, with its address. Add --yes.`,
        );
      }
      await store.hooks.remove(hook.siteId, hook.id);
      const before = hookValues(hook);
      await record(store, { action: 'hook.deleted', siteId: hook.siteId, objectId: hook.id, before });
      return done({ id: hook.id, deleted: true }, `Deleted ${hook.id}.`);
    }),
};

export const hookCommands: readonly Command[] = [hookList, hookShow, hookCreate, hookUpdate, hookDelete];

/** Works with the hook that the operand names. @throws AppError not_found, also for the hook of another site */
function withHook(context: Context, work: (session: Session, hook: Hook) => Promise<Outcome>): Promise<Outcome> {
  return withStore(context, async (session) => {
    const site = siteOf(session.store, context.args.text('site'));
    const hook = session.store.hooks.get(site.id, context.args.operand(0) ?? '');
    if (hook === null) throw notFound('webhook');
    return work(session, hook);
  });
}

function mappingText({ mapping, check }: HookView): string {
  if (mapping.rows.length > 0) return `${mapping.rows.length} rows`;
  return check === null ? 'the answers as the service names them' : 'the whole body';
}

function shown({ vault }: Session, hook: Hook): Outcome {
  const view = toHook(vault, hook);
  const text = textPairs([
    ['id', view.id],
    ['kind', view.kind],
    ['name', view.name],
    ['path', view.path],
    ['check', view.check?.type ?? 'as the service signs'],
    ['secrets', view.secrets.length === 0 ? 'none' : view.secrets.join(', ')],
    ['mapping', mappingText(view)],
    ['active', view.active ? 'yes' : 'no'],
  ]);
  return done(view, text);
}
