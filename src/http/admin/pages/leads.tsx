/** @jsxImportSource preact */
import type { AdminRoute } from '../route.ts';
import { leadPageRoute } from './lead.tsx';
import { leadActionRoutes } from './lead-actions.tsx';
import { leadAllRoutes } from './lead-all.tsx';
import { leadExportRoute } from './lead-export.ts';
import { leadViewRoutes } from './lead-views.ts';
import { leadsPage } from './leads-page.tsx';

/** Leads of a site: the list, one lead, what can be done with them, and their export. */
export const leadRoutes: readonly AdminRoute[] = [
  {
    method: 'GET',
    path: '/admin/s/:site/leads',
    of: 'site',
    needs: 'leads.read',
    run: (request) => leadsPage(request),
  },
  ...leadViewRoutes,
  ...leadAllRoutes,
  leadPageRoute,
  ...leadActionRoutes,
  leadExportRoute,
];
