import { Elysia } from 'elysia';
import { sameText } from '../lib/crypto.ts';
import { AppError } from '../lib/errors.ts';
import type { Metric } from '../lib/metrics.ts';
import { isLoopbackHost } from '../lib/networks.ts';

export interface MetricsRouteDeps {
  /** `LTS_METRICS_TOKEN`; null: only callers on this machine. */
  token: string | null;
  /** The address at the other end of the request's connection; null where there is none. */
  peer(request: Request): string | null;
  /** Read anew for each request. */
  metrics(): readonly Metric[];
}

/** What a proxy adds. A caller behind one is not on this machine, whatever the connection says. */
const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];
const BEARER = /^Bearer +(.+?) *$/i;

/** `/metrics`, for Prometheus. Spec 7, "Health" and `LTS_METRICS_TOKEN`. */
export function metricsRoute(deps: MetricsRouteDeps) {
  return new Elysia()
    .derive(({ request }) => {
      admit(deps, request);
      return {};
    })
    .get('/metrics', async ({ set }) => {
      const { text, contentType } = await render(deps.metrics());
      set.headers['content-type'] = contentType;
      return text;
    });
}

/** @throws AppError not_found: nobody else learns that there is something; invalid_token */
function admit({ token, peer }: MetricsRouteDeps, request: Request): void {
  if (token === null) {
    const address = peer(request);
    const direct = address !== null && isLoopbackHost(address) && !FORWARDING.some((name) => request.headers.has(name));
    if (!direct) throw new AppError('not_found', 'There is nothing at this address.');
    return;
  }
  const given = BEARER.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  if (!sameText(given, token)) {
    throw new AppError('invalid_token', 'Send the value of LTS_METRICS_TOKEN as `Authorization: Bearer …`.');
  }
}

/**
 * The text Prometheus reads. The library comes with the first request for it: its registry alone, which is a tenth
 * of the memory and time of the whole.
 */
async function render(metrics: readonly Metric[]): Promise<{ text: string; contentType: string }> {
  const { default: Registry } = await import('prom-client/lib/registry.js');
  const registry = new Registry();
  for (const metric of metrics) {
    const { name, help, type } = metric;
    registry.registerMetric({
      name,
      get: async () => ({ name, help, type, values: metric.samples(), aggregator: 'sum' }),
    });
  }
  return { text: await registry.metrics(), contentType: registry.contentType };
}
