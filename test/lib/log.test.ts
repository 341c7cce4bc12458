import { describe, expect, test } from 'bun:test';
import { createLog, gatherLines, LOG_LEVELS, type LogLevel } from '../../src/lib/log.ts';
import { TestClock } from '../support/clock.ts';

function logTo(level: LogLevel, format: 'json' | 'pretty') {
  const lines: string[] = [];
  const now = () => Date.UTC(2026, 10, 22, 14, 5, 6, 7);
  return { lines, log: createLog({ level, format, now, write: (line) => lines.push(line) }) };
}

describe('the log', () => {
  test('JSON: one object a line, with time, level, event and what belongs to it', () => {
    const { lines, log } = logTo('info', 'json');
    log.with({ site: 's' }).warn('sheet.retry', { ms: 5, none: undefined, problem: null, text: 'a\nb' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      ...{ time: '2026-11-22T14:05:06.007Z', level: 'warn', event: 'sheet.retry' },
      ...{ site: 's', ms: 5, problem: null, text: 'a\nb' },
    });
  });

  test('each level says itself and what is graver', () => {
    for (const [i, level] of LOG_LEVELS.entries()) {
      const { lines, log } = logTo(level, 'json');
      log.debug('x');
      log.info('x');
      log.warn('x');
      log.error('x');
      expect(lines.map((line) => JSON.parse(line).level)).toEqual(
        LOG_LEVELS.slice(i).filter((each) => each !== 'silent'),
      );
    }
  });

  test('pretty: readable, and no value can begin a line, move the cursor, turn the text around or add a member', () => {
    const { lines, log } = logTo('info', 'pretty');
    log.info('lead.accepted', { site: 'site_1', ms: 1.5, off: undefined });
    expect(lines.pop()).toBe('14:05:06 info  lead.accepted site=site_1 ms=1.5');
    const hostile = [
      'a\nb',
      '\r',
      '\u001b[2J',
      '\u009b2J',
      '\u007f',
      '\u2028',
      '\u2029',
      '\u202edcba',
      '\u2066',
      '\u{e0001}',
      '"',
      'a b=c',
      '',
    ];
    for (const value of hostile) log.info('x', { value });
    for (const [i, line] of lines.entries()) {
      expect(line).toMatch(/^14:05:06 info {2}x value="/);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(JSON.parse(line.slice(line.indexOf('=') + 1))).toBe(hostile[i] ?? '');
    }
  });
});

describe('lines in company', () => {
  test('are written together a moment later, in order, and by flush at once', () => {
    const clock = new TestClock();
    const written: string[] = [];
    const lines = gatherLines((text) => written.push(text), clock);
    lines.write('a');
    lines.write('b');
    expect(written).toEqual([]);
    clock.advance(clock.nextInMs ?? 0);
    expect(written).toEqual(['a\nb']);
    lines.write('c');
    lines.flush();
    lines.flush();
    clock.advance(60_000);
    expect(written).toEqual(['a\nb', 'c']);
    expect(clock.pending).toBe(0);
  });

  test('never pile up without end while a clock stands still', () => {
    const written: string[] = [];
    const lines = gatherLines((text) => written.push(text), new TestClock());
    for (let i = 0; i < 10_000; i++) lines.write(`${i}`);
    lines.flush();
    expect(written.length).toBeGreaterThan(1);
    expect(written.join('\n').split('\n')).toEqual(Array.from({ length: 10_000 }, (_, i) => `${i}`));
  });
});
