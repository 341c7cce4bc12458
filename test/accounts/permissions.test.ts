import { describe, expect, test } from 'bun:test';
import {
  can,
  manageableRoles,
  SERVER_PERMISSIONS,
  type ServerPermission,
  SITE_PERMISSIONS,
  type SitePermission,
  siteAccess,
  type Who,
} from '../../src/accounts/permissions.ts';
import { ROLES, type Role } from '../../src/contract/user.ts';

const sitePermissions = Object.keys(SITE_PERMISSIONS) as SitePermission[];
const serverPermissions = Object.keys(SERVER_PERMISSIONS) as ServerPermission[];
const who = (role: Role, disabled = false): Who => ({
  role,
  siteIds: role === 'owner' || role === 'admin' ? null : ['site_own'],
  disabled,
});
const allowed = (role: Role) => [
  ...sitePermissions.filter((permission) => can(who(role), permission, 'site_own')),
  ...serverPermissions.filter((permission) => can(who(role), permission)),
];

describe('roles', () => {
  test('each role may do all that the one below may', () => {
    for (const [i, role] of ROLES.entries()) {
      const below = ROLES[i + 1];
      if (below) expect(allowed(role)).toEqual(expect.arrayContaining(allowed(below)));
    }
    expect(allowed('owner')).toHaveLength(sitePermissions.length + serverPermissions.length);
  });

  test('a viewer reads and no more', () => {
    expect(allowed('viewer').sort()).toEqual([
      'deliveries.read',
      'forms.read',
      'leads.read',
      'sheet.read',
      'site.read',
    ]);
  });

  test('a member edits leads, and nothing that belongs to the site or the server', () => {
    const more = allowed('member').filter((permission) => !allowed('viewer').includes(permission));
    expect(more.sort()).toEqual([
      'deliveries.replay',
      'leads.edit',
      'leads.export',
      'notifications.read',
      'routes.read',
      'sources.read',
    ]);
  });

  test('an admin may do everything but what touches the secrets of all', () => {
    const missing = allowed('owner').filter((permission) => !allowed('admin').includes(permission));
    expect(missing).toEqual(['system.edit']);
  });

  test('owners manage all, admins all but owners, others nobody; who is disabled nobody either', () => {
    expect(ROLES.map((role) => manageableRoles(who(role)))).toEqual([
      ['owner', 'admin', 'member', 'viewer'],
      ['admin', 'member', 'viewer'],
      [],
      [],
    ]);
    for (const role of ROLES) expect(manageableRoles(who(role, true))).toEqual([]);
  });
});

describe('sites', () => {
  test("another's site is not found, whatever is asked; an own one is forbidden at most", () => {
    for (const role of ROLES) {
      for (const permission of sitePermissions) {
        const roles: readonly Role[] = SITE_PERMISSIONS[permission];
        const own = roles.includes(role) ? 'allowed' : 'forbidden';
        expect([role, permission, siteAccess(who(role), permission, 'site_own')]).toEqual([role, permission, own]);
        const other = who(role).siteIds === null ? own : 'not_found';
        expect([role, permission, siteAccess(who(role), permission, 'site_other')]).toEqual([role, permission, other]);
        expect(can(who(role), permission, 'site_other')).toBe(other === 'allowed');
      }
    }
  });

  test('who is disabled finds and may do nothing', () => {
    for (const role of ROLES) {
      for (const permission of sitePermissions) {
        expect(siteAccess(who(role, true), permission, 'site_own')).toBe('not_found');
        expect(can(who(role, true), permission, 'site_own')).toBe(false);
      }
      for (const permission of serverPermissions) expect(can(who(role, true), permission)).toBe(false);
    }
  });
});
