import type { Role } from '../contract/user.ts';
import type { StoredUser } from '../store/accounts.ts';

const OWNER = ['owner'] as const;
const ADMINS = ['owner', 'admin'] as const;
const MEMBERS = ['owner', 'admin', 'member'] as const;
const ALL = ['owner', 'admin', 'member', 'viewer'] as const;

/** What may be done with a site, and who may, if the site is one of theirs. Spec 6, "Team". */
export const SITE_PERMISSIONS = {
  /** Dashboard, counts, health of a site. */
  'site.read': ALL,
  'site.edit': ADMINS,
  'leads.read': ALL,
  'leads.export': MEMBERS,
  /** Quality, spam, score again, and their rows and deliveries once more. */
  'leads.edit': MEMBERS,
  /** For good, with the row if wanted. */
  'leads.delete': ADMINS,
  'leads.import': ADMINS,
  'forms.read': ALL,
  'forms.edit': ADMINS,
  'sheet.read': ALL,
  'sheet.edit': ADMINS,
  'sources.read': MEMBERS,
  'sources.edit': ADMINS,
  'keys.read': ADMINS,
  'keys.edit': ADMINS,
  'routes.read': MEMBERS,
  'routes.edit': ADMINS,
  'deliveries.read': ALL,
  'deliveries.replay': MEMBERS,
  'notifications.read': MEMBERS,
  'notifications.edit': ADMINS,
  /** Find, export or delete a person by e-mail. */
  'privacy.edit': ADMINS,
} as const satisfies Readonly<Record<string, readonly Role[]>>;

/** What may be done with the server as a whole, and who may. */
export const SERVER_PERMISSIONS = {
  'sites.create': ADMINS,
  /** Users and invitations, each with `manageableRoles` only. */
  'team.read': ADMINS,
  'team.edit': ADMINS,
  'audit.read': ADMINS,
  'system.read': ADMINS,
  /** Log level, backups: those hold the secrets of everybody. */
  'system.edit': OWNER,
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type SitePermission = keyof typeof SITE_PERMISSIONS;
export type ServerPermission = keyof typeof SERVER_PERMISSIONS;

/** What a decision needs to know of somebody. */
export type Who = Pick<StoredUser, 'role' | 'siteIds' | 'disabled'>;

/** `not_found`: the site is none of theirs, and so is not there for them. */
export type Access = 'allowed' | 'forbidden' | 'not_found';

/** Whether a site is there for somebody. Whether it exists at all is the caller's to know. */
export function seesSite({ siteIds }: Who, siteId: string): boolean {
  return siteIds === null || siteIds.includes(siteId);
}

/** What somebody may do with a site: another's is not found, whatever is asked. */
export function siteAccess(who: Who, permission: SitePermission, siteId: string): Access {
  if (who.disabled || !seesSite(who, siteId)) return 'not_found';
  return grants(SITE_PERMISSIONS[permission], who.role) ? 'allowed' : 'forbidden';
}

/** Whether somebody may do this: with this site, or with the server as a whole. */
export function can(who: Who, permission: SitePermission, siteId: string): boolean;
export function can(who: Who, permission: ServerPermission): boolean;
export function can(who: Who, permission: SitePermission | ServerPermission, siteId?: string): boolean {
  if (who.disabled) return false;
  if (isServerPermission(permission)) return grants(SERVER_PERMISSIONS[permission], who.role);
  return siteId !== undefined && siteAccess(who, permission, siteId) === 'allowed';
}

/** The roles somebody may give and whose users they may change: owners all, admins all but owners. */
export function manageableRoles({ role, disabled }: Pick<Who, 'role' | 'disabled'>): readonly Role[] {
  if (disabled) return [];
  if (role === 'owner') return ALL;
  return role === 'admin' ? ['admin', 'member', 'viewer'] : [];
}

const grants = (roles: readonly Role[], role: Role) => roles.includes(role);

function isServerPermission(permission: SitePermission | ServerPermission): permission is ServerPermission {
  return Object.hasOwn(SERVER_PERMISSIONS, permission);
}
