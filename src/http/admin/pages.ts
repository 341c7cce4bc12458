import { dashboardRoutes } from './pages/dashboard.tsx';
import { formRoutes } from './pages/forms.tsx';
import { leadRoutes } from './pages/leads.tsx';
import { sheetRoutes } from './pages/sheet.tsx';
import type { AdminRoute } from './route.ts';

/** Every address of the admin UI, page by page. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [...dashboardRoutes, ...leadRoutes, ...sheetRoutes, ...formRoutes];
