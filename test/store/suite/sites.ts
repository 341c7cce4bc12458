import { describe, expect, test } from 'bun:test';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept } from './accept.ts';

const MINUTE = 60_000;

export function describeSites(world: MakeWorld): void {
  describe('sites', () => {
    test('a site has defaults, is found and listed, and each of its settings can be changed alone', async () => {
      const { store, siteId } = await world();
      const site = store.sites.get(siteId);
      expect(site).toMatchObject({ name: 'Shop', client: null, timezone: 'UTC', syncEnabled: true, columns: null });
      expect(site?.endpointId).toMatch(/^[0-9a-z]{10}$/);
      const other = await store.sites.create({ name: 'Two', client: 'ACME', timezone: 'Asia/Kathmandu' });
      expect(store.sites.list().map(({ id }) => id)).toEqual([siteId, other.id]);
      const changes = [
        { name: 'Laden' },
        { client: 'Someone' },
        { client: null },
        { timezone: 'Europe/Berlin' },
        { syncEnabled: false },
        { columns: ['page_url', 'lead_id'] },
        { columns: null },
        { qualityChoices: ['A', 'B'] },
        { allowedDomains: ['example.com', '*.example.com'] },
      ];
      let expected = site;
      for (const change of changes) {
        expected = { ...(expected ?? other), ...change };
        expect(await store.sites.update(siteId, change)).toEqual(expected);
        expect(store.sites.get(siteId)).toEqual(expected);
      }
      expect(store.sites.get(other.id)).toEqual(other);
    });

    test('a site that is not there is null', async () => {
      const { store } = await world();
      expect(store.sites.get('site_none')).toBeNull();
      expect(await store.sites.update('site_none', { name: 'x' })).toBeNull();
      expect(store.sites.usage('site_none', 0)).toMatchObject({ submissions: 0, spam: 0, ignored: 0 });
    });

    // The last and first instants of a month: offsets of whole, half and quarter hours, and changes of the clock.
    test.each([
      ['UTC', '2026-10', '2026-11-01T00:00:00Z'],
      ['Asia/Kathmandu', '2026-10', '2026-10-31T18:15:00Z'],
      ['Asia/Kolkata', '2026-02', '2026-02-28T18:30:00Z'],
      ['Australia/Eucla', '2026-06', '2026-06-30T15:15:00Z'],
      ['Pacific/Kiritimati', '2025-12', '2025-12-31T10:00:00Z'],
      ['Etc/GMT+12', '2025-12', '2026-01-01T12:00:00Z'],
      ['America/New_York', '2026-10', '2026-11-01T04:00:00Z'],
      ['America/New_York', '2026-11', '2026-12-01T05:00:00Z'],
      ['Europe/Berlin', '2026-03', '2026-03-31T22:00:00Z'],
      ['Europe/Berlin', '2026-10', '2026-10-31T23:00:00Z'],
      ['Australia/Lord_Howe', '2026-04', '2026-04-30T13:30:00Z'],
      // Summer time begins at midnight of the first: the month has no 00:00.
      ['America/Asuncion', '2023-09', '2023-10-01T04:00:00Z'],
      ['Atlantic/Azores', '2026-10', '2026-11-01T01:00:00Z'],
    ])('in %s the month %s ends at %s', async (timezone, month, end) => {
      const boundary = Date.parse(end);
      const { store, clock, siteId } = await world(boundary - 2 * MINUTE);
      await store.sites.update(siteId, { timezone });
      await accept(store, siteId, newLead({ n: '1' }), newLead({ n: '2' }, { spamReason: 'links' }));
      clock.setTime(boundary + MINUTE);
      await accept(store, siteId, newLead({ n: '3' }));
      expect(store.sites.usage(siteId, boundary - 1)).toEqual({ month, submissions: 1, spam: 1, ignored: 0 });
      const next = store.sites.usage(siteId, boundary);
      expect(next).toMatchObject({ submissions: 1, spam: 0, ignored: 0 });
      expect(next.month > month).toBe(true);
    });

    test('leads of an ignored form are counted apart, and stay what they were counted as', async () => {
      const { store, clock, siteId } = await world();
      const usage = () => {
        const { submissions, spam, ignored } = store.sites.usage(siteId, clock.now());
        return [submissions, spam, ignored];
      };
      const [before] = await accept(store, siteId, newLead({ n: '1' }));
      const formId = before?.formId ?? '';
      await store.forms.update(siteId, formId, { ignored: true });
      const [during, junk] = await accept(store, siteId, newLead({ n: '2' }), newLead({ n: '3' }, { spamReason: 'x' }));
      expect(usage()).toEqual([1, 1, 1]);
      await store.leads.setSpam(siteId, before?.id ?? '', true);
      expect(usage()).toEqual([0, 2, 1]);
      await store.forms.update(siteId, formId, { ignored: false });
      await store.leads.setSpam(siteId, during?.id ?? '', true);
      expect(usage()).toEqual([0, 3, 0]);
      for (const lead of [before, during, junk]) await store.leads.setSpam(siteId, lead?.id ?? '', false);
      expect(usage()).toEqual([1, 0, 2]);
    });

    test('leads are counted by day of the site’s calendar, form and source', async () => {
      const { store, siteId, clock } = await world(Date.parse('2026-10-23T21:59:00Z'));
      await store.sites.update(siteId, { timezone: 'Europe/Berlin' });
      const take = (form: string, spamReason: string | null = null) =>
        accept(store, siteId, newLead({ A: '1' }, { form, spamReason }));
      const [first] = await take('Contact');
      clock.setTime(Date.parse('2026-10-23T22:00:00Z'));
      await take('Contact');
      await take('Contact', 'a test');
      await take('Other');
      const counted = (days: number) =>
        store.sites.daily(siteId, clock.now(), days).map(({ day, formId, submissions, spam }) => {
          return { day, own: formId === first?.formId, submissions, spam };
        });
      const today = [
        { day: '2026-10-24', own: true, submissions: 1, spam: 1 },
        { day: '2026-10-24', own: false, submissions: 1, spam: 0 },
      ];
      const byForm = (rows: typeof today) => rows.toSorted((a, b) => a.day.localeCompare(b.day) || +b.own - +a.own);
      expect(byForm(counted(1))).toEqual(today);
      expect(byForm(counted(30))).toEqual([{ day: '2026-10-23', own: true, submissions: 1, spam: 0 }, ...today]);
      expect(store.sites.daily('site_none', clock.now(), 30)).toEqual([]);
    });
  });
}
