import { describe, expect, test } from 'bun:test';
import { readBody } from '../../src/intake/imports/file.ts';
import { MAX_FORMS, rowMapper } from '../../src/intake/imports/mapping.ts';
import { dateOrderOf, readTime } from '../../src/intake/imports/times.ts';
import { IMPORT_ENCODINGS, type ImportSettings } from '../../src/store/imports.ts';
import { allRows, cellsOf, encoded, examined } from './files.ts';

const targetsOf = ({ columns }: ImportSettings) =>
  Object.fromEntries(columns.map(({ name, target }) => [name, target]));

describe('what a file is', () => {
  const TEXT = 'Name;E-Mail;Notiz\r\nJürgen;alice@example.com;"a;b"\r\nZoë;bob@example.com;10 €\r\n';

  test.each(IMPORT_ENCODINGS.flatMap((encoding) => [false, true].map((mark) => [encoding, mark] as const)))(
    'its encoding is found: %s, with a byte order mark: %p',
    async (encoding, mark) => {
      if (mark && encoding === 'windows-1252') return;
      const { path, settings } = await examined(encoded((mark ? '\ufeff' : '') + TEXT, encoding));
      expect(settings).toMatchObject({ format: 'csv', encoding, separator: ';', header: true });
      expect(cellsOf(await allRows(path, settings))).toEqual([
        ['Name', 'E-Mail', 'Notiz'],
        ['Jürgen', 'alice@example.com', 'a;b'],
        ['Zoë', 'bob@example.com', '10 €'],
      ]);
    },
  );

  test('one byte far behind that is no UTF-8 makes it Windows-1252', async () => {
    const text = `a\n${'plain text\n'.repeat(60_000)}Jürgen\n`;
    const { path, settings } = await examined(encoded(text, 'windows-1252'));
    expect(settings.encoding).toBe('windows-1252');
    expect(cellsOf(await allRows(path, settings)).at(-1)).toEqual(['Jürgen']);
    expect((await examined(text)).settings.encoding).toBe('utf-8');
  });

  test.each([
    ['a,b\n1,2\n', ','],
    ['a;b\n"1,5";2\n1,2;3\n', ';'],
    ['a\tb\n1\t"x,y"\n', '\t'],
    ['a|b\n1|2', '|'],
    ['sep=;\r\na;b\r\n1;2\r\n', ';'],
    ['name\nAlice, Bob\nCarol\n', ','],
    ['note,name\n"a;b;c;d\n;;",Alice\n', ','],
  ])('%j is separated by %j', async (text, separator) => {
    const { settings, path } = await examined(text);
    expect([settings.format, settings.separator]).toEqual(['csv', separator]);
    const bodies: unknown[] = [];
    for await (const { rows } of readBody(path, settings)) bodies.push(...cellsOf(rows));
    expect(JSON.stringify(bodies)).not.toMatch(/sep=|"name"|"a"/);
  });

  test.each([
    ['{"data":[{"a":1},{"a":2}]}', 'json_wrapped', 2],
    ['\n{ "Submissions" :\n [\n {"a":1},\n {"a":{"b":[2]}} ] }\n', 'json_wrapped', 2],
    ['{"items":[{"sku":1}],"email":"alice@example.com"}', 'json_lines', 1],
    ['{"items":[{"sku":1}]}\n{"items":[{"sku":2}]}\n', 'json_lines', 2],
    ['{"tags":["a","b"]}', 'json_lines', 1],
    ['[{"a":1}]', 'json', 1],
    ['{\n"a":1\n}\n{\n"a":2\n}', 'json', 2],
  ] as const)('%j is %s with %i rows', async (text, format, many) => {
    const { settings, path } = await examined(text);
    expect(settings.format).toBe(format);
    expect((await allRows(path, settings)).map(({ kind }) => kind)).toEqual(Array(many).fill('object'));
  });

  test('a list far larger than what is looked at first is unwrapped; one with a further member behind it is not', async () => {
    const list = JSON.stringify(Array.from({ length: 30_000 }, (_, n) => ({ Name: `Alice ${n}`, Note: 'a "b" \\' })));
    const { settings, path } = await examined(`{"leads":${list}}`);
    expect(settings.columns.map(({ name }) => name)).toEqual(['Name', 'Note']);
    expect(await allRows(path, settings)).toHaveLength(30_000);
    expect((await examined(`{"leads":${list},"total":30000}`)).settings.format).toBe('json');
  });

  test('a header is told from leads; where there is none, columns have numbers', async () => {
    expect((await examined('Alice,alice@example.com\nBob,bob@example.com\n')).settings).toMatchObject({
      header: false,
      columns: [
        { name: 'Column 1', target: 'field:Column 1' },
        { name: 'Column 2', target: 'field:Column 2' },
      ],
    });
    expect((await examined('\n\nName,Phone\nAlice,+49 30 1234567\n')).settings.header).toBe(true);
    expect((await examined('Alice,2026-01-01\n')).settings.header).toBe(false);
    expect((await examined('Name,Phone\nAlice,1\n', { header: false })).settings.columns[0]?.name).toBe('Column 1');
  });

  test('JSON is told from CSV, an array from lines; members are columns, nested ones by their way', async () => {
    const lines = await examined('{"Name":"Alice","address":{"city":"Paris"}}\n{"Email":"a"}\n');
    expect(lines.settings).toMatchObject({ format: 'json_lines' });
    expect(lines.settings.columns.map(({ name }) => name)).toEqual(['Name', 'address.city', 'Email']);
    expect((await examined('\ufeff [ {"a": 1},\n {"b": 2} ]')).settings.format).toBe('json');
    expect((await examined('{\n "a": 1\n}\n{\n "a": 2\n}\n')).settings.format).toBe('json');
  });

  test('columns are guessed by their names, each part once; a known field keeps the name it has', async () => {
    const header = 'Date,E-Mail,Page URL,utm_source,Form,Created at,first name,Referer,gclid,Url,,submitted at';
    const { settings } = await examined(`${header}\nx\n`, {}, ['First Name', 'Phone']);
    expect(targetsOf(settings)).toEqual({
      Date: 'submitted_at',
      'E-Mail': 'field:Email',
      'Page URL': 'page_url',
      utm_source: 'utm_source',
      Form: 'form_name',
      'Created at': 'field:Created at',
      'first name': 'field:First Name',
      Referer: 'referrer',
      gclid: 'gclid',
      Url: 'field:Url',
      'Column 11': 'field:Column 11',
      'submitted at': 'field:submitted at',
    });
    const exact = await examined('Date,submitted_at\nx,y\n');
    expect(targetsOf(exact.settings)).toEqual({ Date: 'field:Date', submitted_at: 'submitted_at' });
  });

  test('what this server exports comes in again as it was', async () => {
    const lead = {
      ...{
        id: 'sub_1',
        form_id: 'frm_1',
        form_name: 'Contact',
        source: 'rest_api',
        fields: { Name: 'Alice', n: [1, 2] },
      },
      ...{ page_url: 'https://example.com/', utm_source: null, sync_status: 'synced', spam: false },
      submitted_at: '2026-01-02T03:04:05.000Z',
    };
    const { settings, sample } = await examined(`${JSON.stringify(lead)}\n`);
    expect(sample.map(rowMapper(settings))).toEqual([
      {
        lead: {
          fields: { Name: 'Alice', n: [1, 2] },
          form_name: 'Contact',
          page_url: 'https://example.com/',
          submitted_at: '2026-01-02T03:04:05.000Z',
        },
      },
    ]);
  });

  test('the order of day and month is told by days over 12', async () => {
    expect((await examined('Date,Name\n01/02/2026,x\n13/02/2026,y\n')).settings.dateOrder).toBe('dmy');
    expect((await examined('Date,Name\n01/02/2026,x\n02/13/2026,y\n')).settings.dateOrder).toBe('mdy');
    expect(dateOrderOf(['13/01/2026', '01/13/2026'])).toBeNull();
    expect(dateOrderOf(['01.02.2026'])).toBe('dmy');
  });
});

