import {
  type IssuedKey,
  issueKey,
  readExpiry,
  readOverlap,
  readScopes,
  rotateKey,
  rotationProblem,
} from '../accounts/keys.ts';
import { publicUrlOf } from '../config/load.ts';
import { curlLine } from '../contract/curl.ts';
import { SCOPES, type Scope } from '../contract/key.ts';
import { AppError, invalid, notFound } from '../lib/errors.ts';
import { didYouMean } from '../lib/near.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import { toTime } from '../lib/time.ts';
import { keyValues } from '../store/audit-values.ts';
import type { RotationRefusal, StoredKey } from '../store/store.ts';
import { toKey } from '../store/view.ts';
import { quoted } from './args.ts';
import { record } from './audit.ts';
import { type Command, done } from './command.ts';
import { type Session, SITE_FLAG, siteOf, withStore } from './session.ts';
import { shortText } from './site.ts';

const DEFAULT_OVERLAP = '1h';

const keyCreate: Command = {
  name: 'key create',
  summary: 'Makes an API key and shows it, once.',
  flags: {
    site: SITE_FLAG,
    name: { value: 'NAME', doc: 'What it is for.', required: true },
    scopes: { value: 'A,B', doc: `What it may do: ${SCOPES.join(', ')}.`, required: true },
    expires: {
      value: 'TIME',
      doc: 'When it stops working: 90d, 12h, or a date such as 2027-01-31. Never if left out.',
    },
  },
  examples: ['key create --name "Web shop" --scopes submissions:write --expires 1y'],
  run: (context) => {
    const { args, clock } = context;
    const name = shortText(args.text('name') ?? '', '--name');
    const scopes = scopesOf(args.text('scopes') ?? '');
    const expiresAt = expiryOf(args.text('expires'), clock.now());
    return withStore(context, async (session) => {
      const site = siteOf(session.store, args.text('site'));
      const issued = await issueKey(depsOf(session), { siteId: site.id, name, scopes, expiresAt });
      const { stored } = issued;
      await record(session.store, {
        action: 'key.created',
        siteId: site.id,
        objectId: stored.id,
        after: keyValues(stored),
      });
      return done(issuedView(issued), issuedText(issued, session));
    });
  },
};

const keyList: Command = {
  name: 'key list',
  summary: "A site's keys; of each only the first characters.",
  flags: { site: SITE_FLAG },
  run: (context) =>
    withStore(context, async ({ store }) => {
      const site = siteOf(store, context.args.text('site'));
      const keys = store.keys.list(site.id).map(toKey);
      const rows = keys.map((key) => [
        key.id,
        key.name,
        `${key.prefix}…`,
        key.scopes.join(','),
        key.revoked_at ? `revoked ${key.revoked_at}` : (key.expires_at ?? 'never'),
        key.last_used_at ?? 'never',
      ]);
      const header = ['ID', 'NAME', 'KEY', 'SCOPES', 'EXPIRES', 'LAST USED'];
      return done({ data: keys }, rows.length === 0 ? 'There is no key yet.' : textTable(header, rows, 80));
    }),
};

