import { Elysia } from 'elysia';

/** Why the server should get no traffic now; empty: it should. Spec 7, "Health". */
export type Readiness = () => readonly string[];

export function healthRoutes(readiness: Readiness) {
  return new Elysia()
    .get('/healthz', () => ({ status: 'ok' }))
    .get('/readyz', ({ set }) => {
      const reasons = readiness();
      if (reasons.length === 0) return { status: 'ready', reasons };
      set.status = 503;
      return { status: 'not_ready', reasons };
    });
}