describe('times', () => {
  const berlin = { timezone: 'Europe/Berlin', dateOrder: 'dmy' } as const;
  test.each([
    ['2026-11-22T14:05:00+01:00', '2026-11-22T14:05:00+01:00'],
    ['2026-11-22 14:05:06', '2026-11-22T13:05:06.000Z'],
    ['2026-07-22 14:05', '2026-07-22T12:05:00.000Z'],
    ['2026-07-22T14:05:06.123', '2026-07-22T12:05:06.000Z'],
    ['2026-11-22', '2026-11-21T23:00:00.000Z'],
    ['22.11.2026 14:05', '2026-11-22T13:05:00.000Z'],
    ['22/11/26, 2:05 pm', '2026-11-22T13:05:00.000Z'],
    ['22 Nov 2026 12:05 AM', '2026-11-21T23:05:00.000Z'],
    ['November 22, 2026 at 14:05', '2026-11-22T13:05:00.000Z'],
    ['Sun, 22 Nov 2026', '2026-11-21T23:00:00.000Z'],
    ['2026-11-22 14:05:00 UTC', '2026-11-22T14:05:00+00:00'],
    ['2026-11-22 14:05:00+0100', '2026-11-22T14:05:00+01:00'],
    ['2026-11-22 14:05:00.5+01', '2026-11-22T14:05:00.5+01:00'],
    ['1795356300', '2026-11-22T14:05:00.000Z'],
    ['1795356300000', '2026-11-22T14:05:00.000Z'],
    // Twice, when clocks go back: the earlier one. Never, when they go forward: as if they had not.
    ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29 02:30', '2026-03-29T01:30:00.000Z'],
    ['31.02.2026', null],
    ['22.11.2026 25:00', null],
    ['22.11.2026 13:00 pm', null],
    ['yesterday', null],
    ['2026-13-01', null],
    ['', null],
  ])('%j is %j', (text, expected) => {
    expect(readTime(text, berlin)).toBe(expected as string);
  });

  test('month first where it is said', () => {
    expect(readTime('11/22/2026', { timezone: 'UTC', dateOrder: 'mdy' })).toBe('2026-11-22T00:00:00.000Z');
    expect(readTime('22/11/2026', { timezone: 'UTC', dateOrder: 'mdy' })).toBeNull();
  });
});

