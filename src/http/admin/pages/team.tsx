/** @jsxImportSource preact */
import type { Refused } from '../../../accounts/accounts.ts';
import { can, manageableRoles } from '../../../accounts/permissions.ts';
import type { Role } from '../../../contract/user.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import type { FormData } from '../form-data.ts';
import type { AdminRoute, Outcome, PageOutcome, UserRequest } from '../route.ts';
import { shownOnce, showOnce } from '../shown-once.tsx';
import { InviteForm, LinkMade, ROLE_TEXT, Team, UserPage } from './team-view.tsx';

const allSites = ({ services }: UserRequest) => services.store.sites.list();

function inviteInput(form: FormData): { email: string | null; role: Role; siteIds: readonly string[] } {
  return { email: form.text('email').trim() || null, role: roleOf(form.text('role')), siteIds: form.all('site_ids') };
}

const roleOf = (text: string): Role => (Object.hasOwn(ROLE_TEXT, text) ? (text as Role) : 'viewer');

function invitePage(request: UserRequest, refused: Refused<string> | null): PageOutcome {
  const { form, visit, csrf } = request;
  const input = refused === null ? { email: '', role: 'member' as Role, siteIds: [] } : inviteInput(form);
  const body = (
    <InviteForm
      {...input}
      email={input.email ?? ''}
      roles={manageableRoles(visit.user)}
      sites={allSites(request)}
      csrf={csrf}
      refused={refused}
    />
  );
  return { title: 'Invite', body, status: refused === null ? 200 : 422 };
}

async function invite(request: UserRequest): Promise<Outcome> {
  const { services, visit, form } = request;
  const result = await services.accounts.invite(visit, inviteInput(form));
  if (!result.ok) return invitePage(request, result);
  const lead = 'Pass it on. It works once, for 7 days, and is shown only now.';
  return showOnce(request, `/admin/team/invitations/${result.link.id}/link`, {
    title: 'Invitation',
    body: <LinkMade title="The invitation is made" lead={lead} url={services.publicUrl() + result.path} />,
  });
}

function userPage(request: UserRequest, refused: Refused<string> | null = null): PageOutcome {
  const { services, params, visit, csrf } = request;
  const user = services.accounts.user(params.id ?? '');
  if (!user) throw notFound('user');
  const body = (
    <UserPage
      user={user}
      own={user.id === visit.user.id}
      roles={manageableRoles(visit.user)}
      sites={allSites(request)}
      csrf={csrf}
      refused={refused}
    />
  );
  return { title: user.name || user.email, body, status: refused === null ? 200 : 422 };
}

async function reset(request: UserRequest): Promise<Outcome> {
  const { services, visit, params, form } = request;
  const dropSecondFactor = form.text('drop') === 'yes';
  const result = await services.accounts.issueReset(visit, params.id ?? '', { dropSecondFactor });
  if (!result.ok) return userPage(request, result);
  const lead = 'Pass it on. It works once, for an hour, and is shown only now.';
  return showOnce(request, `/admin/team/${params.id}/link`, {
    title: 'Reset link',
    body: <LinkMade title="The link is made" lead={lead} url={services.publicUrl() + result.path} />,
  });
}

/** A change of one user that goes back to their page, or says there why not. */
const change = (
  path: string,
  run: (request: UserRequest, id: string) => Promise<{ ok: true } | Refused<string>>,
): AdminRoute => ({
  method: 'POST',
  path: `/admin/team/:id${path}`,
  needs: 'team.edit',
  recent: true,
  async run(request) {
    const id = request.params.id ?? '';
    const result = await run(request, id);
    if (result.ok) return { to: `/admin/team/${id}`, notice: 'saved' };
    if (result.refused === 'not_found') throw new AppError('not_found', result.message);
    return userPage(request, result);
  },
});

export const teamRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/admin/team',
    needs: 'team.read',
    run(request) {
      const { services, visit, now, csrf } = request;
      const { accounts } = services;
      const body = (
        <Team
          users={accounts.users()}
          invitations={accounts.invitations()}
          sites={allSites(request)}
          mayEdit={can(visit.user, 'team.edit')}
          now={now}
          csrf={csrf}
        />
      );
      return { title: 'Team', body };
    },
  },
  { method: 'GET', path: '/admin/team/invite', needs: 'team.edit', run: (request) => invitePage(request, null) },
  { method: 'POST', path: '/admin/team/invite', needs: 'team.edit', recent: true, run: invite },
  {
    method: 'GET',
    path: '/admin/team/invitations/:id/link',
    needs: 'team.edit',
    run: (request) => shownOnce(request, { href: '/admin/team/invite', text: 'Invite again' }),
  },
  {
    method: 'POST',
    path: '/admin/team/invitations/:id/revoke',
    needs: 'team.edit',
    async run({ services, visit, params }) {
      const result = await services.accounts.revokeInvitation(visit, params.id ?? '');
      if (!result.ok) throw new AppError('not_found', result.message);
      return { to: '/admin/team', notice: 'revoked' };
    },
  },
  { method: 'GET', path: '/admin/team/:id', needs: 'team.read', run: (request) => userPage(request) },
  {
    method: 'GET',
    path: '/admin/team/:id/link',
    needs: 'team.edit',
    run: (request) => shownOnce(request, { href: `/admin/team/${request.params.id}`, text: 'Go to the user' }),
  },
  { method: 'POST', path: '/admin/team/:id/reset', needs: 'team.edit', recent: true, run: reset },
  change('', ({ services, visit, form }, id) =>
    services.accounts.updateUser(visit, id, { role: roleOf(form.text('role')), siteIds: form.all('site_ids') }),
  ),
  change('/disable', ({ services, visit }, id) => services.accounts.updateUser(visit, id, { disabled: true })),
  change('/enable', ({ services, visit }, id) => services.accounts.updateUser(visit, id, { disabled: false })),
  {
    method: 'POST',
    path: '/admin/team/:id/delete',
    needs: 'team.edit',
    recent: true,
    async run(request) {
      const result = await request.services.accounts.deleteUser(request.visit, request.params.id ?? '');
      return result.ok ? { to: '/admin/team', notice: 'user_deleted' } : userPage(request, result);
    },
  },
];
