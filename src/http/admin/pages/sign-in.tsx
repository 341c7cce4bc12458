/** @jsxImportSource preact */
import type { Refused, SignedIn } from '../../../accounts/accounts.ts';
import type { Party } from '../../../accounts/webauthn.ts';
import type { StoredUser } from '../../../store/accounts.ts';
import { PASSKEY_JS } from '../../pages/assets.ts';
import { Alert, errorOf, PostForm, Refusal, Submit, TextField } from '../components/form.tsx';
import { OrContinue, startOf } from '../components/oidc.tsx';
import { OrPasskey, PASSKEYS_NEED, PasskeyForm, partyFor } from '../components/passkey.tsx';
import type { AdminRequest, AdminRoute, MoveOutcome, PageOutcome } from '../route.ts';
import { sessionCookie, sessionToken } from '../session.ts';

/** A page of this server to go on to; nothing that leads elsewhere. */
export function nextOf(text: string): string {
  return /^\/admin(\/[\w/.?=&%-]*)?$/.test(text) && !text.includes('..') ? text : '/admin';
}

export const secure = ({ services }: AdminRequest) => services.publicUrl().startsWith('https:');

/** Hands the browser its session and goes on. */
export function enter(request: AdminRequest, signedIn: Pick<SignedIn, 'token' | 'expiresAt'>, to: string): MoveOutcome {
  const seconds = (signedIn.expiresAt - request.now) / 1000;
  return { to, headers: { 'set-cookie': sessionCookie(signedIn.token, secure(request), seconds) } };
}

interface SignInProps {
  email: string;
  next: string;
  refused: Refused<string> | null;
}

interface Ways {
  /** Single sign-on, by name. */
  provider: string | null;
  party: Party | null;
}

export function SignIn({ email, next, refused, provider, party }: SignInProps & Ways) {
  return (
    <>
      {refused ? <Alert text={refused.message} /> : null}
      <PostForm action="/admin/sign-in" csrf="">
        <input type="hidden" name="next" value={next} />
        <TextField
          name="email"
          label="E-mail"
          type="email"
          value={email}
          autocomplete="username"
          required
          autofocus={email === ''}
        />
        <TextField
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          required
          autofocus={email !== ''}
        />
        <Submit text="Sign in" />
      </PostForm>
      <p class="help after">Forgot it? An owner or admin can make you a link for a new one.</p>
      {provider === null ? null : <OrContinue href={startOf({ next })} text={`Sign in with ${provider}`} />}
      {party === null ? null : (
        <>
          {provider === null ? <OrPasskey party={party} /> : null}
          <PasskeyForm
            party={party}
            action="/admin/sign-in/passkey"
            name="passkey"
            options="/admin/sign-in/passkey/options"
            csrf=""
            kept={[['next', next]]}
            text="Sign in with a passkey"
          />
        </>
      )}
    </>
  );
}

/** The page where people sign in, by whatever way there is. */
export function signInPage({ services }: AdminRequest, props: SignInProps): PageOutcome {
  const provider = services.accounts.singleSignOn?.name ?? null;
  return page('Sign in', <SignIn {...props} provider={provider} party={partyFor(services)} />, props.refused);
}

async function signIn(request: AdminRequest): Promise<MoveOutcome | PageOutcome> {
  const { form, services } = request;
  const email = form.text('email');
  const next = nextOf(form.text('next'));
  const result = await services.accounts.signIn(
    { email, password: form.text('password') },
    services.where(request.request),
  );
  if (!result.ok) return signInPage(request, { email, next, refused: result });
  if (result.state === 'open') return enter(request, result, next);
  return enter(request, result, `/admin/second-factor?next=${encodeURIComponent(next)}`);
}

function page(title: string, body: PageOutcome['body'], refused: Refused<string> | null): PageOutcome {
  const scripts = [PASSKEY_JS];
  if (refused === null) return { title, body, scripts };
  const { retryAfterSeconds } = refused;
  if (retryAfterSeconds === null) return { title, body, scripts, status: 422 };
  return { title, body, scripts, status: 429, headers: { 'retry-after': String(retryAfterSeconds) } };
}

interface SecondFactorProps {
  user: Pick<StoredUser, 'totp' | 'passkeys'>;
  party: Party | null;
  next: string;
  refused: Refused<string> | null;
}