describe('rows as leads', () => {
  const leads = async (text: string, change: (settings: ImportSettings) => ImportSettings = (same) => same) => {
    const { settings, path } = await examined(text);
    const map = rowMapper(change(settings));
    const found: unknown[] = [];
    for await (const { rows } of readBody(path, settings)) found.push(...rows.map(map));
    return found;
  };

  test('short rows are taken, long ones refused unless what is too much is empty; blank ones are nothing', async () => {
    expect(await leads('Name,Email,Note\nAlice\n,,\n\nBob,b,c,,\nCarol,c,d,e\n')).toEqual([
      { lead: { fields: { Name: 'Alice' } } },
      null,
      null,
      { lead: { fields: { Name: 'Bob', Email: 'b', Note: 'c' } } },
      { problem: 'The row has more cells than the 3 columns. Put cells that hold the separator in quotes.' },
    ]);
  });

  test('columns of one name are a list; formulas are texts; a time that can’t be read says where', async () => {
    expect(await leads('Date,Tag,Tag\n2026-01-02,=1+1,@b\nsoon,x,\n')).toEqual([
      { lead: { submitted_at: '2026-01-02T00:00:00.000Z', fields: { Tag: ['=1+1', '@b'] } } },
      { problem: 'Date is no time that can be read. Write it as 2026-11-22T14:05:00Z or 2026-11-22 14:05.' },
    ]);
  });

  test('a column left out, renamed, or taken for the device', async () => {
    const change = (settings: ImportSettings) => ({
      ...settings,
      columns: [
        { name: 'A', target: '' },
        { name: 'B', target: 'field:Better' },
        { name: 'C', target: 'device_type' },
      ],
    });
    expect(await leads('A,B,C\n1,2,Mobile\n1,2,fridge\n1,,\n', change)).toEqual([
      { lead: { fields: { Better: '2' }, device_type: 'mobile' } },
      { problem: 'C must be one of desktop, mobile, tablet, other.' },
      null,
    ]);
  });

  test('a column that makes a form of each row is found out', async () => {
    const rows = Array.from({ length: MAX_FORMS + 1 }, (_, i) => `Alice,Form ${i}\n`).join('');
    const found = await leads(`Name,Form\n${rows}Bob,Form 1\n`);
    expect(found.at(MAX_FORMS)).toEqual({
      problem: `The file names more than ${MAX_FORMS} forms. Choose another column for the form.`,
    });
    expect(found.at(-1)).toMatchObject({ lead: { form_name: 'Form 1' } });
  });
});
