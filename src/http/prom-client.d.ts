/** The part of prom-client that is used; the package describes only its whole. */
declare module 'prom-client/lib/registry.js' {
  interface Values {
    name: string;
    help: string;
    type: 'counter' | 'gauge' | 'histogram';
    values: readonly { labels: Readonly<Record<string, string>>; value: number; metricName?: string }[];
    aggregator: 'sum';
  }
  class Registry {
    readonly contentType: string;
    registerMetric(metric: { name: string; get(): Promise<Values> }): void;
    metrics(): Promise<string>;
  }
  export = Registry;
}
