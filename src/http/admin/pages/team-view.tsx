/** @jsxImportSource preact */
import type { Refused } from '../../../accounts/accounts.ts';
import type { Role } from '../../../contract/user.ts';
import type { StoredLink, StoredUser } from '../../../store/accounts.ts';
import type { Site } from '../../../store/store.ts';
import { Secret } from '../components/copy.tsx';
import { ChecksField, errorOf, PostForm, Refusal, SelectField, Submit, TextField } from '../components/form.tsx';
import { Card, Moment, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { StackTable } from '../components/table.tsx';

export const ROLE_TEXT: Readonly<Record<Role, string>> = {
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
      <StackTable columns={['Name', 'Role', 'Sites', 'Second factor', 'Last sign-in', 'Status']}>
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
      </StackTable>
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
  return (
    <>
      <SelectField
        name="role"
        label="Role"
        value={role}
        choices={roles.map((each) => ({ value: each, text: ROLE_TEXT[each] }))}
        error={errorOf(refused, 'role')}
      />
      <ChecksField
        name="site_ids"
        legend="Sites, for members and viewers"
        values={siteIds}
        choices={sites.map(({ id, name }) => ({ value: id, text: name }))}
        help="Owners and admins see all sites."
        error={errorOf(refused, 'site_ids')}
      />
    </>
  );
}

export function InviteForm(
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
          error={errorOf(refused, 'email')}
        />
        <RoleAndSites {...props} />
        <Submit text="Make the link" />
      </PostForm>
    </>
  );
}

/** A link is shown at the only moment it is known. */
export function LinkMade({ title, lead, url }: { title: string; lead: string; url: string }) {
  return (
    <>
      <PageTitle title={title} lead={lead} />
      <Secret id="link" text={url} />
      <p>
        <a href="/admin/team">Back to the team</a>
      </p>
    </>
  );
}

export function UserPage(props: {
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
              {user.secondFactor && roles.includes('owner') ? (
                <ChecksField
                  name="drop"
                  legend="Have they lost their second factor?"
                  values={[]}
                  choices={[{ value: 'yes', text: 'Switch it off too', help: 'Their passkeys are removed with it.' }]}
                />
              ) : null}
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
