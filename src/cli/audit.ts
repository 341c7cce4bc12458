import type { AuditInput } from '../store/accounts.ts';
import type { Store } from '../store/store.ts';

/** What was done, to what; the rest where there is something to say. */
export type Deed = Pick<AuditInput, 'action' | 'siteId' | 'objectId'> & Partial<AuditInput>;

/** Tells the audit log what a command did, once it is done. Nothing secret, nothing that leads say. */
export function record({ audit }: Pick<Store, 'audit'>, deed: Deed): Promise<void> {
  return audit.record({ actor: { kind: 'cli' }, addressHash: null }, { before: null, after: null, ...deed });
}
