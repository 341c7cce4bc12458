import { Elysia } from 'elysia';
import type { Scope } from '../../contract/key.ts';
import type { Auth, Caller } from '../auth.ts';
import { together } from '../together.ts';

/** Makes the plugin that lets only keys with this scope into the routes of the instance it is used in; null: any valid key. */
export type Guard = ReturnType<typeof createGuard>;

/**
 * In `derive`, which runs before the body is read or anything is validated: an anonymous caller learns nothing but
 * that a key is needed. `scoped`: it covers the instance that uses it, and no other.
 */
export function createGuard(auth: Auth) {
  return (scope: Scope | null) =>
    new Elysia({ name: `guard:${scope ?? 'any'}` }).derive(
      { as: 'scoped' },
      async ({ request, set }): Promise<{ caller: Caller }> => {
        await together();
        const caller = auth.authenticate({ request, set: set as { headers: Record<string, string | number> } });
        if (scope !== null) auth.requireScope(caller, scope);
        return { caller };
      },
    );
}
