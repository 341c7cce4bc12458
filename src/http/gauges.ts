import { readdirSync } from 'node:fs';
import type { Clock } from '../lib/clock.ts';
import { gauge, type Metric } from '../lib/metrics.ts';
import { VERSION } from '../lib/version.ts';
import type { SiteBacklog } from '../store/sheets.ts';
import type { Store } from '../store/store.ts';

/** What is looked up when `/metrics` is read: the queue, the database, the process. */
export function stateMetrics(store: Store, clock: Clock, startedAt: number): readonly Metric[] {
  const one = (value: number) => [{ labels: {}, value }];
  const perTarget = (value: (site: SiteBacklog) => number) => () =>
    store.sheets.backlog().map((site) => ({
      labels: { site: site.siteId, target: store.sheets.target(site.siteId).kind },
      value: value(site),
    }));
  const seconds = (since: number) => Math.max(0, (clock.now() - since) / 1000);
  return [
    gauge('leadtosheet_info', 'The running version.', () => [{ labels: { version: VERSION }, value: 1 }]),
    gauge(
      'leadtosheet_sheet_queue_rows',
      'Rows that wait for their sheet.',
      perTarget(({ pending }) => pending),
    ),
    gauge(
      'leadtosheet_sheet_queue_oldest_seconds',
      'Age of the oldest row that waits.',
      perTarget(({ oldestCreatedAt }) => seconds(oldestCreatedAt)),
    ),
    gauge('leadtosheet_sheets_paused', 'Sheets that wait for a person.', () =>
      one(store.sheets.targets().filter(({ status }) => status === 'paused').length),
    ),
    gauge('leadtosheet_sqlite_bytes', 'Size of the database file and its log.', () => one(store.health().bytes)),
    gauge('leadtosheet_sqlite_queued_writes', 'Writes waiting for the next commit.', () => one(store.health().queued)),
    gauge('leadtosheet_sqlite_writable', '0 while nothing can be written.', () => one(store.health().writable ? 1 : 0)),
    {
      name: 'process_cpu_seconds_total',
      help: 'Processor time used.',
      type: 'counter',
      samples() {
        const { user, system } = process.cpuUsage();
        return one((user + system) / 1e6);
      },
    },
    gauge('process_resident_memory_bytes', 'Memory in use.', () => one(process.memoryUsage.rss())),
    gauge('process_start_time_seconds', 'When the server started.', () => one(startedAt / 1000)),
    gauge('process_open_fds', 'Open files and connections.', () => {
      const count = openFiles();
      return count === null ? [] : one(count);
    }),
  ];
}

/** null where the system does not tell. */
function openFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}
