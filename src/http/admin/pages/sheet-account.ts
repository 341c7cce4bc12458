import type { SheetTarget } from '../../../store/sheets.ts';
import type { AdminServices } from '../services.ts';

/** Where Google's consent page sends people back to. It is entered at Google, so it never changes. */
export const CALLBACK_PATH = '/admin/google/callback';
export const callbackUrl = (services: Pick<AdminServices, 'publicUrl'>) => `${services.publicUrl()}${CALLBACK_PATH}`;

/** The address that rows are written as; null where there is none. Asks nobody outside. */
export async function accountOf({ store, google }: AdminServices, target: SheetTarget): Promise<string | null> {
  if (target.kind === 'local') return null;
  if (target.connectionId !== null) return store.sheets.connection(target.connectionId)?.email ?? null;
  const made = await google?.apiFor(target);
  return made?.ok ? made.api.email : null;
}

/** Troubles of a person's sign-in that end when the person signs in again. */
const SIGN_IN_TROUBLES: ReadonlySet<string> = new Set([
  'token_revoked',
  'unauthenticated',
  'scope_missing',
  'client_changed',
  'key_unusable',
  'no_connection',
]);

export const isSignInTrouble = (code: string | null) => SIGN_IN_TROUBLES.has(code ?? '');

/** What a paused sheet needs whose person's sign-in has ended. */
export interface Reconnect {
  /** Whose it was; null: nobody knows any more. */
  email: string | null;
  /** Whether the server has an OAuth client to ask with. */
  possible: boolean;
}

/** Null: signing in again would not help. */
export function reconnectOf(services: AdminServices, target: SheetTarget): Reconnect | null {
  if (target.kind !== 'google' || target.connectionId === null || target.status !== 'paused') return null;
  if (!isSignInTrouble(target.problem?.code ?? null)) return null;
  const connection = services.store.sheets.connection(target.connectionId);
  if (connection?.kind === 'service_account') return null;
  const possible = (services.google?.oauth(callbackUrl(services)) ?? null) !== null;
  return { email: connection?.email ?? null, possible };
}
