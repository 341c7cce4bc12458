import { and, asc, eq, gt, inArray, isNull, notExists } from 'drizzle-orm';
import type { FileStore, NewFile } from '../files.ts';
import type { Lead } from '../store.ts';
import type { Context } from './context.ts';
import { driveCopy } from './schema-drive.ts';
import { file } from './schema-files.ts';
import type { Turn } from './writer.ts';

/** What becomes of the files of deleted leads: they have none, until their bytes are gone too. */
export const GIVE_UP_FILES =
  'UPDATE file SET lead_id = NULL WHERE site_id = ? AND lead_id IN (SELECT value FROM json_each(?))';

/** The files of leads. `keep` adds those of a lead that is stored in this turn. */
export interface Files extends FileStore {
  drop(): void;
  keep(lead: Pick<Lead, 'id' | 'siteId'>, files: readonly NewFile[], turn: Turn): void;
}

export function createFiles({ db, orm, writer }: Context): Files {
  const sum = db.query<{ files: number; bytes: number }, []>(
    'SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM file WHERE is_here = 1',
  );
  let used: { files: number; bytes: number } | null = null;
  const drop = () => {
    used = null;
  };
  const usage = () => {
    used ??= sum.get() ?? { files: 0, bytes: 0 };
    return used;
  };

  /** Counted, not summed up anew: that would take longer with every file there is. */
  function count(files: readonly NewFile[]): void {
    if (used === null) return;
    const bytes = files.reduce((all, { size }) => all + size, used.bytes);
    used = { files: used.files + files.length, bytes };
  }

  return {
    drop,
    usage,
    keep({ id: leadId, siteId }, files, turn) {
      for (const each of files)
        orm
          .insert(file)
          .values({ ...each, siteId, leadId, createdAt: turn.now, isHere: true })
          .run();
      turn.onCommit(() => count(files));
    },
    get: (id) => orm.select().from(file).where(eq(file.id, id)).get() ?? null,
    ofLead: (siteId, leadId) =>
      orm
        .select()
        .from(file)
        .where(and(eq(file.siteId, siteId), eq(file.leadId, leadId)))
        .orderBy(asc(file.id))
        .all(),
    known: (ids) =>
      orm
        .select()
        .from(file)
        .where(inArray(file.id, [...ids]))
        .all(),
    after: (id, limit) => orm.select().from(file).where(gt(file.id, id)).orderBy(asc(file.id)).limit(limit).all(),
    ownerless: (limit) =>
      orm
        .select()
        .from(file)
        .where(and(isNull(file.leadId), eq(file.isHere, true)))
        .orderBy(asc(file.id))
        .limit(limit)
        .all(),
    forget: (ids) =>
      writer.run((turn) => {
        const gone = inArray(file.id, [...ids]);
        const inDrive = orm.select().from(driveCopy).where(eq(driveCopy.fileId, file.id));
        orm
          .delete(file)
          .where(and(gone, notExists(inDrive)))
          .run();
        orm.update(file).set({ isHere: false }).where(gone).run();
        turn.onCommit(drop);
      }),
  };
}
