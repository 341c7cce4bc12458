import type { AuditInput } from '../../store/accounts.ts';
import type { SiteRequest, UserRequest } from './route.ts';

/** What was done, in the site that the page is about unless another is named. */
type Deed = Pick<AuditInput, 'action' | 'objectId'> & Partial<AuditInput>;

/** Tells the audit log what a user did by a page; once it is done. Nothing secret, nothing that leads say. */
export function record(request: UserRequest | SiteRequest, deed: Deed): Promise<void> {
  const { services, visit } = request;
  const { address } = visit.where;
  const doer = {
    actor: { kind: 'user', id: visit.user.id, name: visit.user.email },
    addressHash: address === null ? null : services.vault.hashAddress(address),
  } as const;
  const siteId = 'site' in request ? request.site.id : null;
  return services.store.audit.record(doer, { siteId, before: null, after: null, ...deed });
}
