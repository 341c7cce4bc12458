/** @jsxImportSource preact */
import type { GoogleConnection } from '../../../store/sheets.ts';
import { PostForm, Submit } from '../components/form.tsx';
import { Empty, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';

/** The box that a sheet's last use of an account may be ended with. */
export function RemoveAccount({ email, kind }: Pick<GoogleConnection, 'email' | 'kind'>) {
  return (
    <fieldset class="field checks">
      <legend class="unseen">The account</legend>
      <label>
        <input type="checkbox" name="remove_account" value="yes" />
        <span>
          Also remove <bdi>{email}</bdi> from this server
          <small>No other sheet uses it. {removalMeans(kind)}</small>
        </span>
      </label>
    </fieldset>
  );
}

const removalMeans = (kind: GoogleConnection['kind']) =>
  kind === 'oauth'
    ? 'Its sign-in is deleted here, and Google is asked to end the access.'
    : 'Its key is deleted here. At Google it stays good until you delete it there.';

export interface AccountLine extends Pick<GoogleConnection, 'id' | 'email' | 'kind' | 'createdAt'> {
  /** Names of the sites that write as it. */
  sites: readonly string[];
}

export function AccountsPage({ accounts, now }: { accounts: readonly AccountLine[]; now: number }) {
  return (
    <>
      <PageTitle
        title="Google accounts"
        lead="What sheets of this server are written as, and files kept in Google Drive."
      />
      {accounts.length === 0 ? (
        <Empty title="No Google accounts">
          <p>They come by connecting a sheet.</p>
        </Empty>
      ) : (
        <StackTable columns={['Account', 'Kind', 'Used by', 'Connected', { text: 'Actions', unseen: true }]}>
          {accounts.map(({ id, email, kind, sites, createdAt }) => (
            <tr key={id}>
              <td data-label="Account" class="text">
                <bdi>{email}</bdi>
              </td>
              <td data-label="Kind">{KINDS[kind]}</td>
              <td data-label="Used by" class="text">
                {sites.length === 0 ? <span class="muted">No sheet</span> : <bdi>{sites.join(', ')}</bdi>}
              </td>
              <td data-label="Connected">
                <Moment at={createdAt} now={now} zone="UTC" />
              </td>
              <td data-label="">
                {sites.length === 0 ? (
                  <a class="button small" href={`/admin/google/${id}/remove`}>
                    Remove
                  </a>
                ) : null}
              </td>
            </tr>
          ))}
        </StackTable>
      )}
    </>
  );
}

const KINDS = { oauth: 'Google account', service_account: 'Service account' } as const;

export function RemoveAccountPage({ account, csrf }: { account: AccountLine; csrf: string }) {
  return (
    <>
      <PageTitle title="Remove this account?" />
      <p>
        <bdi>{account.email}</bdi> is used by no sheet. {removalMeans(account.kind)}
      </p>
      <PostForm action={`/admin/google/${account.id}/remove`} csrf={csrf}>
        <Submit text="Remove the account" danger />
      </PostForm>
      <p>
        <a href="/admin/google">Keep it</a>
      </p>
    </>
  );
}
