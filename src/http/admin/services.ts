import type { Accounts, Where } from '../../accounts/accounts.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import type { Log } from '../../lib/log.ts';
import type { TargetDriver } from '../../sheets/target.ts';
import type { TargetKind } from '../../store/sheets.ts';
import type { Store } from '../../store/store.ts';
import type { Operations } from '../operations.ts';

/** What pages are made with. */
export interface AdminServices {
  accounts: Accounts;
  store: Store;
  operations: Operations;
  vault: Vault;
  drivers: Readonly<Record<TargetKind, TargetDriver>>;
  sync: { sweep(): void };
  clock: Clock;
  log: Log;
  /** Where people reach the server, without a slash at the end. */
  publicUrl(): string;
  /** Where a request comes from. */
  where(request: Request): Where;
}
