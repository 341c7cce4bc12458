import { and, asc, desc, eq, gt, lt, ne } from 'drizzle-orm';
import {
  IMPORT_SILENCE_MS,
  type ImportProblem,
  type ImportStep,
  type ImportStore,
  isUnderWay,
  type LeadImport,
  MAX_IMPORT_PROBLEMS,
  problemText,
} from '../imports.ts';
import type { AcceptResult } from '../store.ts';
import type { Context } from './context.ts';
import { leadImport, leadImportProblem } from './schema-imports.ts';
import type { Turn } from './writer.ts';

/** The imports of sites. `claim` and `settle` are the halves of a step that goes with leads. */
export interface Imports extends ImportStore {
  /** Moves the position. False: it was stopped, somebody else runs it, or the step was made: take nothing then. */
  claim(siteId: string, step: ImportStep, turn: Turn): boolean;
  /** Notes what became of the step's rows, in the turn that claimed it. */
  settle(step: ImportStep, results: readonly AcceptResult[], turn: Turn): void;
}

/** A runner that took over and got no further. */
const STUCK = 'It broke off twice at the same row, so it does not go on by itself. The log of the server may say why.';

export function createImports({ db, orm, writer, ids }: Context): Imports {
  const move = db.query<unknown, [number, number, number, string, string, string, number]>(
    `UPDATE lead_import SET position = ?, bytes = ?, beat_at = ?
     WHERE id = ? AND site_id = ? AND status = 'running' AND runner = ? AND position = ?`,
  );
  const count = db.query<unknown, [number, number, string]>(
    'UPDATE lead_import SET taken = taken + ?, bad = bad + ? WHERE id = ?',
  );
  const counted = db.query<{ bad: number }, [string]>('SELECT bad FROM lead_import WHERE id = ?');
  const addProblem = db.query<unknown, [string, number, string]>(
    'INSERT INTO lead_import_problem (import_id, row, message) VALUES (?, ?, ?)',
  );
  const end = db.query<unknown, [number, string]>(
    "UPDATE lead_import SET status = 'done', runner = NULL, finished_at = ? WHERE id = ?",
  );
  const own = (siteId: string, id: string) => and(eq(leadImport.siteId, siteId), eq(leadImport.id, id));
  const kept = eq(leadImport.kept, true);
  const find = (siteId: string, id: string) => orm.select().from(leadImport).where(own(siteId, id)).get();
  const shown = ({ runner: _runner, ...rest }: typeof leadImport.$inferSelect): LeadImport => rest;
  const shownOrNull = (row: typeof leadImport.$inferSelect | undefined) => (row === undefined ? null : shown(row));

  function claim(siteId: string, step: ImportStep, turn: Turn): boolean {
    const { to, bytes, importId, runner, from } = step;
    return move.run(to, bytes, turn.now, importId, siteId, runner, from).changes === 1;
  }

  function settle(step: ImportStep, results: readonly AcceptResult[], turn: Turn): void {
    const { importId, rows, last } = step;
    const refused = results.flatMap((result, i): ImportProblem[] =>
      result.status === 'refused'
        ? [{ row: rows[i] ?? step.to, message: problemText(result.refused.details, result.refused.message) }]
        : [],
    );
    const problems = [...step.problems, ...refused];
    const room = Math.max(0, MAX_IMPORT_PROBLEMS - (counted.get(importId)?.bad ?? 0));
    for (const { row, message } of problems.slice(0, room)) addProblem.run(importId, row, message);
    count.run(results.length - refused.length, problems.length, importId);
    if (last) end.run(turn.now, importId);
  }

  /** Whether another import of the site is under way. */
  function isBusy(siteId: string, id: string, turn: Turn): boolean {
    const { siteId: site, id: other, status, beatAt } = leadImport;
    const alive = and(eq(status, 'running'), gt(beatAt, turn.now - IMPORT_SILENCE_MS));
    return (
      orm
        .select({ id: other })
        .from(leadImport)
        .where(and(eq(site, siteId), ne(other, id), alive))
        .get() !== undefined
    );
  }

  return {
    claim,
    settle,
    create: (input) =>
      writer.run((turn) => {
        const created = {
          ...input,
          id: ids.next('imp', turn.now),
          status: 'draft',
          ...{ problem: null, runner: null, position: 0, bytes: 0, taken: 0, bad: 0 },
          ...{ createdAt: turn.now, startedAt: null, beatAt: null, finishedAt: null },
        } as const;
        orm.insert(leadImport).values(created).run();
        const { runner: _runner, ...rest } = created;
        return rest;
      }),
    get: (siteId, id) => shownOrNull(find(siteId, id)),
    list: (siteId, limit) =>
      orm
        .select()
        .from(leadImport)
        .where(eq(leadImport.siteId, siteId))
        .orderBy(desc(leadImport.id))
        .limit(limit)
        .all()
        .map(shown),
    byHash: (siteId, fileHash) =>
      orm
        .select()
        .from(leadImport)
        .where(and(eq(leadImport.siteId, siteId), eq(leadImport.fileHash, fileHash)))
        .orderBy(desc(leadImport.id))
        .all()
        .map(shown),
    configure: (siteId, id, settings) =>
      writer.run(() => {
        const unread = and(own(siteId, id), eq(leadImport.position, 0), ne(leadImport.status, 'running'));
        return shownOrNull(orm.update(leadImport).set({ settings }).where(unread).returning().get());
      }),
    start: (siteId, id, runner) =>
      writer.run((turn) => {
        const known = find(siteId, id);
        if (known === undefined || known.status === 'done') return null;
        if (isBusy(siteId, id, turn)) return 'busy';
        const running = { runner, problem: null, beatAt: turn.now, startedAt: known.startedAt ?? turn.now };
        return shownOrNull(
          orm
            .update(leadImport)
            .set({ ...running, status: 'running' })
            .where(own(siteId, id))
            .returning()
            .get(),
        );
      }),
    brokenOff: (nowMs) =>
      orm
        .select()
        .from(leadImport)
        .where(and(eq(leadImport.status, 'running'), lt(leadImport.beatAt, nowMs - IMPORT_SILENCE_MS), kept))
        .all()
        .map(shown),
    takeOver: (siteId, id, name) =>
      writer.run((turn) => {
        const known = find(siteId, id);
        if (known?.status !== 'running' || isUnderWay(known, turn.now) || isBusy(siteId, id, turn)) return null;
        const place = `at row ${known.position}: `;
        if (known.runner?.startsWith(place)) {
          orm.update(leadImport).set({ status: 'failed', problem: STUCK, runner: null }).where(own(siteId, id)).run();
          return null;
        }
        const runner = place + name;
        const [job] = orm.update(leadImport).set({ runner, beatAt: turn.now }).where(own(siteId, id)).returning().all();
        return job === undefined ? null : { job: shown(job), runner };
      }),
    letGo: (siteId, id, runner) =>
      writer.run(() => {
        const mine = and(own(siteId, id), eq(leadImport.status, 'running'), eq(leadImport.runner, runner));
        orm.update(leadImport).set({ runner: null }).where(mine).run();
      }),
    advance: (siteId, step) =>
      writer.run((turn) => {
        const claimed = claim(siteId, step, turn);
        if (claimed) settle(step, [], turn);
        return claimed;
      }),
    beat: (siteId, id, runner) =>
      writer.run((turn) => {
        const mine = and(own(siteId, id), eq(leadImport.status, 'running'), eq(leadImport.runner, runner));
        return orm.update(leadImport).set({ beatAt: turn.now }).where(mine).returning().get() !== undefined;
      }),
    stop: (siteId, id) =>
      writer.run(() => {
        const running = and(own(siteId, id), eq(leadImport.status, 'running'));
        return shownOrNull(
          orm.update(leadImport).set({ status: 'stopped', runner: null }).where(running).returning().get(),
        );
      }),
    fail: (siteId, id, runner, problem) =>
      writer.run(() => {
        const mine = and(own(siteId, id), eq(leadImport.runner, runner));
        orm.update(leadImport).set({ status: 'failed', problem, runner: null }).where(mine).run();
      }),
    remove: (siteId, id) =>
      writer.run((turn) => {
        const known = find(siteId, id);
        if (known === undefined) return false;
        if (known.status === 'running' && (known.beatAt ?? 0) > turn.now - IMPORT_SILENCE_MS) return false;
        orm.delete(leadImportProblem).where(eq(leadImportProblem.importId, id)).run();
        orm.delete(leadImport).where(own(siteId, id)).run();
        return true;
      }),
    problems: (siteId, id, limit) =>
      find(siteId, id) === undefined
        ? []
        : orm
            .select({ row: leadImportProblem.row, message: leadImportProblem.message })
            .from(leadImportProblem)
            .where(eq(leadImportProblem.importId, id))
            .orderBy(asc(leadImportProblem.row))
            .limit(limit)
            .all(),
  };
}
