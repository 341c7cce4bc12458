import type { Accounts, Refused } from '../accounts/accounts.ts';
import { createAccounts } from '../accounts/create.ts';
import { PASSWORD_MIN } from '../accounts/passwords.ts';
import { ROLES, type Role } from '../contract/user.ts';
import { AppError, type ErrorCode, notFound } from '../lib/errors.ts';
import { didYouMean } from '../lib/near.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import type { StoredUser } from '../store/accounts.ts';
import { toUser } from '../store/view.ts';
import { quoted } from './args.ts';
import { type Command, type Context, done } from './command.ts';
import { type Session, withStore } from './session.ts';

const EMAIL_FLAG = { value: 'ADDRESS', doc: 'The e-mail address they sign in with.', required: true } as const;

const userCreate: Command = {
  name: 'user create',
  summary: 'Makes a user of the admin UI; the password comes from stdin.',
  flags: {
    email: EMAIL_FLAG,
    role: { value: 'ROLE', doc: `What they may do: ${ROLES.join(', ')}.`, required: true },
    name: { value: 'NAME', doc: 'What people call them; the part of the address before the @ if left out.' },
    sites: { value: 'A,B', doc: 'The ids of the sites that a member or viewer sees.' },
    'password-stdin': { doc: `Read the password, of at least ${PASSWORD_MIN} characters, from stdin.`, required: true },
  },
  examples: ['user create --email alice@example.com --role owner --password-stdin < password.txt'],
  async run(context) {
    const { args } = context;
    const email = args.text('email') ?? '';
    const role = roleOf(args.text('role') ?? '');
    const siteIds = (args.text('sites') ?? '').split(/[\s,]+/).filter((id) => id !== '');
    const name = args.text('name') ?? email.split('@', 1).join();
    const password = (await context.readStdin()).replace(/\r?\n$/, '');
    return withStore(context, async (session) => {
      const accounts = accountsOf(session, context);
      const made = await accounts.createUser('cli', { email, name, password, role, siteIds });
      if (!made.ok) throw refusalError(made);
      return done(toUser(made.user), describe(made.user));
    });
  },
};

const userList: Command = {
  name: 'user list',
  summary: 'Everybody who may sign in to the admin UI.',
  flags: {},
  run: (context) =>
    withStore(context, async ({ store }) => {
      const users = store.accounts.users().map(toUser);
      const rows = users.map((user) => [
        user.id,
        user.email,
        user.role,
        user.site_ids === null ? 'all' : String(user.site_ids.length),
        user.disabled ? 'disabled' : user.second_factor ? 'with a second factor' : '',
        user.last_sign_in_at ?? 'never',
      ]);
      const header = ['ID', 'E-MAIL', 'ROLE', 'SITES', '', 'LAST SIGN-IN'];
      return done({ data: users }, rows.length === 0 ? 'There is no user yet.' : textTable(header, rows, 80));
    }),
};

const userDisable: Command = {
  name: 'user disable',
  summary: 'Keeps somebody from signing in and ends their sessions. A running server holds to it within a second.',
  flags: { email: EMAIL_FLAG },
  run: (context) => setDisabled(context, true),
};

const userEnable: Command = {
  name: 'user enable',
  summary: 'Lets a disabled user sign in again.',
  flags: { email: EMAIL_FLAG },
  run: (context) => setDisabled(context, false),
};

export const userCommands: readonly Command[] = [userCreate, userList, userDisable, userEnable];

const setDisabled = (context: Context, disabled: boolean) =>
  withStore(context, async (session) => {
    const user = userOf(session, context.args.text('email') ?? '');
    const updated = await accountsOf(session, context).updateUser('cli', user.id, { disabled });
    if (!updated.ok) throw refusalError(updated);
    return done(toUser(updated.user), describe(updated.user));
  });

/** What the command line does with accounts: all it likes, told to the audit log as `cli`. */
export function accountsOf(
  { store, vault }: Pick<Session, 'store' | 'vault'>,
  { clock }: Pick<Context, 'clock'>,
): Accounts {
  return createAccounts({ store, vault, clock });
}

/** @throws AppError not_found */
export function userOf({ store }: Pick<Session, 'store'>, email: string): StoredUser {
  const user = store.accounts.userByEmail(email.trim());
  if (user === null) throw notFound('user');
  return user;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  invalid: 'validation_error',
  not_found: 'not_found',
  unknown_site: 'not_found',
};

/** What accounts refused, as a command ends with it. */
export function refusalError({ refused, message }: Refused<string>): AppError {
  return new AppError(CODES[refused] ?? 'conflict', message);
}

function describe(user: StoredUser): string {
  return textPairs([
    ['id', user.id],
    ['e-mail', user.email],
    ['name', user.name],
    ['role', user.role],
    ['sites', user.siteIds === null ? 'all' : user.siteIds.join(', ') || 'none yet'],
    ...(user.disabled ? [['disabled', 'yes'] as const] : []),
  ]);
}

function roleOf(text: string): Role {
  const role = ROLES.find((each) => each === text);
  if (role !== undefined) return role;
  throw new AppError(
    'validation_error',
    `--role must be one of ${ROLES.join(', ')}; ${quoted(text)} is none.${didYouMean(text, ROLES)}`,
  );
}
