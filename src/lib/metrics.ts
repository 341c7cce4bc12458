/** One value of a metric, with what it is told apart by. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** A histogram's samples have names of their own: `…_bucket`, `…_sum`, `…_count`. */
  metricName?: string;
}

/** One metric as Prometheus knows it. */
export interface Metric {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples(): Sample[];
}

/** Counts by the first label, by the second …: found without building a key. */
interface Node {
  count: number;
  readonly next: Map<string, Node>;
}

/**
 * A number for each combination of labels. Counting costs a look-up for each label and nothing else; everything that
 * takes time happens when it is read. Labels come from short fixed lists, never from what a caller typed.
 */
export class Counter<const Labels extends readonly string[]> implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type = 'counter';
  readonly #labels: Labels;
  readonly #root: Node = { count: 0, next: new Map() };

  constructor(name: string, help: string, labels: Labels) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
  }

  add(values: { readonly [K in keyof Labels]: string }, by = 1): void {
    let node = this.#root;
    for (const value of values) {
      let next = node.next.get(value);
      if (!next) {
        next = { count: 0, next: new Map() };
        node.next.set(value, next);
      }
      node = next;
    }
    node.count += by;
  }

  samples(): Sample[] {
    const samples: Sample[] = [];
    const walk = (node: Node, labels: Readonly<Record<string, string>>, depth: number) => {
      const label = this.#labels[depth];
      if (label === undefined) samples.push({ labels, value: node.count });
      else for (const [value, next] of node.next) walk(next, { ...labels, [label]: value }, depth + 1);
    };
    walk(this.#root, {}, 0);
    return samples;
  }
}

/** How often durations fell into which range, in seconds. */
export class Histogram implements Metric {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds upper ends of the ranges, ascending, in seconds */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  /** Notes one duration, in milliseconds. */
  observeMs(ms: number): void {
    const seconds = ms / 1000;
    this.#sum += seconds;
    this.#count++;
    const range = this.#bounds.findIndex((bound) => seconds <= bound);
    if (range >= 0) this.#counts[range] = (this.#counts[range] ?? 0) + 1;
  }

  samples(): Sample[] {
    let below = 0;
    const buckets = this.#bounds.map((bound, i) => {
      below += this.#counts[i] ?? 0;
      return { labels: { le: String(bound) }, value: below, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { labels: { le: '+Inf' }, value: this.#count, metricName: `${this.name}_bucket` },
      { labels: {}, value: this.#sum, metricName: `${this.name}_sum` },
      { labels: {}, value: this.#count, metricName: `${this.name}_count` },
    ];
  }
}

/** A metric whose values are looked up when it is read. */
export function gauge(name: string, help: string, samples: () => Sample[]): Metric {
  return { name, help, type: 'gauge', samples };
}

/** What the server counts while it works. */
export function createMetrics() {
  return {
    requests: new Counter('leadtosheet_http_requests_total', 'Answered requests.', ['method', 'route', 'status']),
    leads: new Counter('leadtosheet_leads_total', 'Leads by how they came and what became of them.', [
      'source',
      'outcome',
    ]),
    googleCalls: new Counter('leadtosheet_google_calls_total', 'Calls of Google by result.', ['call', 'result']),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
