/** @jsxImportSource preact */
import type { Refused } from '../../../accounts/accounts.ts';
import type { Party } from '../../../accounts/webauthn.ts';
import type { StoredPasskey, StoredUser } from '../../../store/accounts.ts';
import { errorOf, PostForm, Refusal, Submit, TextField } from '../components/form.tsx';
import { Card, Moment, PageTitle } from '../components/parts.tsx';
import { PasskeyForm, PasskeyNote } from '../components/passkey.tsx';
import { StackTable } from '../components/table.tsx';

export const PASSKEYS = '/admin/account/passkeys';

interface PasskeysProps {
  user: Pick<StoredUser, 'totp'>;
  passkeys: readonly StoredPasskey[];
  /** Null: this server's address has no passkeys. */
  party: Party | null;
  now: number;
  csrf: string;
}

export function PasskeysCard({ user, passkeys, party, now, csrf }: PasskeysProps) {
  const isLastFactor = passkeys.length === 1 && !user.totp;
  return (
    <Card
      title="Passkeys"
      action={
        party === null ? null : (
          <a class="button small" href={`${PASSKEYS}/new`} data-passkey={party.origin} hidden>
            Add a passkey
          </a>
        )
      }
    >
      {passkeys.length === 0 ? (
        <p class="muted">
          Sign in with your fingerprint, your face or a security key, without a password. No other site can get hold of
          it.
        </p>
      ) : (
        <StackTable columns={['Name', 'Added', 'Last used', { text: 'Action', unseen: true }]}>
          {passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} isLastFactor={isLastFactor} now={now} csrf={csrf} />
          ))}
        </StackTable>
      )}
      <PasskeyNote party={party} />
    </Card>
  );
}

interface PasskeyRowProps extends Pick<PasskeysProps, 'now' | 'csrf'> {
  passkey: StoredPasskey;
  /** Whether without it a password is enough again. */
  isLastFactor: boolean;
}

function PasskeyRow({ passkey, isLastFactor, now, csrf }: PasskeyRowProps) {
  const { id, name, createdAt, lastUsedAt } = passkey;
  return (
    <tr>
      <td data-label="Name" class="breaks">
        <bdi>{name}</bdi>
      </td>
      <td data-label="Added">
        <Moment at={createdAt} now={now} zone="UTC" />
      </td>
      <td data-label="Last used">
        <Moment at={lastUsedAt} now={now} zone="UTC" />
      </td>
      <td data-label="">
        <details class="ask">
          <summary class="link">
            Remove<span class="unseen"> {name}</span>
          </summary>
          <PostForm action={`${PASSKEYS}/${id}/remove`} csrf={csrf}>
            <p>
              It opens nothing here any more. Delete it on the device as well.
              {isLastFactor ? ' Your password alone lets you in then.' : null}
            </p>
            <Submit text="Remove the passkey" danger />
          </PostForm>
        </details>
      </td>
    </tr>
  );
}

interface NewPasskeyProps {
  party: Party | null;
  name: string;
  csrf: string;
  /** Whether this is what makes a password alone no longer enough. */
  isFirstFactor: boolean;
  refused: Refused<string> | null;
}

export function NewPasskey({ party, name, csrf, isFirstFactor, refused }: NewPasskeyProps) {
  return (
    <>
      <PageTitle title="Add a passkey" lead="Your device asks for your fingerprint, your face or its PIN." />
      <Refusal refused={refused} />
      {party === null ? null : (
        <PasskeyForm
          party={party}
          action={PASSKEYS}
          name="passkey"
          options={`${PASSKEYS}/options`}
          csrf={csrf}
          text="Add the passkey"
          primary
        >
          <TextField
            name="name"
            label="Name"
            value={name}
            required
            autofocus
            maxlength={100}
            help="What you will know this device by."
            error={errorOf(refused, 'name')}
          />
          {isFirstFactor ? (
            <p class="help">
              From then on your password alone is not enough: it takes this passkey too, or one of the recovery codes
              that you get next.
            </p>
          ) : null}
        </PasskeyForm>
      )}
      <PasskeyNote party={party} />
      <p class="after">
        <a href="/admin/account">Back to your account</a>
      </p>
    </>
  );
}
