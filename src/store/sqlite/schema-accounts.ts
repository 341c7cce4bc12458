import { integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core';
import type { Role } from '../../contract/user.ts';
import type { Actor, AuditAction, AuditValues, LinkKind, StoredSession } from '../accounts.ts';

/* The tables of accounts as drizzle sees them; `schema.ts` lists them with the others. */

const flag = (name: string) => integer(name, { mode: 'boolean' });
const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>();

export const user = sqliteTable('user', {
  id: text('id').primaryKey(),
  email: text('email').notNull(),
  emailKey: text('email_key').notNull(),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  disabled: flag('disabled').notNull(),
  passwordHash: text('password_hash'),
  totpSecret: text('totp_secret'),
  totpPending: text('totp_pending'),
  totpStep: integer('totp_step').notNull(),
  createdAt: integer('created_at').notNull(),
  lastSignInAt: integer('last_sign_in_at'),
});

export const userSite = sqliteTable(
  'user_site',
  { userId: text('user_id').notNull(), siteId: text('site_id').notNull() },
  (table) => [primaryKey({ columns: [table.userId, table.siteId] })],
);

export const recoveryCode = sqliteTable(
  'recovery_code',
  { userId: text('user_id').notNull(), hash: text('hash').notNull() },
  (table) => [primaryKey({ columns: [table.userId, table.hash] })],
);

export const passkey = sqliteTable('passkey', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  credentialId: text('credential_id').notNull(),
  publicKey: text('public_key').notNull(),
  counter: integer('counter').notNull(),
  transports: json<string[]>('transports').notNull(),
  name: text('name').notNull(),
  createdAt: integer('created_at').notNull(),
  lastUsedAt: integer('last_used_at'),
});

export const session = sqliteTable('session', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  tokenHash: text('token_hash').notNull(),
  state: text('state').$type<StoredSession['state']>().notNull(),
  browser: text('browser'),
  os: text('os'),
  addressHash: text('address_hash'),
  createdAt: integer('created_at').notNull(),
  lastSeenAt: integer('last_seen_at').notNull(),
  authenticatedAt: integer('authenticated_at').notNull(),
  method: text('method').$type<StoredSession['method']>().notNull(),
});

export const identity = sqliteTable(
  'identity',
  {
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    userId: text('user_id').notNull(),
    email: text('email'),
    createdAt: integer('created_at').notNull(),
    lastUsedAt: integer('last_used_at'),
  },
  (table) => [primaryKey({ columns: [table.issuer, table.subject] }), unique().on(table.userId, table.issuer)],
);

export const oneTimeLink = sqliteTable('one_time_link', {
  id: text('id').primaryKey(),
  kind: text('kind').$type<LinkKind>().notNull(),
  tokenHash: text('token_hash').notNull(),
  userId: text('user_id'),
  email: text('email'),
  role: text('role').$type<Role>(),
  siteIds: json<string[]>('site_ids').notNull(),
  dropsSecondFactor: flag('drops_second_factor').notNull(),
  createdBy: text('created_by'),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  usedAt: integer('used_at'),
  revokedAt: integer('revoked_at'),
});

export const audit = sqliteTable('audit', {
  id: text('id').primaryKey(),
  createdAt: integer('created_at').notNull(),
  actorKind: text('actor_kind').$type<Actor['kind']>().notNull(),
  actorId: text('actor_id'),
  actorName: text('actor_name'),
  addressHash: text('address_hash'),
  action: text('action').$type<AuditAction>().notNull(),
  objectId: text('object_id'),
  siteId: text('site_id'),
  before: json<AuditValues>('before'),
  after: json<AuditValues>('after'),
});

export const ACCOUNT_TABLES = { user, userSite, recoveryCode, passkey, session, identity, oneTimeLink, audit };
