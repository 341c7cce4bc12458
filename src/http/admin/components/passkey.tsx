/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import { type Party, partyOf } from '../../../accounts/webauthn.ts';
import type { AdminServices } from '../services.ts';

/** For where these pages are served. Null: browsers have no passkeys there. */
export const partyFor = (services: Pick<AdminServices, 'publicUrl'>): Party | null => partyOf(services.publicUrl());

/** Where passkeys can't work at all. */
export const PASSKEYS_NEED = 'Passkeys need HTTPS and a name, or localhost.';

interface PasskeyFormProps {
  party: Party;
  /** Where the answer goes, and under which name. */
  action: string;
  name: string;
  /** Where the script asks what to call the browser with. */
  options: string;
  csrf: string;
  /** What is sent along. */
  kept?: readonly (readonly [name: string, value: string])[];
  text: string;
  primary?: boolean;
  children?: ComponentChildren;
}

/** A form that sends what a passkey answers. It is there only where passkey.js finds that the browser has them. */
export function PasskeyForm(props: PasskeyFormProps) {
  const { party, action, name, options, csrf, kept = [], text, primary, children } = props;
  return (
    <form method="post" action={action} class="form" data-passkey={party.origin} data-options={options} hidden>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name={name} value="" data-passkey-answer />
      {kept.map(([each, value]) => (
        <input key={`${each} ${value}`} type="hidden" name={each} value={value} />
      ))}
      {children}
      <button type="submit" class={primary ? 'button primary' : 'button'}>
        {text}
      </button>
      <p class="error" role="alert" data-passkey-says hidden />
    </form>
  );
}

/** Between the way above it and the one by a passkey. */
export function OrPasskey({ party }: { party: Party }) {
  return (
    <p class="or" data-passkey={party.origin} hidden>
      or
    </p>
  );
}

/** Why there is no button, where there is none. */
export function PasskeyNote({ party }: { party: Party | null }) {
  if (party === null) return <p class="help">{PASSKEYS_NEED}</p>;
  return (
    <p class="help" data-passkey-note={party.origin}>
      Passkeys need JavaScript, and a browser that has them.
    </p>
  );
}
