import type { IssuedLink } from '../accounts/accounts.ts';
import { publicUrlOf } from '../config/load.ts';
import { AppError } from '../lib/errors.ts';
import { toTime } from '../lib/time.ts';
import type { StoredUser } from '../store/accounts.ts';
import type { Store } from '../store/store.ts';
import { type Command, done } from './command.ts';
import { withStore } from './session.ts';
import { accountsOf, refusalError, userOf } from './user.ts';

export const setupLinkCommand: Command = {
  name: 'setup-link',
  summary: "A one-time link for the first user, or to reset the owner's password. It works for an hour.",
  flags: {
    email: { value: 'ADDRESS', doc: 'Whose password to reset; that of the owner of longest standing if left out.' },
    'drop-second-factor': {
      doc: 'The link also switches the second factor off and removes all passkeys, for somebody who lost them.',
    },
  },
  run: (context) =>
    withStore(context, async (session) => {
      const { args } = context;
      const accounts = accountsOf(session, context);
      const url = ({ path }: IssuedLink) => publicUrlOf(session.config, session.config.port) + path;
      if (accounts.needsSetUp()) {
        if (args.text('email') !== undefined || args.on('drop-second-factor'))
          throw new AppError('conflict', 'There is no user yet, so there is nothing to reset. Leave the flags out.');
        const issued = await accounts.issueSetUp('cli');
        if (issued === null) throw new AppError('conflict', 'Somebody was set up just now. Sign in with that account.');
        return done(
          viewOf(issued, url(issued), null),
          `Set up the first user, an owner:\n\n  ${url(issued)}\n\n${ONCE}`,
        );
      }
      const email = args.text('email');
      const user = email === undefined ? firstOwner(session.store) : userOf(session, email);
      const issued = await accounts.issueReset('cli', user.id, { dropSecondFactor: args.on('drop-second-factor') });
      if (!issued.ok) throw refusalError(issued);
      const text = `A new password for ${user.email}:\n\n  ${url(issued)}\n\n${ONCE}`;
      return done(viewOf(issued, url(issued), user.email), text);
    }),
};

/** What is said of every such link. */
export const ONCE = 'The link works once, for an hour. Whoever has it can use it.';

function viewOf({ link }: IssuedLink, url: string, email: string | null) {
  return { url, kind: link.kind, email, expires_at: toTime(link.expiresAt) };
}

function firstOwner(store: Store): StoredUser {
  const owner = store.accounts.users().find(({ role, disabled }) => role === 'owner' && !disabled);
  if (owner === undefined) throw new Error('no owner is enabled');
  return owner;
}
