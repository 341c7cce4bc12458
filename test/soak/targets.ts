import { existsSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccess, runJson } from '../support/binary.ts';
import type { FakeGoogle, FaultKind } from '../support/google/client.ts';
import { localFiles, localRows, rowsOf, type SheetRow } from '../support/server.ts';
import { type KillReport, killRounds } from './kill.ts';

export interface TargetRun {
  /** An empty folder for this run alone. */
  root: string;
  rounds: number;
  seed: number;
  onRound?: (round: number) => void;
}

/** Kills a server that writes to its local workbook. */
export async function killOnLocal({ root, ...run }: TargetRun): Promise<KillReport> {
  const dir = join(root, 'data');
  const access = await createAccess({ dir });
  const folder = join(dir, 'sheets', access.siteId);
  const report = await killRounds({
    ...run,
    dir,
    access,
    watch(seen) {
      // Made with the first row.
      if (!existsSync(folder)) return undefined;
      const watcher = watch(folder, seen);
      return () => watcher.close();
    },
    rows: () => localRows(dir, access.siteId),
  });
  // A file set aside, or a draft left behind, would be one the server took for a stranger's.
  const strange = localFiles(dir, access.siteId).filter((file) => !/^Form \d\.csv$/.test(file));
  return { ...report, problems: [...report.problems, ...strange.map((file) => `${file} was left behind`)] };
}

/**
 * What goes wrong at Google meanwhile: refused, applied with the answer lost, applied later or after the next call.
 * Without calls that hang: a server is killed long before its own time-out.
 */
const FAULTS: FaultKind[] = [
  '500',
  '502html',
  '503',
  'reset',
  'slow',
  'resetAfter',
  '500After',
  '503After',
  'cutBodyAfter',
  'nonJsonAfter',
  'lateApply',
  'lateApply',
];

/** Rules that hold whatever fails and whoever is killed. */
const FORBIDDEN = ['formula_written', 'user_entered', 'no_response_mask'];

/** Kills a server that writes to Google while Google fails too. The fake is this run's own. */
export async function killOnGoogle(google: FakeGoogle, { root, ...run }: TargetRun): Promise<KillReport> {
  const dir = join(root, 'data');
  const env = google.env();
  // How fast Google takes rows is not the subject; its quota is held to elsewhere.
  await google.quota('off');
  const account = await google.createServiceAccount();
  const { spreadsheetId } = await google.createSpreadsheet({
    sharedWith: [{ email: account.client_email, role: 'writer' }],
  });
  const keyFile = join(root, 'account.json');
  writeFileSync(keyFile, JSON.stringify(account), { mode: 0o600 });
  const access = await createAccess({ dir });
  const words = ['sheet', 'connect', '--site', access.siteId, '--spreadsheet', spreadsheetId];
  await runJson([...words, '--service-account', keyFile], { dir, env });

  const report = await killRounds({
    ...run,
    dir,
    access,
    env,
    lingerMs: 1_500,
    async beforeLife(round) {
      if (round === 0) await google.randomFaults({ seed: run.seed, rate: 0.15, kinds: FAULTS });
      // Whatever Google still held back comes over the rows that were written since.
      if (round % 5 === 4) await google.releaseLate();
    },
    beforeDrain: () => google.clearFaults().then(() => {}),
    async rows() {
      await google.releaseLate();
      return googleRows(google, spreadsheetId);
    },
  });
  const violations = (await google.violations()).filter(({ kind }) => FORBIDDEN.includes(kind));
  return { ...report, problems: [...report.problems, ...violations.map(({ kind, detail }) => `${kind}: ${detail}`)] };
}

async function googleRows(google: FakeGoogle, spreadsheetId: string): Promise<SheetRow[]> {
  const { tabs } = await google.inspect(spreadsheetId);
  const rows: SheetRow[] = [];
  for (const { title } of tabs) {
    const cells = await google.rows(spreadsheetId, title);
    // The tab a new spreadsheet comes with has nothing on it.
    if (cells.length > 0) rows.push(...rowsOf(cells, title));
  }
  return rows;
}
