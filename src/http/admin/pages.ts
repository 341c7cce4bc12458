import { accountRoutes } from './pages/account.tsx';
import { auditRoutes } from './pages/audit.tsx';
import { captchaRoutes } from './pages/captcha.tsx';
import { dashboardRoutes } from './pages/dashboard.tsx';
import { endpointRoutes } from './pages/endpoints.tsx';
import { filesRoutes } from './pages/files.tsx';
import { formMergeRoutes } from './pages/form-merge.tsx';
import { formRoutes } from './pages/forms.tsx';
import { googleAccountRoutes } from './pages/google-accounts.tsx';
import { googleConsentRoutes } from './pages/google-consent.tsx';
import { hookRoutes } from './pages/hooks.tsx';
import { hostedFormRoutes } from './pages/hosted-form.tsx';
import { importRoutes } from './pages/imports.tsx';
import { keyRoutes } from './pages/keys.tsx';
import { leadRoutes } from './pages/leads.tsx';
import { linkRoutes } from './pages/links.tsx';
import { oidcRoutes } from './pages/oidc.tsx';
import { passkeyRoutes } from './pages/passkeys.tsx';
import { privacyRoutes } from './pages/privacy.tsx';
import { settingsRoutes } from './pages/settings.tsx';
import { sheetRoutes } from './pages/sheet.tsx';
import { signInRoutes } from './pages/sign-in.tsx';
import { siteRoutes } from './pages/sites.tsx';
import { sourceRoutes } from './pages/sources.tsx';
import { spamRoutes } from './pages/spam.tsx';
import { systemRoutes } from './pages/system.tsx';
import { teamRoutes } from './pages/team.tsx';
import type { AdminRoute } from './route.ts';

/** Every address of the admin UI, page by page. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [
  ...signInRoutes,
  ...linkRoutes,
  ...oidcRoutes,
  ...accountRoutes,
  ...passkeyRoutes,
  ...siteRoutes,
  ...dashboardRoutes,
  ...leadRoutes,
  ...sheetRoutes,
  ...googleConsentRoutes,
  ...googleAccountRoutes,
  ...formRoutes,
  ...formMergeRoutes,
  ...sourceRoutes,
  ...endpointRoutes,
  ...hostedFormRoutes,
  ...hookRoutes,
  ...importRoutes,
  ...keyRoutes,
  ...settingsRoutes,
  ...spamRoutes,
  ...filesRoutes,
  ...captchaRoutes,
  ...privacyRoutes,
  ...teamRoutes,
  ...systemRoutes,
  ...auditRoutes,
];
