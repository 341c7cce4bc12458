/** @jsxImportSource preact */
import { PageTitle } from './parts.tsx';

/** Where single sign-on begins. It is a link: browsers follow a form to no other server from these pages. */
export function startOf(query: Readonly<Record<string, string>>): string {
  return `/admin/oidc/start?${new URLSearchParams(query)}`;
}

/** Another way than the form above it. */
export function OrContinue({ href, text }: { href: string; text: string }) {
  return (
    <>
      <p class="or">or</p>
      <p>
        <a class="button" href={href}>
          {text}
        </a>
      </p>
    </>
  );
}

interface ConfirmElsewhereProps {
  /** To follow "Continue with"; null: there is no single sign-on here any more. */
  name: string | null;
  /** The page to come back to. */
  next: string;
  /** Whether something was sent that is not kept. */
  repeat: boolean;
}

/** Asks somebody without a password to prove who they are where they signed in. */
export function ConfirmElsewhere({ name, next, repeat }: ConfirmElsewhereProps) {
  if (name === null) {
    return (
      <>
        <PageTitle title="Confirm it is you" />
        <p>
          You have no password, and single sign-on is switched off here. Ask an owner or admin for a link to set one.
        </p>
      </>
    );
  }
  const query = new URLSearchParams({ next, ...(repeat ? { repeat: '1' } : {}) });
  return (
    <>
      <PageTitle
        title="Confirm it is you"
        lead="This needs a fresh sign-in: the last one was more than 15 minutes ago."
      />
      <div class="form">
        {repeat ? <p>What you just sent is not kept. You come back to the page and repeat it.</p> : null}
        <a class="button primary" href={`/admin/oidc/confirm?${query}`}>
          Continue with {name}
        </a>
      </div>
    </>
  );
}
