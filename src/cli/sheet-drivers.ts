import type { Drivers } from '../drivers.ts';
import { silentLog } from '../lib/log.ts';
import type { CheckReport, SiteTarget } from '../sheets/target.ts';
import type { Site } from '../store/store.ts';
import type { Context } from './command.ts';
import { type Check, failed, ok, warning } from './doctor-checks.ts';
import type { Session } from './session.ts';

/** What the sheet commands work with. The server may be writing meanwhile: nothing here writes rows. */
export async function driversFor(context: Context, session: Session): Promise<Drivers> {
  const { createDrivers } = await import('../drivers.ts');
  const { config, dir, store, vault } = session;
  const { clock, ids } = context;
  return createDrivers({ config, dir, store, vault, clock, ids, random: Math.random, log: silentLog });
}

export function siteTarget({ store }: Pick<Session, 'store'>, site: Site): SiteTarget {
  return { site, target: store.sheets.target(site.id) };
}

/** One line for each step of a check, with what to do where one failed. */
export function checkText({ steps, shareWith }: CheckReport): string {
  const lines = steps.map(({ name, ok: good, problem }) => {
    if (good) return `ok      ${name}`;
    const technical = problem?.technical ? `\n        Google says: ${problem.technical}` : '';
    return `FAILED  ${name}: ${problem?.message ?? 'failed'}${technical}`;
  });
  return [...lines, ...(shareWith === null ? [] : ['', `Share the spreadsheet with ${shareWith}`])].join('\n');
}

/** For `doctor`: each site's sheet, asked itself, and what waits for it. */
export async function checkSheets(context: Context, session: Session): Promise<Check[]> {
  const { store } = session;
  const { drivers } = await driversFor(context, session);
  const found: Check[] = [];
  for (const site of store.sites.list()) {
    const at = siteTarget(session, site);
    const name = `sheet of ${site.name}`;
    const report = await drivers[at.target.kind].check(at);
    const broken = report.steps.filter((step) => !step.ok);
    for (const { name: step, problem } of broken)
      found.push(failed(name, step, problem?.message ?? 'See `sheet check`.'));
    const { pending, failed: lost } = store.sheets.counts(site.id);
    if (at.target.status === 'paused' && broken.length === 0) {
      found.push(warning(name, at.target.problem?.message ?? 'paused', `sheet check --site ${site.id}`));
    }
    if (lost > 0) {
      const fix = `lead list --site ${site.id} --status failed, then: sheet backfill --site ${site.id} --failed`;
      found.push(warning(name, `${lost} leads were refused`, fix));
    }
    if (broken.length === 0) found.push(ok(name, `${at.target.kind}, ${pending} rows waiting`));
  }
  return found;
}
