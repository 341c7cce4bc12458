import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { Submission, type SubmissionCreate } from '../../src/contract/submission.ts';
import { formByName, type PrepareOptions, prepareSubmission } from '../../src/intake/prepare.ts';
import { adapterOf, sources } from '../../src/intake/sources/list.ts';
import { compileContract } from '../../src/intake/validate.ts';
import type { NewLead } from '../../src/store/store.ts';

const NOW = Date.UTC(2026, 10, 22, 14, 5);
const options: PrepareOptions = { source: 'rest_api', nowMs: NOW, overflow: 'refuse', defaultForm: 'API' };
const fields = { Email: 'a@b.example' };

function lead(input: SubmissionCreate, change: Partial<PrepareOptions> = {}): NewLead {
  const prepared = prepareSubmission(input, { ...options, ...change });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.details));
  return prepared.lead;
}
function refused(input: SubmissionCreate) {
  const prepared = prepareSubmission(input, options);
  return prepared.ok ? [] : prepared.details;
}

// biome-ignore format: a list of names
const BODY = [
  'fields', 'page_url', 'page_title', 'referrer', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content',
  'paid_source', 'click_id', 'browser', 'os', 'device_type', 'screen_size', 'language', 'timezone', 'files', 'metadata',
  'warnings',
] as const;
const bodyContract = compileContract(Type.Pick(Submission, [...BODY]));

