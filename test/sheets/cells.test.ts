import { describe, expect, test } from 'bun:test';
import {
  type Cell,
  CUT_MARK,
  cellOf,
  cellText,
  isoLocal,
  MAX_CELL_TEXT,
  serialDate,
  wallClock,
  zoneOf,
} from '../../src/sheets/cells.ts';
import { fieldKey, newTabColumns, OTHER_KEY, SYSTEM_COLUMNS } from '../../src/sheets/columns.ts';
import { lead, site } from './samples.ts';

const field = (value: Parameters<typeof lead>[0][string]): Cell => cellOf(lead({ F: value }), 'f:F', [], site());

describe('a form field', () => {
  test('that is text stays the text it was', () => {
    for (const text of [
      '007',
      '+44 20',
      '=1+1',
      '1/2',
      '👍🏽',
      'a\nb\r\nc',
      "'x",
      ' x ',
      '"q"',
      'שלום, עולם',
      'TRUE',
    ]) {
      expect(field(text)).toEqual({ kind: 'text', text });
    }
  });

  test('that is empty or absent gives an empty cell', () => {
    for (const value of ['', null, [], [null, '']]) expect(field(value)).toBeNull();
    expect(cellOf(lead({}), 'f:F', [], site())).toBeNull();
    expect(cellOf(lead({}), 'f:constructor', [], site())).toBeNull();
  });

  test('that files came with shows their links, one a line, below what was typed', () => {
    const fileOf = (field: string, name: string) => ({
      field,
      name,
      size: 1,
      content_type: 'application/pdf',
      url: `https://leads.example.com/files/${name}?sig=0`,
    });
    const files = [fileOf('CV', 'a'), fileOf('Other', 'b'), fileOf('CV', 'c')];
    const sent = lead({ CV: 'see below', Name: 'Alice' });
    const withFiles = { ...sent, body: { ...sent.body, files } };
    const url = (name: string) => `https://leads.example.com/files/${name}?sig=0`;
    const shown = (key: string, columns: { key: string }[] = []) => cellText(cellOf(withFiles, key, columns, site()));
    expect(shown('f:CV')).toBe(`see below\n${url('a')}\n${url('c')}`);
    expect(shown('f:Other')).toBe(url('b'));
    expect(shown('f:Name')).toBe('Alice');
    expect(shown(OTHER_KEY, [{ key: 'f:CV' }])).toBe(`Name: Alice\nOther: ${url('b')}`);
    expect(newTabColumns(site(), [withFiles], []).map(({ key }) => key)).toContain('f:Other');
  });

  test('that is a number is one as far as a sheet can hold it', () => {
    for (const number of [0, -1.5, 1e-7, 2 ** 53 - 1]) expect(field(number)).toEqual({ kind: 'number', number });
    expect(field(2 ** 53)).toEqual({ kind: 'text', text: '9007199254740992' });
    expect(field(-1e300)).toEqual({ kind: 'text', text: '-1e+300' });
  });

  test('that is true or false is a truth value', () => {
    expect(field(false)).toEqual({ kind: 'bool', bool: false });
  });

  test('that is a list shows its items, without empty ones', () => {
    expect(field(['a', null, 2, true, ''])).toEqual({ kind: 'text', text: 'a, 2, true' });
  });

  test('called like a member of every object is a field like any other', () => {
    const odd = lead(JSON.parse('{"__proto__":"p","constructor":"c"}'));
    expect(cellText(cellOf(odd, fieldKey('__proto__'), [], site()))).toBe('p');
    expect(cellText(cellOf(odd, fieldKey('constructor'), [], site()))).toBe('c');
  });
});

describe('a text too long for a cell', () => {
  const textOf = (text: string) => cellText(field(text));

  test('is cut with a visible mark, to 49,900 in all', () => {
    const cut = textOf('x'.repeat(60_000));
    expect(cut).toHaveLength(MAX_CELL_TEXT);
    expect(cut.endsWith(CUT_MARK)).toBe(true);
    expect(textOf('x'.repeat(MAX_CELL_TEXT))).toBe('x'.repeat(MAX_CELL_TEXT));
  });

  test('is never cut through a character, whatever the offset', () => {
    for (const offset of ['', 'x']) {
      const cut = textOf(offset + '😀'.repeat(30_000));
      expect(cut.isWellFormed()).toBe(true);
      expect(cut.slice(0, -CUT_MARK.length)).toMatch(/^x?(?:😀)+$/u);
      expect(cut.length).toBeGreaterThanOrEqual(MAX_CELL_TEXT - 1);
    }
  });

  test('half a surrogate pair becomes U+FFFD', () => {
    expect(textOf('a\ud83dz')).toBe('a�z');
  });
});

