/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import type { DiskUse } from '../../../lib/disk.ts';
import { errorText, invalid } from '../../../lib/errors.ts';
import { LOG_LEVELS } from '../../../lib/log.ts';
import type { Store } from '../../../store/store.ts';
import { record } from '../audit.ts';
import type { AdminRoute, Outcome, PageOutcome, UserRequest } from '../route.ts';
import { type Queue, System } from './system-view.tsx';

function queuesOf({ sites, sheets }: Store): Queue[] {
  const waiting = new Map(sheets.waiting().map((each) => [each.siteId, each]));
  return sites.list().map((site) => {
    const found = waiting.get(site.id);
    return {
      site,
      target: sheets.target(site.id),
      pending: found?.pending ?? 0,
      oldestCreatedAt: found !== undefined && Number.isFinite(found.oldestCreatedAt) ? found.oldestCreatedAt : null,
      updates: found?.updates ?? 0,
    };
  });
}

async function systemPage({ services, visit, csrf, now }: UserRequest): Promise<PageOutcome> {
  const { store, system, log } = services;
  let disk: DiskUse | null = null;
  try {
    disk = await system.disk();
  } catch (error) {
    log.warn('admin.disk_not_read', { reason: errorText(error) });
  }
  const body = (
    <System
      reasons={system.reasons()}
      health={store.health()}
      untrustedProxy={store.notice('untrusted_proxy')}
      queues={queuesOf(store)}
      disk={disk}
      files={{ ...store.files.usage(), quota: system.filesQuota }}
      settings={system.settings()}
      startedAt={system.startedAt}
      publicUrl={services.publicUrl()}
      level={system.logLevel.get()}
      mayEdit={can(visit.user, 'system.edit')}
      csrf={csrf}
      now={now}
    />
  );
  return { title: 'System', body };
}

async function setLevel(request: UserRequest): Promise<Outcome> {
  const { logLevel } = request.services.system;
  const given = request.form.text('level');
  const level = LOG_LEVELS.find((each) => each === given);
  if (level === undefined) throw invalid('Choose one of the log levels.');
  const before = logLevel.get();
  logLevel.set(level);
  if (level !== before) {
    await record(request, {
      action: 'system.log_level_changed',
      objectId: null,
      before: { level: before },
      after: { level },
    });
  }
  return { to: '/admin/system', notice: 'saved' };
}

export const systemRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/system', needs: 'system.read', run: systemPage },
  { method: 'POST', path: '/admin/system/log-level', needs: 'system.edit', run: setLevel },
];