const keyRotate: Command = {
  name: 'key rotate',
  summary: 'Gives a key a new secret and shows it, once; the old one goes on working for a while.',
  operands: [{ name: 'ID', doc: 'the key' }],
  flags: {
    overlap: {
      value: 'TIME',
      doc: `How long the old secret works on: 0 to 24h; ${DEFAULT_OVERLAP} if left out. 0 ends all former ones.`,
    },
  },
  examples: ['key rotate key_… --overlap 0'],
  run: (context) => {
    const { args, clock } = context;
    const overlap = readOverlap(args.text('overlap') ?? DEFAULT_OVERLAP);
    if (overlap === null) throw invalid('--overlap must be a time from 0 to 24h, such as 30m.');
    return withStore(context, async (session) => {
      const key = keyOf(session, args.operand(0));
      const overlapUntil = clock.now() + overlap;
      const issued = await rotateKey(depsOf(session), key.id, overlapUntil);
      if (issued === null) throw notFound('key');
      if ('refused' in issued) throw notRotated(issued);
      await record(session.store, {
        action: 'key.rotated',
        siteId: key.siteId,
        objectId: key.id,
        before: { prefix: key.prefix },
        after: { prefix: issued.stored.prefix, former_works_until: overlap === 0 ? null : toTime(overlapUntil) },
      });
      const view = { ...issuedView(issued), old_key_valid_until: toTime(overlapUntil) };
      const former =
        overlap === 0 ? 'No former key works any more.' : `The old key works until ${toTime(overlapUntil)}.`;
      return done(view, `${issuedText(issued, session)}\n\n${former}`);
    });
  },
};

const keyRevoke: Command = {
  name: 'key revoke',
  summary: 'Ends a key. A running server refuses it within a second.',
  operands: [{ name: 'ID', doc: 'the key' }],
  flags: {},
  run: (context) =>
    withStore(context, async (session) => {
      const key = keyOf(session, context.args.operand(0));
      const revoked = await session.store.keys.revoke(key.id);
      if (revoked === null) throw notFound('key');
      if (key.revokedAt === null) {
        const before = keyValues(key);
        await record(session.store, { action: 'key.revoked', siteId: key.siteId, objectId: key.id, before });
      }
      return done(toKey(revoked), `Revoked: ${revoked.name} (${revoked.prefix}…)`);
    }),
};

export const keyCommands: readonly Command[] = [keyCreate, keyList, keyRotate, keyRevoke];

function notRotated(refusal: RotationRefusal): AppError {
  const instead =
    refusal.refused === 'overlapping'
      ? 'Rotate it again after that, or end all former ones at once: --overlap 0'
      : 'Make a new one: key create';
  return new AppError('conflict', `${rotationProblem(refusal)} ${instead}`);
}

const depsOf = ({ store, vault }: Session) => ({ keys: store.keys, vault });

function keyOf({ store }: Session, id: string | undefined): StoredKey {
  const key = store.keys.get(id ?? '');
  if (key === null) throw notFound('key');
  return key;
}

/** Spec 7, "One binary": what `key create --json` prints. */
function issuedView({ stored, key }: IssuedKey) {
  const { id, name, prefix, scopes, expires_at } = toKey(stored);
  return { id, name, prefix, scopes, expires_at, key };
}

function issuedText({ stored, key }: IssuedKey, { config }: Session): string {
  const pairs = textPairs([
    ['id', stored.id],
    ['name', stored.name],
    ['scopes', stored.scopes.join(', ')],
    ['expires', stored.expiresAt === null ? 'never' : toTime(stored.expiresAt)],
    ['key', key],
  ]);
  const advice = 'Keep the key now: it is not shown again.';
  if (!stored.scopes.includes('submissions:write')) return `${pairs}\n\n${advice}`;
  return `${pairs}\n\n${advice} Send a lead with it:\n\n${curlLine(publicUrlOf(config, config.port), key)}`;
}

function scopesOf(text: string): Scope[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const scopes = readScopes(words);
  if (scopes !== null) return scopes;
  const unknown = words.find((word) => !SCOPES.some((scope) => scope === word));
  const named = unknown === undefined ? '' : ` ${quoted(unknown)} is none of them.${didYouMean(unknown, SCOPES)}`;
  throw invalid(`--scopes must be one or more of ${SCOPES.join(', ')}, with commas between.${named}`);
}

/** When a key ends: a time from now, or a date; null: never. */
function expiryOf(text: string | undefined, nowMs: number): number | null {
  const expiry = readExpiry(text ?? 'never', nowMs);
  if (expiry !== null) return expiry.at;
  throw invalid('--expires must lie ahead: a time from now such as 90d, or a date such as 2027-01-31.');
}
