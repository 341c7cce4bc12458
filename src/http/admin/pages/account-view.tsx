/** @jsxImportSource preact */
import type { Refused } from '../../../accounts/accounts.ts';
import type { Party } from '../../../accounts/webauthn.ts';
import type { StoredIdentity, StoredPasskey, StoredSession, StoredUser } from '../../../store/accounts.ts';
import { CopyButton } from '../components/copy.tsx';
import { errorOf, PostForm, Submit, TextField } from '../components/form.tsx';
import { Card, Moment, PageTitle } from '../components/parts.tsx';
import { QrCode, type QrSquares } from '../components/qr.tsx';
import { StackTable } from '../components/table.tsx';
import { IdentitiesCard, SetFirstPassword } from './account-oidc.tsx';
import { NewPassword } from './links.tsx';
import { PasskeysCard } from './passkeys-view.tsx';

interface AccountProps {
  user: StoredUser;
  sessions: readonly { session: StoredSession; current: boolean }[];
  recoveryCodesLeft: number;
  hasPassword: boolean;
  identities: readonly StoredIdentity[];
  /** Single sign-on, as it is set. */
  provider: { name: string; issuer: string } | null;
  passkeys: readonly StoredPasskey[];
  /** Null: this server's address has no passkeys. */
  party: Party | null;
  now: number;
  csrf: string;
  refused: Refused<string> | null;
}

export function Account(props: AccountProps) {
  const { user, sessions, recoveryCodesLeft, hasPassword, now, csrf, refused } = props;
  return (
    <>
      <PageTitle title="Your account" lead={`${user.email} · ${user.role}`} />
      <Card title="Profile">
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
      <PasskeysCard {...props} />
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
      <p class={user.secondFactor ? undefined : 'muted'}>{factorText(user)}</p>
      {user.secondFactor ? (
        <p class="help">
          {recoveryCodesLeft} recovery {recoveryCodesLeft === 1 ? 'code is' : 'codes are'} left.
        </p>
      ) : null}
      <div class="actions after">
        {user.totp ? null : (
          <PostForm action="/admin/account/totp" csrf={csrf} class="inline">
            <button type="submit" class={user.secondFactor ? 'button' : 'button primary'}>
              Set up an app
            </button>
          </PostForm>
        )}
        {user.secondFactor ? (
          <PostForm action="/admin/account/recovery-codes" csrf={csrf} class="inline">
            <button type="submit" class="button">
              Make new recovery codes
            </button>
          </PostForm>
        ) : null}
        {user.totp ? (
          <PostForm action="/admin/account/totp/off" csrf={csrf} class="inline">
            <button type="submit" class="button danger">
              Switch the app off
            </button>
          </PostForm>
        ) : null}
      </div>
    </Card>
  );
}

function factorText({ totp, passkeys }: Pick<StoredUser, 'totp' | 'passkeys'>): string {
  if (totp && passkeys > 0)
    return 'Your password alone is not enough: signing in takes a code from your app or a passkey.';
  if (totp) return 'Signing in takes a code from your app.';
  if (passkeys > 0) return 'Your password alone is not enough: signing in takes a passkey.';
  return 'With it a stolen password is not enough: signing in also takes a code from an app on your phone.';
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

export interface TotpSetUpProps {
  secret: string;
  uri: string;
  qr: QrSquares | null;
  csrf: string;
  error: string | undefined;
}

export function TotpSetUp({ secret, uri, qr, csrf, error }: TotpSetUpProps) {
  return (
    <>
      <PageTitle
        title="Set up the second factor"
        lead="Scan this with an authenticator app, then enter the code that it shows."
      />
      {qr === null ? null : <QrCode squares={qr} label="QR code of the key below" />}
      <div class="form after">
        <p>
          You can’t scan it? <a href={uri}>Open it in an app on this device</a>, or type this key into the app:
        </p>
        <p class="secret">
          <code>{secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
        </p>
      </div>
      <PostForm action="/admin/account/totp/confirm" csrf={csrf} class="form after">
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
        lead="Each lets you in once when you have lost your phone or your passkey. They are shown only now."
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
