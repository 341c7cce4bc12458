import { and, eq, inArray } from 'drizzle-orm';
import type { SheetBook, SheetStore, SheetTarget } from '../sheets.ts';
import type { Context } from './context.ts';
import { googleConnection, sheetBook, sheetJournal, sheetTarget } from './schema.ts';
import { driveSite } from './schema-drive.ts';
import type { SiteCache } from './sites.ts';

type Targets = Pick<
  SheetStore,
  | 'target'
  | 'targets'
  | 'setTarget'
  | 'pause'
  | 'resume'
  | 'noteTrouble'
  | 'addConnection'
  | 'connection'
  | 'connections'
  | 'updateConnectionSecret'
  | 'removeConnection'
  | 'book'
  | 'updateBook'
  | 'raiseSeq'
  | 'journal'
  | 'setJournal'
>;

export const localBook = (siteId: string) => `local:${siteId}`;

/** Every site has a target from the start: its local workbook. */
function defaultTarget(siteId: string): SheetTarget {
  return {
    siteId,
    kind: 'local',
    book: localBook(siteId),
    connectionId: null,
    title: null,
    url: null,
    status: 'ok',
    problem: null,
    trouble: null,
    pausedAt: null,
    recheckAt: null,
    lastSyncedAt: null,
  };
}

export function createSheetTargets({ orm, writer, ids }: Context, sites: SiteCache): Targets {
  const find = (siteId: string): SheetTarget =>
    orm.select().from(sheetTarget).where(eq(sheetTarget.siteId, siteId)).get() ?? defaultTarget(siteId);

  const change = (siteId: string, values: Partial<SheetTarget>) => {
    const next = { ...find(siteId), ...values };
    orm.insert(sheetTarget).values(next).onConflictDoUpdate({ target: sheetTarget.siteId, set: next }).run();
    return next;
  };

  /** Whether files of a site go to Google Drive as this account. */
  function keepsFiles(id: string): boolean {
    const account = orm
      .select({ email: googleConnection.email })
      .from(googleConnection)
      .where(eq(googleConnection.id, id));
    const isKept = and(eq(driveSite.enabled, true), inArray(driveSite.account, account));
    return orm.select().from(driveSite).where(isKept).get() !== undefined;
  }

  const findBook = (book: string) => orm.select().from(sheetBook).where(eq(sheetBook.book, book)).get();

  return {
    target: find,
    targets: () => sites.list().map((site) => find(site.id)),
    setTarget: (siteId, input) =>
      writer.run(() => {
        const known = findBook(input.book);
        if (known && known.siteId !== siteId) return 'conflict' as const;
        if (input.kind === 'local' && input.book !== localBook(siteId)) return 'conflict' as const;
        if (!known) orm.insert(sheetBook).values({ book: input.book, siteId, nextSeq: 1 }).run();
        return change(siteId, { ...defaultTarget(siteId), ...input, lastSyncedAt: find(siteId).lastSyncedAt });
      }),
    pause: (siteId, problem, recheckAt) =>
      writer.run((turn) => {
        const before = find(siteId);
        const pausedAt = before.status === 'paused' ? before.pausedAt : turn.now;
        change(siteId, { status: 'paused', problem, trouble: null, pausedAt, recheckAt });
        return before.status !== 'paused';
      }),
    resume: (siteId) =>
      writer.run(() => {
        change(siteId, { status: 'ok', problem: null, pausedAt: null, recheckAt: null });
      }),
    noteTrouble: (siteId, trouble) =>
      writer.run(() => {
        change(siteId, { trouble });
      }),

    addConnection: ({ kind, email, secret, scopes }) =>
      writer.run((turn) => {
        const row = { id: ids.next('con', turn.now), kind, email, secret, scopes, createdAt: turn.now };
        orm.insert(googleConnection).values(row).run();
        return row;
      }),
    connection: (id) => orm.select().from(googleConnection).where(eq(googleConnection.id, id)).get() ?? null,
    connections: () => orm.select().from(googleConnection).orderBy(googleConnection.id).all(),
    updateConnectionSecret: (id, secret, scopes) =>
      writer.run(() => {
        const values = scopes === undefined ? { secret } : { secret, scopes };
        orm.update(googleConnection).set(values).where(eq(googleConnection.id, id)).run();
      }),
    removeConnection: (id) =>
      writer.run(() => {
        const user = orm.select().from(sheetTarget).where(eq(sheetTarget.connectionId, id)).get();
        if (user !== undefined || keepsFiles(id)) return false;
        const gone = orm.delete(googleConnection).where(eq(googleConnection.id, id)).returning().get();
        return gone !== undefined;
      }),

    book(book) {
      const row: SheetBook | undefined = findBook(book);
      if (row) return row;
      return { book, siteId: book.replace(/^local:/, ''), nextSeq: 1, selfTestedAt: null, checkedAt: null };
    },
    updateBook: (book, values) =>
      writer.run(() => {
        orm.update(sheetBook).set(values).where(eq(sheetBook.book, book)).run();
      }),
    raiseSeq: (book, seq) =>
      writer.run(() => {
        const row = findBook(book);
        if (row && row.nextSeq < seq) orm.update(sheetBook).set({ nextSeq: seq }).where(eq(sheetBook.book, book)).run();
      }),
    journal: (book) => orm.select().from(sheetJournal).where(eq(sheetJournal.book, book)).get()?.journal ?? null,
    setJournal: (book, bytes) =>
      writer.run(() => {
        if (bytes === null) orm.delete(sheetJournal).where(eq(sheetJournal.book, book)).run();
        else {
          const journal = Buffer.from(bytes);
          const into = { target: sheetJournal.book, set: { journal } };
          orm.insert(sheetJournal).values({ book, journal }).onConflictDoUpdate(into).run();
        }
      }),
  };
}