function SecondFactor({ user, party, next, refused }: SecondFactorProps) {
  const asksPasskey = user.passkeys > 0 && party !== null;
  return (
    <>
      <Refusal refused={refused} />
      {asksPasskey ? (
        <>
          <p class="muted">This account asks for a second proof that it is you.</p>
          <PasskeyForm
            party={party}
            action="/admin/second-factor/passkey"
            name="passkey"
            options="/admin/second-factor/passkey/options"
            csrf=""
            kept={[['next', next]]}
            text="Use a passkey"
            primary
          />
          <OrPasskey party={party} />
        </>
      ) : null}
      <PostForm action="/admin/second-factor" csrf="">
        <input type="hidden" name="next" value={next} />
        <TextField
          name="code"
          label={user.totp ? 'Code' : 'Recovery code'}
          autocomplete="one-time-code"
          required
          autofocus={!asksPasskey}
          help={user.totp ? 'Six digits from your app, or one of your recovery codes.' : RECOVERY_HELP}
          error={errorOf(refused, 'code')}
        />
        <Submit text="Sign in" />
      </PostForm>
      {user.passkeys > 0 && party === null ? <p class="help after">{PASSKEYS_NEED}</p> : null}
    </>
  );
}

const RECOVERY_HELP = 'One of those that you kept. Each works once.';

/** What is asked for after the password; who waited too long signs in again. */
export function secondFactorPage(request: AdminRequest, next: string, refused: Refused<string> | null) {
  const { services } = request;
  const user = services.accounts.awaiting(sessionToken(request.request, secure(request)) ?? '');
  if (user === null) return { to: `/admin/sign-in?next=${encodeURIComponent(next)}` };
  const title = user.passkeys > 0 ? 'One more step' : 'Enter your code';
  const body = <SecondFactor user={user} party={partyFor(services)} next={next} refused={refused} />;
  return page(title, body, refused);
}

async function secondFactor(request: AdminRequest): Promise<MoveOutcome | PageOutcome> {
  const { form, services } = request;
  const next = nextOf(form.text('next'));
  const token = sessionToken(request.request, secure(request)) ?? '';
  const result = await services.accounts.secondFactor(token, form.text('code'), services.where(request.request));
  return result.ok ? enter(request, result, next) : secondFactorPage(request, next, result);
}

async function signOut(request: AdminRequest): Promise<MoveOutcome> {
  const token = sessionToken(request.request, secure(request));
  if (token !== null) await request.services.accounts.signOut(token, request.services.where(request.request));
  return {
    to: '/admin/sign-in',
    notice: 'signed_out',
    headers: { 'set-cookie': sessionCookie('', secure(request), 0) },
  };
}

function Welcome() {
  return (
    <>
      <p>
        This server has no user yet. The terminal where it was started shows a link to set up the first one; it works
        for an hour.
      </p>
      <p>To print a new one, run this on the server:</p>
      <pre class="code" tabindex={0}>
        leadtosheet setup-link
      </pre>
    </>
  );
}

export const signInRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/admin/sign-in',
    needs: 'nobody',
    run: (request) =>
      request.services.accounts.needsSetUp()
        ? { to: '/admin/welcome' }
        : signInPage(request, { email: '', next: nextOf(request.query.get('next') ?? ''), refused: null }),
  },
  { method: 'POST', path: '/admin/sign-in', needs: 'nobody', run: signIn },
  {
    method: 'GET',
    path: '/admin/second-factor',
    needs: 'nobody',
    run: (request) => secondFactorPage(request, nextOf(request.query.get('next') ?? ''), null),
  },
  { method: 'POST', path: '/admin/second-factor', needs: 'nobody', run: secondFactor },
  {
    method: 'GET',
    path: '/admin/welcome',
    needs: 'nobody',
    run: ({ services }) =>
      services.accounts.needsSetUp() ? { title: 'Welcome', body: <Welcome /> } : { to: '/admin/sign-in' },
  },
  { method: 'POST', path: '/admin/sign-out', needs: 'user', run: signOut },
  {
    method: 'POST',
    path: '/admin/confirm',
    needs: 'user',
    recent: true,
    run: ({ form }) => ({ to: nextOf(form.text('next')) }),
  },
];
