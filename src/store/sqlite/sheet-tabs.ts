import { and, asc, eq } from 'drizzle-orm';
import type { SheetColumn, SheetStore, SheetTab } from '../sheets.ts';
import type { Context } from './context.ts';
import { sheetColumn, sheetTab } from './schema.ts';

type Tabs = Pick<SheetStore, 'tabs' | 'tabOfForm' | 'addTab' | 'updateTab' | 'putColumns'>;

/** Writes columns inside a transaction that is under way. */
export type PutColumns = (tabId: string, columns: SheetTab['columns']) => void;

export function createSheetTabs({ orm, db, writer, ids }: Context): Tabs & { putInTurn: PutColumns } {
  type Row = typeof sheetTab.$inferSelect;

  // Prepared, and one for all tabs of a book: there may be thousands, and a flush reads them all.
  const ofBook = columnsWhere('book = ?');
  const ofForm = columnsWhere('book = ? AND form_id = ?');

  function columnsWhere(condition: string) {
    return db.query<SheetColumn & { tabId: string }, string[]>(
      `SELECT tab_id AS tabId, key, header, position, metadata_id AS metadataId, state FROM sheet_column
       WHERE tab_id IN (SELECT id FROM sheet_tab WHERE ${condition}) ORDER BY tab_id, position`,
    );
  }

  function withColumns(rows: Row[], columns: readonly (SheetColumn & { tabId: string })[]): SheetTab[] {
    const byTab = new Map<string, SheetColumn[]>(rows.map((row) => [row.id, []]));
    for (const { tabId, ...column } of columns) byTab.get(tabId)?.push(column);
    return rows.map((row) => ({ ...row, columns: byTab.get(row.id) ?? [] }));
  }

  const putInTurn: PutColumns = (tabId, columns) => {
    for (const column of columns) {
      orm
        .insert(sheetColumn)
        .values({ tabId, ...column })
        .onConflictDoUpdate({ target: [sheetColumn.tabId, sheetColumn.key], set: column })
        .run();
    }
  };

  const findOne = (book: string, formId: string): SheetTab | null =>
    withColumns(
      orm
        .select()
        .from(sheetTab)
        .where(and(eq(sheetTab.book, book), eq(sheetTab.formId, formId)))
        .all(),
      ofForm.all(book, formId),
    )[0] ?? null;

  return {
    putInTurn,
    tabs: (book) =>
      withColumns(
        orm.select().from(sheetTab).where(eq(sheetTab.book, book)).orderBy(asc(sheetTab.id)).all(),
        ofBook.all(book),
      ),
    tabOfForm: findOne,
    addTab: ({ columns, namedFor = null, ...input }) =>
      writer.run((turn) => {
        const row: Row = {
          ...input,
          id: ids.next('tab', turn.now),
          problem: null,
          generation: 0,
          length: 0,
          auditedAt: null,
          namedFor,
        };
        orm.insert(sheetTab).values(row).run();
        putInTurn(row.id, columns);
        return { ...row, columns };
      }),
    updateTab: (id, change) =>
      writer.run(() => {
        orm.update(sheetTab).set(change).where(eq(sheetTab.id, id)).run();
      }),
    putColumns: (tabId, columns) =>
      writer.run(() => {
        putInTurn(tabId, columns);
      }),
  };
}
