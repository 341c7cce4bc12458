/** @jsxImportSource preact */
import { notFound } from '../../../lib/errors.ts';
import type { GoogleConnection, SheetTarget } from '../../../store/sheets.ts';
import { record } from '../audit.ts';
import type { NoticeCode } from '../notices.ts';
import type { AdminRoute, Outcome, UserRequest } from '../route.ts';
import { type AccountLine, AccountsPage, RemoveAccountPage } from './google-accounts-view.tsx';

/** The account of a sheet, where no other sheet is written as it and no files go to its Drive; null also for the account of the settings. */
export function removableOf({ services }: UserRequest, target: SheetTarget): GoogleConnection | null {
  if (target.connectionId === null) return null;
  const { sheets, drive } = services.store;
  const users = sheets.targets().filter(({ connectionId }) => connectionId === target.connectionId);
  const connection = sheets.connection(target.connectionId);
  const keepsFiles = drive.sites().some(({ enabled, account }) => enabled && account === connection?.email);
  return users.length === 1 && !keepsFiles ? connection : null;
}

/** Removes an account that no sheet uses any more, and says what became of it. */
export async function removeAccount(
  request: UserRequest,
  { id, email, kind }: Pick<GoogleConnection, 'id' | 'email' | 'kind'>,
): Promise<NoticeCode> {
  const became = (await request.services.google?.forget(id)) ?? 'kept';
  if (became === 'kept') return 'account_kept';
  await record(request, {
    action: 'google.account_removed',
    objectId: id,
    before: { email, kind },
    after: { access_ended: became === 'revoked' },
  });
  return became === 'not_revoked' ? 'account_not_revoked' : 'account_removed';
}

function lines({ services }: UserRequest): AccountLine[] {
  const { sheets, sites, drive } = services.store;
  const targets = sheets.targets();
  const places = drive.sites().filter(({ enabled }) => enabled);
  return sheets.connections().map(({ id, email, kind, createdAt }) => {
    const written = targets.filter(({ connectionId }) => connectionId === id);
    const kept = places.filter(({ account }) => account === email);
    const users = new Set([...written, ...kept].map(({ siteId }) => siteId));
    return { id, email, kind, createdAt, sites: [...users].map((siteId) => sites.get(siteId)?.name ?? '') };
  });
}

function accountsPage(request: UserRequest): Outcome {
  return { title: 'Google accounts', body: <AccountsPage accounts={lines(request)} now={request.now} /> };
}

function unused(request: UserRequest): AccountLine {
  const account = lines(request).find(({ id, sites }) => id === request.params.account && sites.length === 0);
  if (account === undefined) throw notFound('account');
  return account;
}

function removePage(request: UserRequest): Outcome {
  return {
    title: 'Remove this account?',
    body: <RemoveAccountPage account={unused(request)} csrf={request.csrf} />,
  };
}

async function remove(request: UserRequest): Promise<Outcome> {
  return { to: '/admin/google', notice: await removeAccount(request, unused(request)) };
}

const serves = { needs: 'system.edit' } as const;

export const googleAccountRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/google', ...serves, run: accountsPage },
  { method: 'GET', path: '/admin/google/:account/remove', ...serves, run: removePage },
  { method: 'POST', path: '/admin/google/:account/remove', ...serves, recent: true, run: remove },
];
