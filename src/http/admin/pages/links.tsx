/** @jsxImportSource preact */
import type { OpenLink, Profile, Refused } from '../../../accounts/accounts.ts';
import { errorOf, PostForm, Refusal, Submit, TextField } from '../components/form.tsx';
import { OrContinue, startOf } from '../components/oidc.tsx';
import type { AdminRequest, AdminRoute, Outcome, PageOutcome } from '../route.ts';
import { enter } from './sign-in.tsx';

/** The pages behind one-time links: the first user, an invitation, a new password. */

const VOID: PageOutcome = {
  title: 'This link works no more',
  body: (
    <p>
      It was used, replaced or has run out. Ask an owner or admin for a new one; on the server{' '}
      <code>leadtosheet setup-link</code> makes one.
    </p>
  ),
  status: 404,
};

interface ProfileFormProps {
  action: string;
  button: string;
  email: string;
  name: string;
  refused: Refused<string> | null;
}

function ProfileForm({ action, button, email, name, refused }: ProfileFormProps) {
  return (
    <>
      <Refusal refused={refused} />
      <PostForm action={action} csrf="">
        <TextField
          name="email"
          label="E-mail"
          type="email"
          value={email}
          autocomplete="username"
          required
          autofocus
          error={errorOf(refused, 'email')}
        />
        <TextField
          name="name"
          label="Name"
          value={name}
          autocomplete="name"
          required
          error={errorOf(refused, 'name')}
        />
        <NewPassword error={errorOf(refused, 'password')} />
        <Submit text={button} />
      </PostForm>
    </>
  );
}

export function NewPassword({ error, label = 'Password' }: { error: string | undefined; label?: string }) {
  return (
    <TextField
      name="password"
      label={label}
      type="password"
      autocomplete="new-password"
      required
      help="At least 12 characters. A few words are easy to remember and hard to guess."
      error={error}
    />
  );
}

interface LinkKind {
  /** The part of the address that says what the link is for. */
  place: 'setup' | 'invite';
  kind: OpenLink['kind'];
  title: string;
  button: string;
  use(
    request: AdminRequest,
    token: string,
    profile: Profile,
  ): ReturnType<AdminRequest['services']['accounts']['setUp']>;
}

const SET_UP: LinkKind = {
  place: 'setup',
  kind: 'setup',
  title: 'Set up your server',
  button: 'Create owner',
  use: ({ services, request }, token, profile) => services.accounts.setUp(token, profile, services.where(request)),
};

const INVITATION: LinkKind = {
  place: 'invite',
  kind: 'invitation',
  title: 'Join the team',
  button: 'Join',
  use: ({ services, request }, token, profile) =>
    services.accounts.acceptInvitation(token, profile, services.where(request)),
};

type Shown = Pick<ProfileFormProps, 'email' | 'name' | 'refused'>;

function profilePage(link: LinkKind, { services }: AdminRequest, token: string, props: Shown): PageOutcome {
  const provider = link.kind === 'invitation' ? (services.accounts.singleSignOn?.name ?? null) : null;
  const action = `/admin/${link.place}/${encodeURIComponent(token)}`;
  const body = (
    <>
      <ProfileForm action={action} button={link.button} {...props} />
      {provider === null ? null : <OrContinue href={startOf({ invite: token })} text={`Continue with ${provider}`} />}
    </>
  );
  return { title: link.title, body, status: props.refused === null ? 200 : 422 };
}

/** The page of an invitation, once more, with why it could not be accepted. */
export function invitationPage(request: AdminRequest, token: string, refused: Refused<string> | null): PageOutcome {
  const open = request.services.accounts.openLink(token);
  if (open?.kind !== 'invitation') return VOID;
  return profilePage(INVITATION, request, token, { email: open.email ?? '', name: '', refused });
}

function profileRoutes(link: LinkKind): AdminRoute[] {
  const path = `/admin/${link.place}/:token` as const;
  return [
    {
      method: 'GET',
      path,
      needs: 'nobody',
      run(request) {
        const token = request.params.token ?? '';
        const open = request.services.accounts.openLink(token);
        if (open?.kind === 'reset' && link.place === 'setup')
          return { to: `/admin/reset/${encodeURIComponent(token)}` };
        if (open?.kind !== link.kind) return VOID;
        return profilePage(link, request, token, { email: open.email ?? '', name: '', refused: null });
      },
    },
    {
      method: 'POST',
      path,
      needs: 'nobody',
      async run(request): Promise<Outcome> {
        const { params, form } = request;
        const token = params.token ?? '';
        const profile = { email: form.text('email'), name: form.text('name'), password: form.text('password') };
        const result = await link.use(request, token, profile);
        if (result.ok) return enter(request, result, '/admin');
        if (result.refused === 'void') return VOID;
        return profilePage(link, request, token, { ...profile, refused: result });
      },
    },
  ];
}

function ResetForm({ token, refused }: { token: string; refused: Refused<string> | null }) {
  return (
    <PostForm action={`/admin/reset/${encodeURIComponent(token)}`} csrf="">
      <NewPassword label="New password" error={refused?.message} />
      <Submit text="Set password" />
    </PostForm>
  );
}

const resetRoutes: AdminRoute[] = [
  {
    method: 'GET',
    path: '/admin/reset/:token',
    needs: 'nobody',
    run({ params, services }) {
      const token = params.token ?? '';
      if (services.accounts.openLink(token)?.kind !== 'reset') return VOID;
      return { title: 'Choose a new password', body: <ResetForm token={token} refused={null} /> };
    },
  },
  {
    method: 'POST',
    path: '/admin/reset/:token',
    needs: 'nobody',
    async run({ params, form, services, request }): Promise<Outcome> {
      const token = params.token ?? '';
      const result = await services.accounts.resetPassword(token, form.text('password'), services.where(request));
      if (result.ok) return { to: '/admin/sign-in', notice: 'password_set' };
      if (result.refused === 'void') return VOID;
      return { title: 'Choose a new password', body: <ResetForm token={token} refused={result} />, status: 422 };
    },
  },
];

export const linkRoutes: readonly AdminRoute[] = [...[SET_UP, INVITATION].flatMap(profileRoutes), ...resetRoutes];