describe('prepareSubmission', () => {
  test('a bare lead has every member, null where nothing is known', () => {
    const bare = lead({ fields });
    expect(Object.keys(bare.body).sort()).toEqual([...BODY].sort());
    expect(bare).toEqual({
      source: 'rest_api',
      form: { by: 'key', key: 'name:api', name: 'API' },
      submittedAt: null,
      spamReason: null,
      body: { ...Object.fromEntries(BODY.map((name) => [name, null])), fields, files: [], metadata: {}, warnings: [] },
    } as never);
  });

  test('takes over what is given, fills in what the address and the browser tell', () => {
    const { body, submittedAt } = lead({
      fields,
      page_url: 'https://x.example/?utm_source=news&gclid=G1&utm_medium=mail',
      page_title: '  Pricing\n| X ',
      referrer: 'https://y.example/',
      utm_medium: 'own',
      user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      os: 'Windows 11',
      screen_size: '1440x900',
      language: 'en-GB',
      timezone: 'Europe/Paris',
      submitted_at: '2026-11-22T15:05:00+01:00',
      metadata: { plan: { id: 7 } },
    });
    expect(body).toMatchObject({
      page_title: 'Pricing | X',
      referrer: 'https://y.example/',
      utm_source: 'news',
      utm_medium: 'own',
      click_id: 'G1',
      paid_source: 'google',
      browser: 'Firefox 140',
      os: 'Windows 11',
      device_type: 'desktop',
      metadata: { plan: { id: 7 } },
      warnings: [],
    });
    expect(submittedAt).toBe(NOW);
    expect(JSON.stringify(body)).not.toContain('Gecko');
  });

  test('null and empty texts count as absent', () => {
    const { body } = lead({
      fields,
      utm_source: '',
      page_title: null,
      click_id: '',
      page_url: '/?utm_source=x&gclid=y',
    });
    expect(body).toMatchObject({ utm_source: 'x', click_id: 'y', page_title: null });
  });

  test('texts beside the fields are cut and masked too, and named', () => {
    const card = '4111111111111111';
    const { body } = lead({
      fields,
      page_title: 'x'.repeat(10_001),
      utm_term: card,
      page_url: `/?token=hunter2&q=${card}&utm_content=4111%201111%201111%201111`,
      referrer: `/${'y'.repeat(20_000)}`,
      click_id: card,
    });
    expect(body).toMatchObject({ utm_term: '************1111', utm_content: '**** **** **** 1111', click_id: card });
    expect(body.page_url).toBe('/?q=************1111&utm_content=****%20****%20****%201111');
    expect([body.page_title?.length, body.referrer?.length]).toEqual([10_000, 10_000]);
    expect(body.warnings.map(({ code, field }) => `${code} ${field}`)).toEqual([
      'field_dropped page_url',
      'field_masked page_url',
      'field_cut page_title',
      'field_cut referrer',
      'field_masked utm_term',
    ]);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  test('a form is given by id, by name or not at all; never by both', () => {
    expect(lead({ fields, form_id: 'frm_x' }).form).toEqual({ by: 'id', id: 'frm_x' });
    expect(lead({ fields, form_id: null, form_name: ' Kontakt\u0000 ' }).form).toEqual({
      by: 'key',
      key: 'name:kontakt',
      name: 'Kontakt',
    });
    expect(refused({ fields, form_id: 'frm_x', form_name: 'y' })).toEqual([
      { path: '/form_name', message: 'can not go together with `form_id`: send one of them.' },
    ]);
    expect(refused({ fields, form_name: ' \u200b ' }).map((detail) => detail.path)).toEqual(['/form_name']);
  });

  test('names that differ in case or in how accents are encoded are one form', () => {
    const key = (name: string) => formByName(name);
    expect(key('CAFÉ')).toMatchObject({ key: 'name:café' });
    expect(key('cafe\u0301')).toMatchObject({ key: 'name:café', name: 'café' });
    // As in every locale but the Turkish one.
    expect(key('ISTANBUL')).toMatchObject({ key: 'name:istanbul' });
    expect(key('')).toBeNull();
  });

  test('submitted_at lies between the year 2000 and 24 hours from now', () => {
    const at = (ms: number) => ({ fields, submitted_at: new Date(ms).toISOString() });
    expect(lead(at(NOW + 86_400_000)).submittedAt).toBe(NOW + 86_400_000);
    expect(refused(at(NOW + 86_400_001))).toEqual([
      { path: '/submitted_at', message: 'must be at most 24 hours ahead.' },
    ]);
    expect(lead(at(Date.UTC(2000, 0, 1))).submittedAt).toBe(Date.UTC(2000, 0, 1));
    expect(refused(at(Date.UTC(2000, 0, 1) - 1))).toEqual([
      { path: '/submitted_at', message: 'must not be before the year 2000.' },
    ]);
    expect(refused({ fields, submitted_at: 'soon' }).map((detail) => detail.path)).toEqual(['/submitted_at']);
  });

  test('a lead without a field is refused; one whose fields were all dropped is kept, with warnings', () => {
    expect(refused({ fields: {} })).toEqual([{ path: '/fields', message: 'has no field: send at least one.' }]);
    const { body } = lead({ fields: { password: 'hunter2' } });
    expect([body.fields, body.warnings.length]).toEqual([{}, 1]);
  });

  test('all that is wrong is told at once', () => {
    const details = refused({ fields: { '': 1 }, form_id: 'a', form_name: 'b', submitted_at: 'c' });
    expect(details.map((detail) => detail.path)).toEqual(['/form_name', '/submitted_at', '/fields/']);
  });

  test('any request the contract takes becomes a body the contract shows, or is refused with a detail', () => {
    const text = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })));
    const requests = fc.record(
      {
        fields: fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
        page_url: text,
        referrer: text,
        page_title: text,
        utm_source: text,
        gclid: text,
        user_agent: text,
        metadata: fc.option(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { maxKeys: 5 })),
      },
      { requiredKeys: ['fields'] },
    );
    fc.assert(
      fc.property(requests, (request) => {
        const prepared = prepareSubmission(request, options);
        if (prepared.ok) expect(bodyContract.details(prepared.lead.body)).toEqual([]);
        else expect(prepared.details.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('sources', () => {
  test('each has a label, a policy and a form of its own, once', () => {
    expect(new Set(sources.map((source) => source.id)).size).toBe(sources.length);
    for (const source of sources) {
      expect(source.label).not.toBe('');
      expect(formByName(source.defaultForm)).not.toBeNull();
      expect(adapterOf(source.id)).toBe(source);
    }
    expect(sources[0]).toEqual({ id: 'rest_api', label: 'REST API', overflow: 'refuse', defaultForm: 'API' });
  });

  test('asking for one that is not there is a fault', () => {
    expect(() => adapterOf('no such source' as never)).toThrow('no adapter');
  });
});
