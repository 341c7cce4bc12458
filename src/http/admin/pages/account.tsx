import type { Refused } from '../../../accounts/accounts.ts';
import type { StoredSession, StoredUser } from '../../../store/accounts.ts';
import { PostForm, Submit, TextField } from '../components/form.tsx';
import { Card, Moment, PageTitle } from '../components/parts.tsx';
import type { AdminRoute, Outcome, PageOutcome, UserRequest } from '../route.ts';
import { NewPassword } from './links.tsx';

interface AccountProps {
  user: StoredUser;
  sessions: readonly { session: StoredSession; current: boolean }[];
  recoveryCodesLeft: number;
  now: number;
  csrf: string;
  refused: Refused<string> | null;
}

export function Account({ user, sessions, recoveryCodesLeft, now, csrf, refused }: AccountProps) {
  const errorOf = (field: string) => (refused?.field === field ? refused.message : undefined);
  return (
    <>
      <PageTitle title="Your account" lead={`${user.email} · ${user.role}`} />
      <Card title="Name">
        <PostForm action="/admin/account/name" csrf={csrf}>
          <TextField name="name" label="Name" value={user.name} autocomplete="name" required error={errorOf('name')} />
          <Submit text="Save" />
        </PostForm>
      </Card>
      <Card title="Password">
        <PostForm action="/admin/account/password" csrf={csrf}>
          <TextField
            name="current_password"
            label="Present password"
            type="password"
            autocomplete="current-password"
            required
            error={errorOf('current_password')}
          />
          <NewPassword label="New password" error={errorOf('password')} />
          <Submit text="Change password" />
        </PostForm>
      </Card>
      <SecondFactorCard user={user} recoveryCodesLeft={recoveryCodesLeft} csrf={csrf} />
      <SessionsCard sessions={sessions} now={now} csrf={csrf} />
    </>
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
      <div class="table-frame">
        <table class="stack">
          <thead>
            <tr>
              <th>Browser</th>
              <th>Signed in</th>
              <th>Last seen</th>
              <th>
                <span class="hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
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
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function accountPage({ visit, services, now, csrf }: UserRequest, refused: Refused<string> | null = null): PageOutcome {
  const { accounts } = services;
  const body = (
    <Account
      user={visit.user}
      sessions={accounts.sessions(visit)}
      recoveryCodesLeft={accounts.recoveryCodesLeft(visit)}
      now={now}
      csrf={csrf}
      refused={refused}
    />
  );
  return { title: 'Your account', body, status: refused === null ? 200 : 422 };
}

function TotpSetUp({
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

function RecoveryCodes({ codes }: { codes: readonly string[] }) {
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
        <button type="button" class="button" data-copy="#codes" hidden>
          Copy
        </button>
        <a class="button primary" href="/admin/account">
          I have kept them
        </a>
      </p>
    </>
  );
}

async function confirmTotp({ visit, services, form, csrf }: UserRequest): Promise<Outcome> {
  const result = await services.accounts.confirmTotp(visit, form.text('code'));
  if (result.ok) return { title: 'Your recovery codes', body: <RecoveryCodes codes={result.recoveryCodes} /> };
  if (result.refused === 'none') return { to: '/admin/account' };
  const [secret, uri] = [form.text('secret'), form.text('uri')];
  const body = (
    <TotpSetUp secret={secret} uri={uri.startsWith('otpauth://') ? uri : '#'} csrf={csrf} error={result.message} />
  );
  return { title: 'Set up the second factor', body, status: 422 };
}

export const accountRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/account', needs: 'user', run: (request) => accountPage(request) },
  {
    method: 'POST',
    path: '/admin/account/name',
    needs: 'user',
    async run(request) {
      const result = await request.services.accounts.rename(request.visit, request.form.text('name'));
      return result.ok ? { to: '/admin/account', notice: 'saved' } : accountPage(request, result);
    },
  },
  {
    method: 'POST',
    path: '/admin/account/password',
    needs: 'user',
    async run(request) {
      const { form, services, visit } = request;
      const input = { current: form.text('current_password'), password: form.text('password') };
      const result = await services.accounts.changePassword(visit, input);
      return result.ok ? { to: '/admin/account', notice: 'password_changed' } : accountPage(request, result);
    },
  },
  {
    method: 'POST',
    path: '/admin/account/totp',
    needs: 'user',
    recent: true,
    async run({ services, visit, csrf }) {
      const result = await services.accounts.beginTotp(visit);
      if (!result.ok) return { to: '/admin/account' };
      const body = <TotpSetUp secret={result.secret} uri={result.uri} csrf={csrf} error={undefined} />;
      return { title: 'Set up the second factor', body };
    },
  },
  { method: 'POST', path: '/admin/account/totp/confirm', needs: 'user', recent: true, run: confirmTotp },
  {
    method: 'POST',
    path: '/admin/account/totp/off',
    needs: 'user',
    recent: true,
    async run({ services, visit }) {
      await services.accounts.dropTotp(visit);
      return { to: '/admin/account', notice: 'second_factor_off' };
    },
  },
  {
    method: 'POST',
    path: '/admin/account/recovery-codes',
    needs: 'user',
    recent: true,
    async run({ services, visit }) {
      const result = await services.accounts.renewRecoveryCodes(visit);
      if (!result.ok) return { to: '/admin/account' };
      return { title: 'Your recovery codes', body: <RecoveryCodes codes={result.recoveryCodes} /> };
    },
  },
  {
    method: 'POST',
    path: '/admin/account/sessions/end-others',
    needs: 'user',
    async run({ services, visit }) {
      await services.accounts.revokeOtherSessions(visit);
      return { to: '/admin/account', notice: 'sessions_ended' };
    },
  },
  {
    method: 'POST',
    path: '/admin/account/sessions/:id/end',
    needs: 'user',
    async run({ services, visit, params }) {
      await services.accounts.revokeSession(visit, params.id ?? '');
      return { to: '/admin/account', notice: 'session_ended' };
    },
  },
];
