import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { HookKind } from '../../src/contract/hook.ts';
import { sealSecrets, sealToken } from '../../src/intake/hooks/secrets.ts';
import { newHookToken } from '../../src/lib/hook-token.ts';
import type { Hook, NewHook } from '../../src/store/hooks.ts';
import type { TestApp } from '../support/app.ts';

export interface MadeHook {
  hook: Hook;
  token: string;
}

export type HookOptions = Partial<Omit<NewHook, 'secrets'>> & {
  kind?: HookKind;
  check?: Hook['settings']['check'];
  secrets?: Record<string, string>;
};

/** A hook as the pages make them, on a running program; a custom webhook that takes anything unless told otherwise. */
export async function makeHook(on: TestApp, options: HookOptions = {}): Promise<MadeHook> {
  const { check = { type: 'none' } as const, secrets = {}, ...rest } = options;
  const token = newHookToken();
  const sealed = sealToken(on.vault, token);
  const hook = await on.store.hooks.create({
    siteId: on.site.id,
    kind: 'webhook',
    name: 'Shop orders',
    mapping: { rows: [], rest: false },
    settings: { check, eventHeader: null, eventPath: null },
    active: true,
    ...sealed,
    ...rest,
    secrets: sealSecrets(on.vault, sealed.tokenHash, secrets),
  });
  return { hook, token };
}

export interface HookAnswer {
  ok: boolean;
  ids: string[];
  refused?: { index: number; message: string }[];
  error?: { code: string; message: string };
}

export const hmac = (secret: string, text: string, encoding: 'hex' | 'base64' = 'hex') =>
  createHmac('sha256', secret).update(text).digest(encoding);

/** A call in a sender's own shape, as its documentation has it. */
export const fixture = (name: string) => Bun.file(join(import.meta.dir, '../fixtures/hooks', `${name}.json`)).text();
