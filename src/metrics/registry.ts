/**
 * The metrics of the catalogue in a registry of prom-client. Every series whose labels are known beforehand
 * exists from the start, with 0: a rate over a series that appears with its first event misses that event.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricName, type MetricSpec, metrics, type NameOf, type Values } from './catalogue.ts';

export type Labels = Readonly<Record<string, string>>;
export interface MetricsRegistry {
  inc(name: NameOf<'counter'>, labels?: Labels): void;
  /** Raises a counter to a total that is counted elsewhere. */
  raise(name: NameOf<'counter'>, total: number): void;
  set(name: NameOf<'gauge'>, labels: Labels, value: number): void;
  observe(name: NameOf<'histogram'>, labels: Labels, seconds: number): void;
  /** Removes the series of something that no longer exists. */
  drop(name: NameOf<'gauge'>, labels: Labels): void;
  /** In Prometheus' text format 0.0.4. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}
export interface RegistryOptions {
  readonly endpoints: readonly string[];
  readonly perOrg: boolean;
  /** Sets the values that are read at a scrape. */
  readonly collect: (registry: MetricsRegistry) => void;
}

/** Undefined: the values of a label are not known beforehand. */
const seriesOf = (
  labels: MetricSpec['labels'],
  endpoints: readonly string[],
): readonly Labels[] | undefined => {
  let all: readonly Labels[] = [{}];
  for (const [label, values] of Object.entries<Values>(labels)) {
    if (values === 'org' || values === 'given') return undefined;
    const known = values === 'endpoint' ? endpoints : values;
    all = all.flatMap((series) => known.map((value) => ({ ...series, [label]: value })));
  }
  return all;
};
const isPerOrg = ({ labels }: MetricSpec): boolean => Object.values<Values>(labels).includes('org');

export const openRegistry = ({ endpoints, perOrg, collect }: RegistryOptions): MetricsRegistry => {
  const registry = new Registry();
  const byName = new Map<MetricName, Counter | Gauge | Histogram>();
  for (const [name, spec] of Object.entries(metrics) as [MetricName, MetricSpec][]) {
    if (isPerOrg(spec) && !perOrg) continue;
    const options = { name, help: spec.help, labelNames: Object.keys(spec.labels), registers: [registry] };
    const series = seriesOf(spec.labels, endpoints) ?? [];
    if (spec.type === 'counter') {
      const counter = new Counter(options);
      for (const labels of series) counter.inc(labels, 0);
      byName.set(name, counter);
    } else if (spec.type === 'gauge') {
      const gauge = new Gauge(options);
      for (const labels of series) gauge.set(labels, 0);
      byName.set(name, gauge);
    } else {
      const histogram = new Histogram({ ...options, buckets: [...(spec.buckets ?? [])] });
      for (const labels of series) histogram.zero(labels);
      byName.set(name, histogram);
    }
  }
  collectDefaultMetrics({ register: registry });

  const raised = new Map<MetricName, number>();

  const open: MetricsRegistry = {
    inc: (name, labels = {}) => (byName.get(name) as Counter).inc(labels),
    raise: (name, total) => {
      (byName.get(name) as Counter).inc(total - (raised.get(name) ?? 0));
      raised.set(name, total);
    },
    set: (name, labels, value) => (byName.get(name) as Gauge | undefined)?.set(labels, value),
    observe: (name, labels, seconds) => (byName.get(name) as Histogram).observe(labels, seconds),
    drop: (name, labels) => (byName.get(name) as Gauge | undefined)?.remove(labels),
    text: async () => {
      collect(open);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
  return open;
};
