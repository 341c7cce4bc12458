import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { compileMapping, leavesToMap, mappingProblems } from '../../src/intake/hooks/mapping.ts';
import { type PathStep, parsePath, pathText, valueAt } from '../../src/intake/hooks/path.ts';

function at(body: unknown, text: string): unknown {
  const parsed = parsePath(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return valueAt(body, parsed.path);
}

describe('paths', () => {
  const body = {
    data: { contact: { email: 'alice@example.com' }, 'First name': 'Alice' },
    answers: [{ text: 'a', id: 1 }, { text: 'b' }, { id: 3 }],
    grid: [[1, 2], [3]],
    'a.b': { '"x"': 7 },
    empty: [],
    zero: 0,
    none: null,
  };
  const found: readonly (readonly [string, unknown])[] = [
    ['data.contact.email', 'alice@example.com'],
    ['$.data.contact.email', 'alice@example.com'],
    ['data.First name', 'Alice'],
    ['data["First name"]', 'Alice'],
    ['["a.b"]["\\"x\\""]', 7],
    ['answers[*].text', ['a', 'b']],
    ['answers[0].text', 'a'],
    ['answers[2].text', undefined],
    ['answers[9].text', undefined],
    ['answers.text', undefined],
    ['grid[*][*]', [1, 2, 3]],
    ['grid[1][0]', 3],
    ['empty[*].x', undefined],
    ['zero', 0],
    ['none', null],
    ['none.x', undefined],
    ['data', body.data],
  ];
  test.each(found)('%s', (path, value) => {
    expect(at(body, path)).toEqual(value);
  });

  test('a path into a list itself', () => {
    expect([at([{ x: 1 }], '[0].x'), at([{ x: 1 }, { x: 2 }], '$[*].x')]).toEqual([1, [1, 2]]);
  });

  test.each([
    '__proto__',
    'constructor',
    'constructor.prototype',
    'toString',
    'data.__proto__',
    'answers.length',
    'hasOwnProperty',
  ])('nothing inherited is reached by %s', (path) => {
    expect(at(body, path)).toBeUndefined();
  });

  test('a member of that name is a member like any other', () => {
    expect(at(JSON.parse('{"__proto__":{"x":1}}'), '__proto__.x')).toBe(1);
  });

  const bad: readonly (readonly [string, string])[] = [
    ['', 'Say where'],
    ['  ', 'Say where'],
    ['$', 'Say where'],
    ['.a', 'does not begin with a dot'],
    ['a.', 'ends with a dot'],
    ['a..b', 'A name is missing before `.b`'],
    ['a[b]', '`[b]` is not a step'],
    ['a[-1]', '`[-1]` is not a step'],
    ['a[', '`[` is not a step'],
    ['a[0', '`[0` is not a step'],
    ['a["b]', 'is not a step'],
    ['a["\\q"]', 'is not a step'],
    ['a[0]b', 'a dot or a bracket missing before `b`'],
    ['a]', 'missing before `]`'],
    ['a"b"', 'missing before `"b"`'],
    ['a.b.'.repeat(40).slice(0, -1), 'at most 32 steps'],
    ['a'.repeat(301), 'at most 300 characters'],
  ];
  test.each(bad)('%p is refused in words', (path, words) => {
    const parsed = parsePath(path);
    expect(parsed.ok ? 'taken' : parsed.message).toContain(words);
  });

  test('what is written is read as the same steps, and no text makes the reader fail', () => {
    const step: fc.Arbitrary<PathStep> = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }).map((name) => ({ name })),
      fc.nat(999_999).map((index) => ({ index })),
      fc.constant({ all: true } as const),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (path) => {
        const text = pathText(path);
        fc.pre(text.length <= 300);
        expect(parsePath(text)).toEqual({ ok: true, path });
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '.', '[', ']', '"', '*', '0', ' ', '$', '\\') }),
        fc.json(),
        (text, json) => {
          const parsed = parsePath(text);
          if (parsed.ok) valueAt(JSON.parse(json), parsed.path);
          else expect(parsed.message).not.toBe('');
        },
      ),
    );
  });

  test('each leaf that a page shows is found by its path', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json);
        for (const leaf of leavesToMap(value))
          if (leaf.path.length <= 300) expect(at(value, leaf.path)).toEqual(leaf.value);
      }),
    );
  });
});

describe('mappings', () => {
  const map = (rows: [string, string][], rest: boolean, body: unknown) =>
    compileMapping({ rows: rows.map(([field, path]) => ({ field, path })), rest })(body);

  test('without rows the whole body is the lead; a bare value is one field', () => {
    const body = { a: { b: 1 } };
    expect([map([], false, body), map([], true, body), map([], false, 7)]).toEqual([body, body, { value: 7 }]);
  });

  test('rows without a value make no field, two of one field a list; an own name wins over the rest', () => {
    const body = { first: 'A', last: 'B', Name: 'other', x: { y: 1, z: 2 } };
    const rows: [string, string][] = [
      ['Name', 'first'],
      ['Name', 'last'],
      ['No', 'no.where'],
    ];
    expect(map(rows, false, body)).toEqual({ Name: ['A', 'B'] });
    expect(map(rows, true, body)).toEqual({ Name: ['A', 'B'], 'x.y': 1, 'x.z': 2 });
  });

  test('the rest is what no row took as a whole: a list of which a part was taken stays', () => {
    const body = { a: { b: 1, c: 2 }, d: { e: 3 }, all: [1, 2], some: [{ x: 1, y: 2 }] };
    const rows: [string, string][] = [
      ['B', 'a.b'],
      ['D', 'd'],
      ['All', 'all[*]'],
      ['X', 'some[*].x'],
    ];
    expect(map(rows, true, body)).toEqual({
      ...{ B: 1, D: { e: 3 }, All: [1, 2], X: [1] },
      ...{ 'a.c': 2, some: [{ x: 1, y: 2 }] },
    });
  });

  test('a field may be called anything', () => {
    const fields = map([['__proto__', 'a']], false, { a: 1 });
    expect([Object.keys(fields), Object.getPrototypeOf(fields) === Object.prototype]).toEqual([['__proto__'], true]);
  });

  test('a path that can’t be read is told by its row', () => {
    const rows = [
      { field: 'A', path: 'a' },
      { field: 'B', path: 'b.' },
    ];
    expect(mappingProblems({ rows, rest: false })).toEqual([
      { path: '/mapping/rows/1/path', message: 'The path ends with a dot: a name is missing after it.' },
    ]);
  });
});

test('a list of several is offered through every item too, a list of one by its place', () => {
  const body = { answers: [{ text: 'a' }, { text: 'b' }, { note: 'c' }], tags: ['x'], name: 'Alice' };
  expect(leavesToMap(body)).toEqual([
    { path: 'answers[*].text', field: 'text', value: ['a', 'b'] },
    { path: 'answers[0].text', field: 'text', value: 'a' },
    { path: 'answers[1].text', field: 'text', value: 'b' },
    { path: 'answers[2].note', field: 'note', value: 'c' },
    { path: 'tags[0]', field: 'tags', value: 'x' },
    { path: 'name', field: 'name', value: 'Alice' },
  ]);
  const wide = Array.from({ length: 50 }, () => Array.from({ length: 50 }, () => ({ a: 1, b: 2, c: 3, d: 4 })));
  expect(leavesToMap({ wide })).toHaveLength(100);
});
