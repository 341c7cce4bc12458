import { describe, expect, test } from 'bun:test';
import { type ArgSpec, parseArgs } from '../../src/cli/args.ts';
import { parseDuration } from '../../src/lib/duration.ts';
import { editDistance, nearestName } from '../../src/lib/near.ts';
import { textPairs, textTable } from '../../src/lib/text-table.ts';
import { timeZoneOf } from '../../src/lib/time-zone.ts';

const SPEC: ArgSpec = {
  flags: {
    name: { value: 'NAME', doc: '', required: true },
    site: { value: 'ID', doc: '' },
    json: { doc: '' },
  },
  operands: [{ name: 'ID', doc: 'the thing', optional: true }],
};

function good(...words: string[]) {
  const result = parseArgs(words, SPEC);
  if (!result.ok) throw new Error(result.problem);
  return result.args;
}

function problem(...words: string[]): string {
  const result = parseArgs(words, SPEC);
  return result.ok ? '' : result.problem;
}

describe('flags', () => {
  test('both ways of giving a value, in any order with words between', () => {
    const args = good('--site=s=1', 'thing', '--json', '--name', 'My site');
    expect([args.text('site'), args.text('name'), args.operand(0)]).toEqual(['s=1', 'My site', 'thing']);
    expect([args.on('json'), args.on('site'), args.on('help')]).toEqual([true, true, false]);
  });

  test('a lone dash is a value and a word: it stands for stdin', () => {
    expect(good('--name', '-', '-').operand(0)).toBe('-');
    expect(good('--name', '-').text('name')).toBe('-');
  });

  test('after -- everything is a word', () => {
    expect(good('--name', 'x', '--', '--json').operand(0)).toBe('--json');
  });

  const wrong: [words: string[], sentence: string][] = [
    [['--nam', 'x'], 'There is no flag --nam. Did you mean --name?'],
    [['-n', 'x'], 'There is no flag -n.'],
    [['--name'], '--name needs a value: --name NAME'],
    [['--name', '--json'], '--name needs a value: --name NAME'],
    [['--name='], '--name needs a value: --name NAME'],
    [['--name', 'x', '--name', 'y'], '--name is given twice.'],
    [['--name', 'x', '--json=yes'], '--json takes no value.'],
    [['--site', 'x'], '--name is missing: --name NAME'],
    [['--name', 'x', 'one', 'two'], 'This command takes no further word; it was given "two".'],
    [['--toString', 'x'], 'There is no flag --toString.'],
  ];
  test.each(wrong)('%p is refused in a sentence', (words, sentence) => {
    expect(problem(...words)).toBe(sentence);
  });

  test('the last word may stand for many', () => {
    const many: ArgSpec = { flags: { yes: { doc: '' } }, operands: [{ name: 'ID', doc: '', repeats: true }] };
    const result = parseArgs(['a', '--yes', 'b', '--', '--c'], many);
    expect(result.ok ? result.args.operands : result.problem).toEqual(['a', 'b', '--c']);
    expect(parseArgs([], many)).toMatchObject({ ok: false, problem: expect.stringContaining('ID is missing') });
  });

  test('a missing word is named', () => {
    const result = parseArgs([], { flags: {}, operands: [{ name: 'ID', doc: 'the key' }] });
    expect(result).toEqual({ ok: false, problem: 'ID is missing: the key' });
  });

  test('what follows an unknown flag is not repeated: it may be a secret', () => {
    expect(problem('--secret=hunter2')).not.toContain('hunter2');
  });
});

test('near names: one slip is forgiven, a swap counts as one, far ones are not offered', () => {
  expect(editDistance('LTS_PROT', 'LTS_PORT')).toBe(1);
  expect(editDistance('', 'abc')).toBe(3);
  expect(nearestName('sit', ['key', 'site', 'lead'])).toBe('site');
  expect(nearestName('zebra', ['key', 'site', 'lead'])).toBeNull();
  expect(nearestName('x'.repeat(1_000_000), ['key'])).toBeNull();
});

test('durations', () => {
  expect(['0', '30m', '12h', '90d', '1y'].map(parseDuration)).toEqual([
    0, 1_800_000, 43_200_000, 7_776_000_000, 31_536_000_000,
  ]);
  expect(['', '12', '-1h', '1.5h', '1 h x', '9999999d', 'h'].map(parseDuration)).toEqual(Array(7).fill(null));
});

test('time zones are those of the database, in its spelling; offsets are none', () => {
  expect(['europe/paris', 'UTC', 'utc', 'America/Argentina/Buenos_Aires'].map(timeZoneOf)).toEqual([
    'Europe/Paris',
    'UTC',
    'UTC',
    'America/Argentina/Buenos_Aires',
  ]);
  expect(['+02:00', 'Europe/Pari', '', 'Mars/Base', '../etc'].map(timeZoneOf)).toEqual(Array(5).fill(null));
});

describe('tables on a terminal', () => {
  test('columns line up by what is seen, wide characters included', () => {
    expect(
      textTable(
        ['A', 'B'],
        [
          ['日本', 'x'],
          ['1', ''],
        ],
      ),
    ).toBe('A     B\n日本  x\n1');
  });

  test('text from strangers can neither break the line nor steer the terminal', () => {
    const hostile = 'a\u001b[31mred\nb\u202eevil\u0007';
    expect(textTable(['H'], [[hostile]])).toBe('H\na [31mred b evil');
    expect(textPairs([['k', hostile]])).toBe('k  a [31mred b evil');
  });

  test('long cells are cut with a mark', () => {
    expect(textTable(['H'], [['abcdef']], 4)).toBe('H\nabc…');
  });
});
