import { and, asc, eq, inArray } from 'drizzle-orm';
import type { SheetStore, SheetTab } from '../sheets.ts';
import type { Context } from './context.ts';
import { sheetColumn, sheetTab } from './schema.ts';

type Tabs = Pick<SheetStore, 'tabs' | 'tabOfForm' | 'addTab' | 'updateTab' | 'putColumns'>;

/** Writes columns inside a transaction that is under way. */
export type PutColumns = (tabId: string, columns: SheetTab['columns']) => void;

export function createSheetTabs({ orm, writer, ids }: Context): Tabs & { putInTurn: PutColumns } {
  type Row = typeof sheetTab.$inferSelect;

  function withColumns(rows: Row[]): SheetTab[] {
    if (rows.length === 0) return [];
    const columns = orm
      .select()
      .from(sheetColumn)
      .where(
        inArray(
          sheetColumn.tabId,
          rows.map((row) => row.id),
        ),
      )
      .orderBy(asc(sheetColumn.position))
      .all();
    const byTab = new Map<string, SheetTab['columns'][number][]>();
    for (const { tabId, ...column } of columns) {
      const list = byTab.get(tabId);
      if (list) list.push(column);
      else byTab.set(tabId, [column]);
    }
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
    )[0] ?? null;

  return {
    putInTurn,
    tabs: (book) =>
      withColumns(orm.select().from(sheetTab).where(eq(sheetTab.book, book)).orderBy(asc(sheetTab.id)).all()),
    tabOfForm: findOne,
    addTab: ({ columns, ...input }) =>
      writer.run((turn) => {
        const row: Row = {
          ...input,
          id: ids.next('tab', turn.now),
          problem: null,
          generation: 0,
          length: 0,
          auditedAt: null,
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
