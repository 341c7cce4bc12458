import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnvFile } from '../../src/config/env-file.ts';
import { loadConfig } from '../../src/config/load.ts';
import { describeSettings, renderEnvExample, renderSettingsTable } from '../../src/config/render.ts';
import { SETTING_KEYS, SETTINGS, settingOf } from '../../src/config/settings.ts';

const noFile = () => ({ ok: false, missing: true, reason: 'none' }) as const;

test('.env.example is what the table of settings renders: `bun test/config/write-env-example.ts` renews it', async () => {
  const file = Bun.file(join(import.meta.dir, '../../.env.example'));
  expect(await file.text()).toBe(renderEnvExample());
});

test('.env.example changes nothing as it is, and every line of it is a good setting once uncommented', () => {
  expect(parseEnvFile(renderEnvExample(), 'x')).toEqual({ values: new Map(), problems: [] });
  const uncommented = parseEnvFile(renderEnvExample().replace(/^#(?=LTS_)/gm, ''), 'x');
  expect([...uncommented.values.keys()].sort()).toEqual(SETTING_KEYS.map((key) => settingOf(key).name).sort());
  const env = Object.fromEntries(uncommented.values);
  env[SETTINGS.googleClientSecret.name] = 'x';
  env[SETTINGS.oidcClientSecret.name] = 'x';
  expect(loadConfig({ env, readFile: noFile, terminal: false })).toMatchObject({ ok: true, warnings: [] });
});

test('each default passes its own parser, and each setting says what it means', () => {
  for (const key of SETTING_KEYS) {
    const { default: fallback, doc, parse } = settingOf(key);
    expect(doc).toMatch(/^[\s\S]+\.$/);
    if (fallback !== null) expect(parse(fallback)).toMatchObject({ ok: true });
  }
});

test('secrets are hidden in the dump, and shown as set or not', () => {
  const secret = 'a-secret-of-at-least-thirty-two-characters';
  const env = { LTS_SECRET: secret, LTS_GOOGLE_CLIENT_ID: 'client-7', LTS_GOOGLE_CLIENT_SECRET: 'top-secret' };
  Object.assign(env, { LTS_OIDC_ISSUER: 'https://id.example.com', LTS_OIDC_CLIENT_ID: 'client-8' });
  Object.assign(env, { LTS_OIDC_CLIENT_SECRET: 'top-secret' });
  const result = loadConfig({ env, readFile: noFile, terminal: false });
  if (!result.ok) throw new Error(result.problems.join());
  const reports = describeSettings(result.texts, result.origins);
  const shown = (name: string) => reports.find((report) => report.name === name)?.value;
  expect(shown('LTS_SECRET')).toBe('(hidden)');
  expect(shown('LTS_GOOGLE_CLIENT_ID')).toBe('client-7');
  expect(shown('LTS_OIDC_ISSUER')).toBe('https://id.example.com');
  expect(shown('LTS_OIDC_CLIENT_SECRET')).toBe('(hidden)');
  expect(shown('LTS_GOOGLE_SERVICE_ACCOUNT_FILE')).toBeNull();
  expect(JSON.stringify(reports)).not.toContain(secret);
  expect(JSON.stringify(reports)).not.toContain('top-secret');
});

const README = join(import.meta.dir, '../../README.md');
test.skipIf(!existsSync(README))('the README shows this very table between its settings markers', async () => {
  const between = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(await Bun.file(README).text());
  expect(between?.[1]?.trim()).toBe(renderSettingsTable());
});

test('the README table has one row for each setting', () => {
  const rows = renderSettingsTable().split('\n').slice(2);
  expect(rows.map((row) => /^\| `(LTS_\w+)` \|/.exec(row)?.[1] ?? row)).toEqual(
    SETTING_KEYS.map((key) => settingOf(key).name),
  );
});