describe('our own columns', () => {
  const judged = lead(
    { Email: 'a@example.com' },
    { page_url: 'https://example.com/', utm_source: 'news', device_type: 'mobile', timezone: 'Asia/Kolkata' },
    {
      quality: 'Good',
      submittedAt: Date.UTC(2026, 10, 22, 14, 5, 9),
      judgement: {
        score: 'hot',
        score_reason: 'asks for a price',
        summary: 'wants two',
        enrichment: {
          match_confidence: 0.75,
          company: 'Example Ltd',
          job_title: null,
          linkedin_url: 'https://www.linkedin.com/in/example',
          industry: null,
          company_size: '11-50',
          country: 'IN',
        },
      },
    },
  );

  test('show what the lead says, each under its own header', () => {
    const shown = Object.fromEntries(
      SYSTEM_COLUMNS.map(({ key, header }) => [header, cellText(cellOf(judged, key, [], site()))]),
    );
    expect(Object.fromEntries(Object.entries(shown).filter(([, text]) => text !== ''))).toEqual({
      'Lead Quality': 'Good',
      'Submitted at': '2026-11-22 19:35:09',
      'Page URL': 'https://example.com/',
      'Lead Score': 'hot',
      'Lead Score Reason': 'asks for a price',
      'Lead Summary': 'wants two',
      'Match Confidence': '0.75',
      Company: 'Example Ltd',
      LinkedIn: 'https://www.linkedin.com/in/example',
      'Company Size': '11-50',
      Country: 'IN',
      'UTM Source': 'news',
      'Device Type': 'mobile',
      Timezone: 'Asia/Kolkata',
      'Lead ID': judged.id,
    });
  });

  test('every one of them can show something', () => {
    const all = lead(
      {},
      {
        page_url: 'x',
        referrer: 'x',
        utm_source: 'x',
        utm_medium: 'x',
        utm_campaign: 'x',
        utm_term: 'x',
        utm_content: 'x',
        paid_source: 'meta',
        click_id: 'x',
        browser: 'x',
        os: 'x',
        device_type: 'other',
        screen_size: 'x',
        language: 'x',
        timezone: 'UTC',
      },
      {
        quality: 'x',
        judgement: {
          score: 'cold',
          score_reason: 'x',
          summary: 'x',
          enrichment: {
            match_confidence: 0,
            company: 'x',
            job_title: 'x',
            linkedin_url: 'x',
            industry: 'x',
            company_size: 'x',
            country: 'x',
          },
        },
      },
    );
    const empty = SYSTEM_COLUMNS.filter(({ key }) => cellOf(all, key, [], site()) === null);
    expect(empty).toEqual([]);
  });

  test('are empty before the lead was judged, and for a key nobody knows', () => {
    expect(cellOf(lead({}), 's:match_confidence', [], site())).toBeNull();
    expect(cellOf(lead({}), 's:no_such_column', [], site())).toBeNull();
  });
});

describe('Other fields', () => {
  test('holds exactly the fields without a column, one a line', () => {
    const names = Array.from({ length: 202 }, (_, i) => `F${i}`);
    const columns = newTabColumns(site(), [], names);
    const full = lead({ F0: 'zero', F200: 'a, b', F201: ['x', 'y'], F199: 1, More: false });
    expect(cellText(cellOf(full, OTHER_KEY, columns, site()))).toBe('F200: a, b\nF201: x, y\nMore: false');
    expect(cellOf(lead({ F0: 'zero', More: '' }), OTHER_KEY, columns, site())).toBeNull();
  });
});

describe('times', () => {
  const newYork = 'America/New_York';
  // 2026-03-08 02:00 is skipped in New York, 2026-11-01 01:00 to 02:00 comes twice.
  const beforeSpring = Date.UTC(2026, 2, 8, 6, 59, 59);
  const firstTime = Date.UTC(2026, 10, 1, 5, 30, 0);

  test('are shown as the wall clock of the zone, over both changes of the year', () => {
    expect(isoLocal(beforeSpring, newYork)).toBe('2026-03-08 01:59:59');
    expect(isoLocal(beforeSpring + 1000, newYork)).toBe('2026-03-08 03:00:00');
    expect(isoLocal(firstTime, newYork)).toBe('2026-11-01 01:30:00');
    expect(isoLocal(firstTime + 3_600_000, newYork)).toBe('2026-11-01 01:30:00');
    expect(wallClock(Date.UTC(2026, 11, 31, 23, 59, 59), 'Pacific/Kiritimati')).toEqual({
      year: 2027,
      month: 1,
      day: 1,
      hour: 13,
      minute: 59,
      second: 59,
    });
  });

  test('follow a change in the middle of an hour', () => {
    // Newfoundland moved its clocks at one minute past midnight until 2011.
    const change = Date.UTC(2010, 2, 14, 3, 31, 0);
    expect(isoLocal(change - 1000, 'America/St_Johns')).toBe('2010-03-14 00:00:59');
    expect(isoLocal(change, 'America/St_Johns')).toBe('2010-03-14 01:01:00');
  });

  test('as serial numbers count days from 1899-12-30', () => {
    expect(serialDate(0, 'UTC')).toBe(25_569);
    expect(serialDate(Date.UTC(2026, 10, 22, 12), 'UTC')).toBe(46_348.5);
    expect(serialDate(Date.UTC(2026, 10, 22, 12), 'Asia/Tokyo')).toBe(46_348.875);
  });

  test('go by the visitor’s zone where it is real, else the site’s, else UTC', () => {
    const paris = site({ timezone: 'Europe/Paris' });
    expect(zoneOf(lead({}, { timezone: 'Asia/Tokyo' }), paris)).toBe('Asia/Tokyo');
    expect(zoneOf(lead({}, { timezone: 'Mars/Olympus' }), paris)).toBe('Europe/Paris');
    expect(zoneOf(lead({}), paris)).toBe('Europe/Paris');
    expect(zoneOf(lead({}), site({ timezone: 'nowhere' }))).toBe('UTC');
    expect(isoLocal(0, 'nowhere')).toBe('1970-01-01 00:00:00');
  });

  test('agree with Intl everywhere, minute cache or not', () => {
    for (const zone of ['Europe/London', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/Sao_Paulo']) {
      for (let day = 0; day < 800; day += 13) {
        const ms = Date.UTC(2025, 0, 1) + day * 86_400_000 + day * 61_003;
        const expected = new Date(ms).toLocaleString('sv-SE', { timeZone: zone });
        expect(isoLocal(ms, zone)).toBe(expected);
        expect(isoLocal(ms + 1, zone)).toBe(new Date(ms + 1).toLocaleString('sv-SE', { timeZone: zone }));
      }
    }
  });
});
