/** @jsxImportSource preact */
import type { StoredIdentity } from '../../../store/accounts.ts';
import { PostForm, Submit } from '../components/form.tsx';
import { Card, Moment, PageTitle } from '../components/parts.tsx';
import { NewPassword } from './links.tsx';

export const LINK_PATH = '/admin/oidc/link';

interface IdentitiesProps {
  /** The provider that is set; null: none. */
  provider: { name: string; issuer: string } | null;
  identities: readonly StoredIdentity[];
  hasPassword: boolean;
  now: number;
  csrf: string;
}

/** By which accounts elsewhere the user comes in. Nothing where there are none and could be none. */
export function IdentitiesCard({ provider, identities, hasPassword, now, csrf }: IdentitiesProps) {
  if (provider === null && identities.length === 0) return null;
  const isLinked = identities.some(({ issuer }) => provider !== null && isSame(issuer, provider.issuer));
  return (
    <Card title="Single sign-on">
      {identities.map(({ issuer, email, lastUsedAt }) => (
        <div key={issuer} class="actions">
          <p class="breaks">
            Linked to{' '}
            <strong>
              <bdi>{email ?? 'an account'}</bdi>
            </strong>{' '}
            at {hostOf(issuer)}. Last used: <Moment at={lastUsedAt} now={now} zone="UTC" />.
          </p>
          {hasPassword ? (
            <PostForm action="/admin/oidc/unlink" csrf={csrf} class="inline">
              <input type="hidden" name="issuer" value={issuer} />
              <button type="submit" class="button danger">
                Unlink
              </button>
            </PostForm>
          ) : null}
        </div>
      ))}
      {identities.length > 0 && !hasPassword ? <p class="help after">To unlink it, set a password first.</p> : null}
      {provider !== null && !isLinked ? (
        <>
          <p class="muted">Link your account there to sign in without a password.</p>
          <PostForm action={LINK_PATH} csrf={csrf}>
            <Submit text={`Link ${provider.name}`} />
          </PostForm>
        </>
      ) : null}
    </Card>
  );
}

/** For who comes in by single sign-on alone. @param titled as a page of its own */
export function SetFirstPassword({ csrf, error, titled }: { csrf: string; error?: string; titled?: boolean }) {
  return (
    <>
      {titled ? <PageTitle title="Set a password" /> : null}
      <p class="muted">You sign in without one. With a password you also get in when the provider is out of order.</p>
      <PostForm action="/admin/account/first-password" csrf={csrf}>
        <NewPassword error={error} />
        <Submit text="Set password" />
      </PostForm>
    </>
  );
}

const isSame = (a: string, b: string) => URL.parse(a)?.href === URL.parse(b)?.href;
const hostOf = (issuer: string) => URL.parse(issuer)?.host ?? issuer;
