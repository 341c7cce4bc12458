import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { asideTitle, fileTitle, foldTitle, freeTitle, isTitleOf } from '../../src/sheets/targets/local/file-names.ts';

describe('the name of a tab’s file', () => {
  test('keeps what every system takes and drops the rest', () => {
    expect(fileTitle('Contact us')).toBe('Contact us');
    expect(fileTitle('a/b\\c:d*e?f"g<h>i|j\u0000k\nl')).toBe('a b c d e f g h i j k l');
    expect(fileTitle('Kontakt – Büro 📞')).toBe('Kontakt – Büro 📞');
    expect(fileTitle('../../etc/passwd')).toBe('etc passwd');
    expect(fileTitle('.hidden. ')).toBe('hidden');
    expect(fileTitle('a\u202egpj.exe')).toBe('a gpj.exe');
  });

  test('is never empty and never a device of Windows', () => {
    for (const title of ['', ' ', '...', '///', '\u0007']) expect(fileTitle(title)).toBe('Leads');
    expect(fileTitle('con')).toBe('_con');
    expect(fileTitle('LPT1.old')).toBe('_LPT1.old');
    expect(fileTitle('Contact')).toBe('Contact');
  });

  test('is at most 80 bytes, cut between characters', () => {
    expect(fileTitle('x'.repeat(100))).toBe('x'.repeat(80));
    expect(fileTitle('é'.repeat(100))).toBe('é'.repeat(40));
    expect(fileTitle(`x${'😀'.repeat(100)}`)).toBe(`x${'😀'.repeat(19)}`);
  });

  test('holds all of this for any title', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (title) => {
        const name = fileTitle(title);
        expect(name).not.toMatch(/[/\\:*?"<>|\p{Cc}]|^[.\s]|[.\s]$|^$/u);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(80);
        expect(fileTitle(name)).toBe(name);
      }),
    );
  });

  test('gets a number when taken, without regard to case, and stays within 80 bytes', () => {
    const taken = new Set(['contact', 'contact (2)', 'x'.repeat(80)]);
    const free = (title: string) => freeTitle(title, (folded) => taken.has(folded));
    expect(free('Contact')).toBe('Contact (3)');
    expect(free('Other')).toBe('Other');
    expect(free('X'.repeat(80))).toBe(`${'X'.repeat(76)} (2)`);
    expect(isTitleOf('Contact (3)', 'Contact')).toBe(true);
    expect(isTitleOf('Contact', 'Contact')).toBe(true);
    expect(isTitleOf(`${'X'.repeat(76)} (2)`, 'X'.repeat(80))).toBe(true);
    expect(isTitleOf('Contact (three)', 'Contact')).toBe(false);
    expect(isTitleOf('Other', 'Contact')).toBe(false);
    expect(foldTitle('BÜRO')).toBe(foldTitle('Bu\u0308ro'));
  });
});

test('a file set aside carries the time on the site’s clocks, without a colon', () => {
  const ms = Date.UTC(2026, 10, 22, 13, 5);
  expect(asideTitle('Contact', ms, 'Europe/Paris')).toBe('Contact (edited 2026-11-22 14.05)');
});
