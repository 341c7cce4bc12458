import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { CLIENTS, missingClients } from '../support/clients.ts';
import { tempDir } from '../support/temp.ts';
import { documentOfRoutes, GOLDEN } from './document.ts';

const missing = await missingClients();

interface Findings {
  totals: { errors: number; warnings: number; ignored: number };
  problems: { ruleId: string; message: string }[];
}

/** Runs Redocly's linter with its recommended rules and nobody to call. */
async function lint(file: string): Promise<Findings> {
  const program = join(CLIENTS, 'node_modules/@redocly/cli/bin/cli.js');
  const options = ['--extends=recommended', '--format=json', '--max-problems=1000'];
  const child = Bun.spawn([process.execPath, program, 'lint', ...options, file], {
    cwd: CLIENTS,
    env: { PATH: process.env.PATH ?? '', REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  const start = out.indexOf('{');
  if (start < 0) throw new Error(`the linter said nothing: ${out}${err}`);
  return JSON.parse(out.slice(start)) as Findings;
}

test.skipIf(missing !== null)('Redocly finds nothing by its recommended rules', async () => {
  const { totals, problems } = await lint(GOLDEN);
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
});

test.skipIf(missing !== null)('nor with a public address, and it does look', async () => {
  const file = join(tempDir(), 'openapi.json');
  const document = (await documentOfRoutes('https://leads.lan')) as { paths: Record<string, object> };
  await Bun.write(file, JSON.stringify(document));
  expect((await lint(file)).problems).toEqual([]);
  document.paths['/api/v1/site'] = { get: {} };
  await Bun.write(file, JSON.stringify(document));
  expect((await lint(file)).totals.errors).toBeGreaterThan(0);
});
