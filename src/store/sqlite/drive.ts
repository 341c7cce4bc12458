import { and, asc, count, eq, inArray, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import type { DrivePlace, DriveSite, DriveStore } from '../drive.ts';
import type { Context } from './context.ts';
import { keptTable } from './kept-table.ts';
import { driveCopy, driveSite } from './schema-drive.ts';
import { file } from './schema-files.ts';

/** Which files are in Google Drive. Sites are in memory: there are few. */
export function createDrive(context: Context, files: { drop(): void }): DriveStore & { drop(): void } {
  const { orm } = context;
  const sites = keptTable(() =>
    orm
      .select()
      .from(driveSite)
      .orderBy(asc(driveSite.siteId))
      .all()
      .map((row) => [row.siteId, row]),
  );
  return {
    drop: sites.drop,
    ...siteActions(context, sites),
    ...sendActions(context, files),
    ...deleteActions(context, files),
    counts(siteId) {
      const ofSite = and(eq(file.siteId, siteId), isHere);
      const here = orm.select({ n: count() }).from(file).where(ofSite).get();
      // Counted by what is few, and by an index alone: there may be many.
      const copies = orm.select({ n: count() }).from(driveCopy).where(eq(driveCopy.siteId, siteId)).get();
      const begun = orm
        .select({ n: count() })
        .from(driveCopy)
        .where(and(eq(driveCopy.siteId, siteId), isOnItsWay))
        .get();
      return { here: countOf(here), there: countOf(copies) - countOf(begun) };
    },
  };
}

const countOf = (row: { n: number } | undefined) => row?.n ?? 0;

/** In the words of the index of what is here: with a value that is bound it would not be used. */
const isHere = sql`${file.isHere} = 1`;
const hereAndWanted = and(isHere, isNotNull(file.leadId));
/** In the words of the index of those that are. */
const isOnItsWay = isNull(driveCopy.link);
const due = (nowMs: number) => or(isNull(driveCopy.retryAt), lte(driveCopy.retryAt, nowMs));
const isOwnerless = isNull(file.leadId);
/** By the file's site, whose index finds those without a lead at once. */
const leftBy = (siteId: string) => and(eq(file.siteId, siteId), isOwnerless);

/** A folder that nobody named is ours to make anew. */
const samePlace = ({ enabled, account, folder, shared }: DrivePlace) => [
  eq(driveSite.enabled, enabled),
  eq(driveSite.account, account),
  eq(driveSite.shared, shared),
  ...(shared && folder !== null ? [eq(driveSite.folder, folder)] : []),
];

type SiteActions = Pick<DriveStore, 'sites' | 'site' | 'setSite' | 'noteSite' | 'again'>;

function siteActions(
  { orm, writer }: Context,
  { all, drop }: { all(): ReadonlyMap<string, DriveSite>; drop(): void },
): SiteActions {
  const fresh = { problem: null, failures: 0, retryAt: null };
  return {
    sites: () => [...all().values()],
    site: (siteId) => all().get(siteId) ?? null,
    setSite: (siteId, place) =>
      writer.run((turn) => {
        turn.onCommit(drop);
        if (place === null) {
          orm
            .update(driveSite)
            .set({ enabled: false, ...fresh })
            .where(eq(driveSite.siteId, siteId))
            .run();
          return;
        }
        const row = { siteId, enabled: true, ...place, ...fresh };
        orm.insert(driveSite).values(row).onConflictDoUpdate({ target: driveSite.siteId, set: row }).run();
        // What was put off may have been for the place that was left.
        orm.update(driveCopy).set({ problem: null, retryAt: null }).where(eq(driveCopy.siteId, siteId)).run();
      }),
    again: (siteId) =>
      writer.run((turn) => {
        turn.onCommit(drop);
        orm.update(driveSite).set({ failures: 0, retryAt: null }).where(eq(driveSite.siteId, siteId)).run();
        orm.update(driveCopy).set({ retryAt: null }).where(eq(driveCopy.siteId, siteId)).run();
      }),
    noteSite: (siteId, change, as) =>
      writer.run((turn) => {
        turn.onCommit(drop);
        const still = as && and(...samePlace(as));
        orm
          .update(driveSite)
          .set(change)
          .where(and(eq(driveSite.siteId, siteId), still))
          .run();
      }),
  };
}

type SendActions = Pick<DriveStore, 'copy' | 'nextToSend' | 'begin' | 'keep' | 'toClear' | 'cleared' | 'postpone'>;

function sendActions({ orm, writer }: Context, files: { drop(): void }): SendActions {
  const withCopy = () => orm.select({ file }).from(file);
  const isThere = isNotNull(driveCopy.link);
  return {
    copy: (fileId) => orm.select().from(driveCopy).where(eq(driveCopy.fileId, fileId)).get() ?? null,
    nextToSend(siteId, nowMs, which) {
      const begun = () =>
        orm
          .select({ file })
          .from(driveCopy)
          .innerJoin(file, eq(file.id, driveCopy.fileId))
          .where(and(eq(driveCopy.siteId, siteId), isOnItsWay, due(nowMs), hereAndWanted))
          .orderBy(asc(driveCopy.fileId))
          .limit(1)
          .get();
      const fresh = () =>
        withCopy()
          .leftJoin(driveCopy, eq(driveCopy.fileId, file.id))
          .where(and(eq(file.siteId, siteId), hereAndWanted, isNull(driveCopy.fileId)))
          .orderBy(asc(file.id))
          .limit(1)
          .get();
      const row = begun() ?? (which === 'begun' ? null : fresh());
      return row?.file ?? null;
    },
    begin: ({ id: fileId, siteId }, { account, driveId }) =>
      writer.run((turn) => {
        const row = { fileId, siteId, account, driveId, link: null, triedAt: turn.now, problem: null, retryAt: null };
        orm.insert(driveCopy).values(row).onConflictDoUpdate({ target: driveCopy.fileId, set: row }).run();
      }),
    keep: (fileId, at) =>
      writer.run(() => {
        const known = { ...at, problem: null, retryAt: null };
        orm.update(driveCopy).set(known).where(eq(driveCopy.fileId, fileId)).run();
      }),
    toClear: (siteId, limit) =>
      withCopy()
        .innerJoin(driveCopy, eq(driveCopy.fileId, file.id))
        .where(and(eq(file.siteId, siteId), isHere, isThere))
        .orderBy(asc(file.id))
        .limit(limit)
        .all()
        .map((row) => row.file),
    cleared: (fileIds) =>
      writer.run((turn) => {
        orm
          .update(file)
          .set({ isHere: false })
          .where(inArray(file.id, [...fileIds]))
          .run();
        turn.onCommit(files.drop);
      }),
    postpone: (fileId, problem, retryAt) =>
      writer.run(() => {
        orm.update(driveCopy).set({ problem, retryAt }).where(eq(driveCopy.fileId, fileId)).run();
      }),
  };
}

type DeleteActions = Pick<DriveStore, 'toDelete' | 'postponeDeletes' | 'forgetCopy' | 'undeleted'>;

function deleteActions({ orm, writer }: Context, files: { drop(): void }): DeleteActions {
  const leftBehind = () =>
    orm.select({ copy: driveCopy }).from(file).innerJoin(driveCopy, eq(driveCopy.fileId, file.id)).$dynamic();
  return {
    toDelete: (siteId, nowMs, limit) =>
      leftBehind()
        .where(and(leftBy(siteId), due(nowMs)))
        .limit(limit)
        .all()
        .map(({ copy }) => copy),
    postponeDeletes: (siteId, account, problem, retryAt) =>
      writer.run(() => {
        const left = orm.select({ id: file.id }).from(file).where(leftBy(siteId));
        const those = and(eq(driveCopy.account, account), inArray(driveCopy.fileId, left));
        orm.update(driveCopy).set({ problem, retryAt }).where(those).run();
      }),
    forgetCopy: (fileId) =>
      writer.run((turn) => {
        orm.delete(driveCopy).where(eq(driveCopy.fileId, fileId)).run();
        // Bytes that are still here keep their row until they are gone too.
        orm
          .delete(file)
          .where(and(eq(file.id, fileId), isOwnerless, eq(file.isHere, false)))
          .run();
        turn.onCommit(files.drop);
      }),
    undeleted: (siteId, limit) =>
      leftBehind()
        .where(and(leftBy(siteId), isNotNull(driveCopy.problem)))
        .orderBy(asc(file.id))
        .limit(limit)
        .all()
        .map(({ copy }) => copy),
  };
}
