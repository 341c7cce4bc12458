import { leadRoutes } from './pages/leads.tsx';
import type { AdminRoute } from './route.ts';

/** Every address of the admin UI, page by page. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [...leadRoutes];
