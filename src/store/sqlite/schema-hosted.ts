import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { CaptchaKind } from '../../contract/captcha.ts';
import type { HostedForm } from '../../contract/hosted-form.ts';

/* The tables of hosted forms and captchas as drizzle sees them; `schema.ts` lists them with the others. */

export const hostedForm = sqliteTable('hosted_form', {
  endpointId: text('endpoint_id').primaryKey(),
  siteId: text('site_id').notNull(),
  published: integer('published', { mode: 'boolean' }).notNull(),
  form: text('form', { mode: 'json' }).$type<HostedForm>().notNull(),
  updatedAt: integer('updated_at').notNull(),
});

export const captcha = sqliteTable('captcha', {
  siteId: text('site_id').primaryKey(),
  kind: text('kind').$type<CaptchaKind>().notNull(),
  siteKey: text('site_key').notNull(),
  secretSealed: text('secret_sealed').notNull(),
});

export const HOSTED_TABLES = { hostedForm, captcha };
