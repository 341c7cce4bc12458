import type { Refused } from '../../../accounts/accounts.ts';
import type { StoredIdentity, StoredSession, StoredUser } from '../../../store/accounts.ts';
import { CopyButton } from '../components/copy.tsx';
import { errorOf, PostForm, Submit, TextField } from '../components/form.tsx';
import { Card, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import { IdentitiesCard, SetFirstPassword } from './account-oidc.tsx';
import { NewPassword } from './links.tsx';

interface AccountProps {
  user: StoredUser;
  sessions: readonly { session: StoredSession; current: boolean }[];
  recoveryCodesLeft: number;
  hasPassword: boolean;
  identities: readonly StoredIdentity[];
  /** Single sign-on, as it is set. */
  provider: { name: string; issuer: string } | null;
  now: number;
  csrf: string;
  refused: Refused<string> | null;
}

export function Account(props: AccountProps) {
  const { user, sessions, recoveryCodesLeft, hasPassword, now, csrf, refused } = props;
  return (
    <>
      <PageTitle title="Your account" lead={`${user.email} · ${user.role}`} />
      <Card title="Name">
        <PostForm action="/admin/account/name" csrf={csrf}>
          <TextField
            name="name"
            label="Name"
            value={user.name}
            autocomplete="name"
            required
            error={errorOf(refused, 'name')}
          />
          <Submit text="Save" />
        </PostForm>
      </Card>
      <Card title="Password">
        {hasPassword ? <ChangePassword csrf={csrf} refused={refused} /> : <SetFirstPassword csrf={csrf} />}
      </Card>
      <IdentitiesCard {...props} />
      <SecondFactorCard user={user} recoveryCodesLeft={recoveryCodesLeft} csrf={csrf} />
      <SessionsCard sessions={sessions} now={now} csrf={csrf} />
    </>
  );
}

function ChangePassword({ csrf, refused }: Pick<AccountProps, 'csrf' | 'refused'>) {
  return (
    <PostForm action="/admin/account/password" csrf={csrf}>
      <TextField
        name="current_password"
        label="Present password"
        type="password"
        autocomplete="current-password"
        required
        error={errorOf(refused, 'current_password')}
      />
      <NewPassword label="New password" error={errorOf(refused, 'password')} />
      <Submit text="Change password" />
    </PostForm>
  );
}

function SecondFactorCard({
  user,
  recoveryCodesLeft,
  csrf,
}: Pick<AccountProps, 'user' | 'recoveryCodesLeft' | 'csrf'>) {
  return (
    <Card title="Second factor">
      {user.secondFactor ? (
        <>
          <p>
            Signing in takes a code from your app. {recoveryCodesLeft} recovery{' '}
            {recoveryCodesLeft === 1 ? 'code is' : 'codes are'} left.
          </p>
          <div class="actions">
            <PostForm action="/admin/account/recovery-codes" csrf={csrf} class="inline">
              <button type="submit" class="button">
                Make new recovery codes
              </button>
            </PostForm>
            <PostForm action="/admin/account/totp/off" csrf={csrf} class="inline">
              <button type="submit" class="button danger">
                Switch off
              </button>
            </PostForm>
          </div>
        </>
      ) : (
        <>
          <p class="muted">
            With it a stolen password is not enough: signing in also takes a code from an app on your phone.
          </p>
          <PostForm action="/admin/account/totp" csrf={csrf}>
            <Submit text="Set up" />
          </PostForm>
        </>
      )}
    </Card>
  );
}

function SessionsCard({ sessions, now, csrf }: Pick<AccountProps, 'sessions' | 'now' | 'csrf'>) {
  return (
    <Card
      title="Where you are signed in"
      action={
        sessions.length > 1 ? (
          <PostForm action="/admin/account/sessions/end-others" csrf={csrf} class="inline">
            <button type="submit" class="link">
              End all others
            </button>
          </PostForm>
        ) : null
      }
    >
      <StackTable columns={['Browser', 'Signed in', 'Last seen', { text: 'Action', unseen: true }]}>
        {sessions.map(({ session, current }) => (
          <tr key={session.id}>
            <td data-label="Browser">
              {[session.browser, session.os].filter(Boolean).join(' on ') || 'Unknown'}
              {current ? <span class="muted"> · this one</span> : null}
            </td>
            <td data-label="Signed in">
              <Moment at={session.createdAt} now={now} zone="UTC" />
            </td>
            <td data-label="Last seen">
              <Moment at={session.lastSeenAt} now={now} zone="UTC" />
            </td>
            <td data-label="">
              {current ? null : (
                <PostForm action={`/admin/account/sessions/${session.id}/end`} csrf={csrf} class="inline">
                  <button type="submit" class="link">
                    End
                  </button>
                </PostForm>
              )}
            </td>
          </tr>
        ))}
      </StackTable>
    </Card>
  );
}

export function TotpSetUp({
  secret,
  uri,
  csrf,
  error,
}: {
  secret: string;
  uri: string;
  csrf: string;
  error: string | undefined;
}) {
  return (
    <>
      <PageTitle
        title="Set up the second factor"
        lead="Add this to an authenticator app, then enter the code that it shows."
      />
      <p>
        <a href={uri}>Open in an app on this device</a>, or type this key into it:
      </p>
      <p class="secret">
        <code>{secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <PostForm action="/admin/account/totp/confirm" csrf={csrf}>
        <input type="hidden" name="secret" value={secret} />
        <input type="hidden" name="uri" value={uri} />
        <TextField
          name="code"
          label="Code"
          autocomplete="one-time-code"
          inputmode="numeric"
          required
          autofocus
          help="Six digits."
          error={error}
        />
        <Submit text="Switch on" />
      </PostForm>
    </>
  );
}

export function RecoveryCodes({ codes }: { codes: readonly string[] }) {
  return (
    <>
      <PageTitle
        title="Your recovery codes"
        lead="Each lets you in once when you don’t have your phone. They are shown only now."
      />
      <pre class="code" tabindex={0} id="codes">
        {codes.join('\n')}
      </pre>
      <p class="actions">
        <CopyButton of="codes" />
        <a class="button primary" href="/admin/account">
          I have kept them
        </a>
      </p>
    </>
  );
}
