import { Elysia } from 'elysia';
import { once } from '../../lib/once.ts';
import type { AdminServices } from './services.ts';

/**
 * The admin UI, below /admin; `/` leads there. It is loaded when somebody first asks for it: taking leads needs
 * nothing of it.
 */
export function adminMount(services: AdminServices) {
  const admin = once(async () => {
    const [{ adminRoutes }, { ADMIN_ROUTES }] = await Promise.all([import('./routes.ts'), import('./pages.ts')]);
    return adminRoutes(ADMIN_ROUTES, services);
  });
  const answer = async ({ request }: { request: Request }) => (await admin()).fetch(request);
  return new Elysia()
    .get('/', ({ redirect }) => redirect('/admin', 302))
    .all('/admin', answer, { parse: 'none' })
    .all('/admin/*', answer, { parse: 'none' });
}
