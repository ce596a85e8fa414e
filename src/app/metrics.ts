/** The metrics, plugged into the feed of events and the readings of the rooms. */
import { build } from '../base/build.ts';
import type { Config } from '../config/config.ts';
import type { Feed } from '../control/feed/feed.ts';
import type { Database } from '../database/database.ts';
import { openMetrics, type Readings } from '../metrics/metrics.ts';

export interface MetricsParts extends Omit<Readings, 'database'> {
  readonly config: Config;
  readonly feed: Feed;
  readonly database: Database;
}

export const startMetrics = ({ config, feed, database, ...readings }: MetricsParts) => {
  const metrics = openMetrics({
    version: build,
    endpoints: config.endpoints.map(({ name }) => name),
    perOrg: config.METRICS_PER_ORG,
    now: () => Date.now(),
    readings: { ...readings, database: database.status },
  });
  feed.onEvent(({ type }) => metrics.published(type));
  return metrics;
};
