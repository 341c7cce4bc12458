import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { Writer } from '../../src/store/sqlite/writer.ts';
import { settle, TestClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

/** A writer on a small database whose room can be taken away: what a full disk does. */
function writerOn(clock = new TestClock()) {
  const db = new Database(join(tempDir(), 'a.db'), { create: true, strict: true });
  db.run('PRAGMA journal_mode = WAL');
  db.run('CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) STRICT');
  db.run("CREATE TABLE item (text TEXT NOT NULL CHECK (text <> 'bad')) STRICT");
  const turns = { begun: 0, undone: 0 };
  const writer = new Writer(db, clock, { afterBegin: () => turns.begun++, afterRollback: () => turns.undone++ });
  const insert = db.query('INSERT INTO item VALUES (?)');
  const pages = () => db.query<{ page_count: number }, []>('PRAGMA page_count').get()?.page_count ?? 0;
  return {
    db,
    clock,
    writer,
    turns,
    add: (text: string) =>
      writer.run((turn) => {
        insert.run(text);
        return turn.now;
      }),
    items: () => db.query('SELECT text FROM item ORDER BY rowid').values().flat(),
    fill: () => db.run(`PRAGMA max_page_count = ${pages()}`),
    makeRoom: () => db.run('PRAGMA max_page_count = 1000000'),
  };
}

const BIG = 'x'.repeat(20_000);

describe('group commit', () => {
  test('all that is asked for before a turn shares one transaction and one time', async () => {
    const { add, turns, items } = writerOn();
    const times = await Promise.all(Array.from({ length: 50 }, (_, i) => add(`${i}`)));
    expect(turns.begun).toBe(1);
    expect(new Set(times).size).toBe(1);
    expect(items()).toHaveLength(50);
  });

  test('a turn waits while more is asked for at each look, but for nothing when there is no more', async () => {
    const { add, turns } = writerOn();
    const nextLook = () => new Promise<void>((resolve) => setImmediate(resolve));
    const first = [add('a'), add('b')];
    await nextLook();
    const second = [add('c')];
    await Promise.all([...first, ...second]);
    expect(turns.begun).toBe(1);
    let looks = 0;
    const lone = add('d').then(() => looks);
    for (; looks < 3; looks++) await nextLook();
    expect(await lone).toBe(0);
    expect(turns.begun).toBe(2);
  });

  test('a turn is not put off for long, however much is asked for', async () => {
    const { add, turns, clock } = writerOn();
    const jobs: Promise<number>[] = [];
    for (let look = 0; look < 50; look++) {
      jobs.push(add('a'), add('b'));
      clock.advance(1);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(turns.begun).toBeGreaterThan(5);
    await Promise.all(jobs);
  });

  test('a job that fails costs the others a transaction each, once', async () => {
    const { add, turns, items } = writerOn();
    const outcomes = await Promise.allSettled(['a', 'bad', 'b', 'c'].map(add));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(items()).toEqual(['a', 'b', 'c']);
    expect(turns).toEqual({ begun: 5, undone: 2 });
  });

  test('what is to happen after the commit happens only then', async () => {
    const { writer, add, db } = writerOn();
    const seen: string[] = [];
    const failing = writer.run((turn) => {
      turn.onCommit(() => seen.push('never'));
      db.run("INSERT INTO item VALUES ('bad')");
    });
    const fine = writer.run((turn) => turn.onCommit(() => seen.push('once')));
    await Promise.allSettled([failing, fine, add('a')]);
    expect(seen).toEqual(['once']);
  });
});

describe('a full disk', () => {
  test('everything of the turn is refused as unavailable and nothing is kept; room again, and it works', async () => {
    const { add, items, writer, fill, makeRoom } = writerOn();
    await add('first');
    fill();
    const outcomes = await Promise.allSettled([add('small'), add(BIG)]);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') throw new Error('stored on a full disk');
      expect(outcome.reason.code).toBe('unavailable');
      expect(outcome.reason.message).toContain('disk is full');
    }
    expect(writer.trouble).toContain('disk is full');
    expect(items()).toEqual(['first']);
    makeRoom();
    await add('second');
    expect(writer.trouble).toBeNull();
    expect(items()).toEqual(['first', 'second']);
  });

  test('that it works again is found out without anybody writing, and one timer does it', async () => {
    const { add, writer, fill, makeRoom, clock, db } = writerOn();
    await add('first');
    // Nothing fits any more, the probe's own word included.
    for (let i = 0; i < 100; i++) db.query('INSERT INTO meta VALUES (?, ?)').run(`fill ${i}`, 'x'.repeat(30));
    fill();
    for (let i = 0; i < 5; i++) await add(BIG).catch(() => {});
    expect(clock.pending).toBe(1);
    db.run('CREATE TRIGGER full BEFORE INSERT ON meta BEGIN INSERT INTO item VALUES (hex(zeroblob(20000))); END');
    await clock.advanceAndSettle(30_000);
    expect(writer.trouble).toContain('disk is full');
    expect(clock.pending).toBe(1);
    makeRoom();
    await clock.advanceAndSettle(5_000);
    expect(writer.trouble).toBeNull();
    await clock.advanceAndSettle(60_000);
    expect(clock.pending).toBe(0);
  });

  test('a writer that is closed looks no more', async () => {
    const { add, writer, fill, clock } = writerOn();
    await add('first');
    fill();
    await add(BIG).catch(() => {});
    writer.close();
    expect(clock.pending).toBe(0);
    await expect(add('x')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a database that somebody else holds is busy, not broken: refused with when to try again', async () => {
    const { db, add, items } = writerOn();
    db.run('PRAGMA busy_timeout = 0');
    const other = new Database(db.filename);
    other.run('BEGIN IMMEDIATE');
    await expect(add('a')).rejects.toMatchObject({ code: 'unavailable', options: { retryAfterSeconds: 1 } });
    other.run('COMMIT');
    other.close();
    await add('b');
    expect(items()).toEqual(['b']);
  });
});

describe('time', () => {
  test('each turn is later than the one before, over every correction of the clock but a gross one', async () => {
    const { add, clock, writer } = writerOn();
    const day = 86_400_000;
    let last = await add('a');
    for (const change of [0, -1, -1_000, -day, -3 * day, 5, 0]) {
      clock.setTime(clock.now() + change);
      const now = await add('b');
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    // The machine started in a wrong year, and was then set right: that is believed.
    clock.setTime(clock.now() + 400 * day);
    await add('c');
    clock.setTime(clock.now() - 400 * day);
    expect(await add('d')).toBe(clock.now());
    writer.notBefore(clock.now() + 500);
    expect(await add('e')).toBe(clock.now() + 501);
  });

  test('each commit is timed, with the part of the disk', async () => {
    const { add, writer } = writerOn();
    await add('a');
    await add('bad').catch(() => {});
    await settle();
    for (const times of [writer.commitTimes, writer.syncTimes]) {
      expect(times.samples().at(-1)).toEqual({ labels: {}, value: 1, metricName: `${times.name}_count` });
    }
  });
});
