import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { SOURCES } from '../../src/contract/source.ts';
import { SOURCE_WORDS } from '../../src/http/admin/lead-words.ts';
import { createIntake, type Intake } from '../../src/intake/accept.ts';
import { sources } from '../../src/intake/sources/list.ts';
import { createSpamCheck } from '../../src/intake/spam/check.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { AppError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type TestApp, testApp } from '../support/app.ts';

/*
 * The law for every way in: one intake, whatever a lead came by. What is particular to a source (its address, its
 * signature, how its body is read) has tests of its own; what all have in common is here, and walks the list.
 */

let api: TestApp;
let intake: Intake;
const told: string[] = [];
beforeAll(async () => {
  api = await testApp();
  intake = createIntake({
    store: api.store,
    clock: systemClock,
    log: silentLog,
    spam: createSpamCheck({ store: api.store, vault: api.vault, clock: systemClock }),
    onStored: (siteId) => told.push(siteId),
  });
});
afterAll(() => api.close());

test('each source is in the list once, with words for it', () => {
  const ids = sources.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, label, defaultForm } of sources) {
    expect(SOURCES).toContain(id);
    expect(SOURCE_WORDS[id].trim()).not.toBe('');
    expect([label.trim() === label && label !== '', defaultForm.trim() !== '']).toEqual([true, true]);
  }
});

describe.each(sources.map((adapter) => [adapter.id, adapter] as const))('%s', (id, adapter) => {
  const context = (idempotencyKey: string | null = null) => ({ siteId: api.site.id, source: id, idempotencyKey });
  const submit = (fields: Record<string, unknown>, key: string | null = null) =>
    intake.submit({ fields, page_url: 'https://example.com/?utm_source=news&token=abc' }, context(key));

  test('a lead is on disk before it is answered, cleaned, with its source, on its form, and the sheet is told', async () => {
    told.length = 0;
    const { lead, replayed } = await submit({
      Name: ' Alice\u0000 ',
      password: 'hunter2',
      Card: '4111 1111 1111 1111',
    });
    expect(replayed).toBe(false);
    expect(api.store.leads.get(api.site.id, lead.id)).toEqual(lead);
    expect(lead).toMatchObject({ source: id, formName: adapter.defaultForm, spam: false, syncStatus: 'pending' });
    expect(JSON.stringify(lead)).not.toMatch(/hunter2|4111 1111|token=abc|\\u0000/);
    expect(lead.body.utm_source).toBe('news');
    expect(lead.body.warnings.map(({ code }) => code)).toContain('field_dropped');
    expect(told).toEqual([api.site.id]);
  });

  test('more fields than a lead may have: refused, or the first are kept with a warning', async () => {
    const fields = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, 'x']));
    const outcome = await submit(fields).catch((error: unknown) => error);
    if (adapter.overflow === 'refuse') {
      expect(outcome).toBeInstanceOf(AppError);
      expect((outcome as AppError).code).toBe('validation_error');
      return;
    }
    const { lead } = outcome as Awaited<ReturnType<Intake['submit']>>;
    expect(Object.keys(lead.body.fields)).toHaveLength(200);
    expect(lead.body.warnings.map(({ code }) => code)).toContain('too_many_fields');
  });

  test('only what anybody may send is looked through for spam', async () => {
    const { lead } = await submit({ message: '[url=https://spam.example]x[/url]' });
    expect(lead.spam).toBe(adapter.isOpen === true);
    expect(adapter.isOpen === true).toBe(['form_endpoint', 'hosted_form', 'sdk'].includes(id));
  });

  test('the same key and body are one lead, another body with it is refused', async () => {
    const key = `conformance-${id}`;
    const first = await submit({ Name: 'Bob' }, key);
    const again = await submit({ Name: 'Bob' }, key);
    expect([again.replayed, again.lead.id]).toEqual([true, first.lead.id]);
    const other = await submit({ Name: 'Carol' }, key).catch((error: unknown) => error);
    expect((other as AppError).code).toBe('idempotency_key_reused');
  });

  test('what a source takes for spam is kept, and goes nowhere', async () => {
    const { lead } = await intake.submit({ fields: { Name: 'x' } }, { ...context(), spamReason: 'It is a test.' });
    expect(lead).toMatchObject({ spam: true, spamReason: 'It is a test.', syncStatus: 'skipped', sheetTab: null });
  });

  test('a form of its own wins over the default, a name over both', async () => {
    const form = { by: 'key', key: `endpoint:${id}`, name: `Page of ${id}` } as const;
    const unnamed = await intake.submit({ fields: { a: '1' } }, { ...context(), form });
    expect(unnamed.lead.formName).toBe(`Page of ${id}`);
    const named = await intake.submit({ fields: { a: '1' }, form_name: `Named by ${id}` }, { ...context(), form });
    expect(named.lead.formName).toBe(`Named by ${id}`);
  });
});
