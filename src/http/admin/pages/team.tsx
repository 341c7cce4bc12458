import type { Refused } from '../../../accounts/accounts.ts';
import { can, manageableRoles } from '../../../accounts/permissions.ts';
import type { Role } from '../../../contract/user.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import type { StoredLink, StoredUser } from '../../../store/accounts.ts';
import type { Site } from '../../../store/store.ts';
import { ChecksField, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { Card, Moment, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import type { FormData } from '../form-data.ts';
import type { AdminRoute, Outcome, PageOutcome, UserRequest } from '../route.ts';

const ROLE_TEXT: Readonly<Record<Role, string>> = {
  owner: 'Owner: everything, also backups and other owners',
  admin: 'Admin: every site, keys, sheets and the team',
  member: 'Member: works with the leads of chosen sites',
  viewer: 'Viewer: looks at the leads of chosen sites',
};

interface TeamProps {
  users: readonly StoredUser[];
  invitations: readonly StoredLink[];
  sites: readonly Site[];
  mayEdit: boolean;
  now: number;
  csrf: string;
}

export function Team({ users, invitations, sites, mayEdit, now, csrf }: TeamProps) {
  return (
    <>
      <PageTitle
        title="Team"
        action={
          mayEdit ? (
            <a class="button primary" href="/admin/team/invite">
              Invite
            </a>
          ) : null
        }
      />
      <div class="table-frame">
        <table class="stack">
          <thead>
            <tr>
              <th>Name</th>
              <th>Role</th>
              <th>Sites</th>
              <th>Second factor</th>
              <th>Last sign-in</th>
              <th>Status</th>
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <tr key={user.id}>
                <td data-label="Name">
                  <a class="row" href={`/admin/team/${user.id}`}>
                    {user.name || user.email}
                  </a>
                  <div class="muted">{user.email}</div>
                </td>
                <td data-label="Role">{user.role}</td>
                <td data-label="Sites">{sitesText(user.siteIds, sites)}</td>
                <td data-label="Second factor">{user.secondFactor ? 'On' : 'Off'}</td>
                <td data-label="Last sign-in">
                  <Moment at={user.lastSignInAt} now={now} zone="UTC" />
                </td>
                <td data-label="Status">
                  <Status is={user.disabled ? 'disabled' : 'active'} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {invitations.length > 0 ? <Invitations links={invitations} mayEdit={mayEdit} now={now} csrf={csrf} /> : null}
    </>
  );
}

function sitesText(siteIds: readonly string[] | null, sites: readonly Site[]): string {
  if (siteIds === null) return 'All';
  const names = sites.filter(({ id }) => siteIds.includes(id)).map(({ name }) => name);
  return names.length === 0 ? 'None' : names.join(', ');
}

function Invitations({
  links,
  mayEdit,
  now,
  csrf,
}: {
  links: readonly StoredLink[];
  mayEdit: boolean;
  now: number;
  csrf: string;
}) {
  return (
    <Card title="Invitations that wait">
      <ul class="plain-list">
        {links.map((link) => (
          <li key={link.id}>
            {link.email ?? 'Whoever has the link'} · {link.role} · until{' '}
            <Moment at={link.expiresAt} now={now} zone="UTC" />{' '}
            {mayEdit ? (
              <PostForm action={`/admin/team/invitations/${link.id}/revoke`} csrf={csrf} class="inline">
                <button type="submit" class="link">
                  Revoke
                </button>
              </PostForm>
            ) : null}
          </li>
        ))}
      </ul>
    </Card>
  );
}

interface MemberFields {
  role: Role;
  siteIds: readonly string[];
}

function RoleAndSites(
  props: MemberFields & { roles: readonly Role[]; sites: readonly Site[]; refused: Refused<string> | null },
) {
  const { role, siteIds, roles, sites, refused } = props;
  const errorOf = (field: string) => (refused?.field === field ? refused.message : undefined);
  return (
    <>
      <SelectField
        name="role"
        label="Role"
        value={role}
        choices={roles.map((each) => ({ value: each, text: ROLE_TEXT[each] }))}
        error={errorOf('role')}
      />
      <ChecksField
        name="site_ids"
        legend="Sites, for members and viewers"
        values={siteIds}
        choices={sites.map(({ id, name }) => ({ value: id, text: name }))}
        help="Owners and admins see all sites."
        error={errorOf('site_ids')}
      />
    </>
  );
}

function InviteForm(
  props: MemberFields & {
    email: string;
    roles: readonly Role[];
    sites: readonly Site[];
    csrf: string;
    refused: Refused<string> | null;
  },
) {
  const { email, csrf, refused } = props;
  return (
    <>
      <PageTitle title="Invite" lead="You get a link to pass on. It works once, for 7 days." />
      <Refusal refused={refused} />
      <PostForm action="/admin/team/invite" csrf={csrf}>
        <TextField
          name="email"
          label="E-mail"
          type="email"
          value={email}
          help="Leave it empty for a link that whoever gets it may use."
          error={refused?.field === 'email' ? refused.message : undefined}
        />
        <RoleAndSites {...props} />
        <Submit text="Make the link" />
      </PostForm>
    </>
  );
}

/** A link is shown at the only moment it is known. */
function LinkMade({ title, lead, url }: { title: string; lead: string; url: string }) {
  return (
    <>
      <PageTitle title={title} lead={lead} />
      <p class="secret">
        <code id="link">{url}</code>
        <button type="button" class="button small" data-copy="#link" hidden>
          Copy
        </button>
      </p>
      <p>
        <a href="/admin/team">Back to the team</a>
      </p>
    </>
  );
}

function Refusal({ refused }: { refused: Refused<string> | null }) {
  if (refused === null || refused.field !== null) return null;
  return (
    <p class="error" role="alert">
      {refused.message}
    </p>
  );
}

function UserPage(props: {
  user: StoredUser;
  own: boolean;
  roles: readonly Role[];
  sites: readonly Site[];
  csrf: string;
  refused: Refused<string> | null;
}) {
  const { user, own, roles, csrf, refused } = props;
  const reachable = roles.includes(user.role) && !own;
  const action = `/admin/team/${user.id}`;
  return (
    <>
      <PageTitle title={user.name || user.email} lead={user.email} />
      <Refusal refused={refused} />
      {reachable ? (
        <>
          <Card title="What they may do">
            <PostForm action={action} csrf={csrf}>
              <RoleAndSites {...props} role={user.role} siteIds={user.siteIds ?? []} />
              <Submit text="Save" />
            </PostForm>
          </Card>
          <Card title="Password">
            <p class="muted">
              A link with which they choose a new one. It works once, for an hour, and ends all their sessions.
            </p>
            <PostForm action={`${action}/reset`} csrf={csrf}>
              <Submit text="Make the link" />
            </PostForm>
          </Card>
          <Card title={user.disabled ? 'Let them in again' : 'Keep them out'}>
            <div class="actions">
              <PostForm action={`${action}/${user.disabled ? 'enable' : 'disable'}`} csrf={csrf} class="inline">
                <button type="submit" class="button">
                  {user.disabled ? 'Enable' : 'Disable'}
                </button>
              </PostForm>
              <details class="menu-button">
                <summary class="button danger">Delete</summary>
                <PostForm action={`${action}/delete`} csrf={csrf}>
                  <p>{user.email} can’t sign in any more. What they did stays in the audit log.</p>
                  <Submit text="Delete user" danger />
                </PostForm>
              </details>
            </div>
          </Card>
        </>
      ) : (
        <p class="muted">{own ? 'This is you: see Your account.' : 'Only an owner can change this user.'}</p>
      )}
    </>
  );
}

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
  return {
    title: 'Invitation',
    body: <LinkMade title="The invitation is made" lead={lead} url={services.publicUrl() + result.path} />,
  };
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
  const { services, visit, params } = request;
  const result = await services.accounts.issueReset(visit, params.id ?? '');
  if (!result.ok) return userPage(request, result);
  const lead = 'Pass it on. It works once, for an hour, and is shown only now.';
  return {
    title: 'Reset link',
    body: <LinkMade title="The link is made" lead={lead} url={services.publicUrl() + result.path} />,
  };
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
