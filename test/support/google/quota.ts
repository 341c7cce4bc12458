import type { FakeClock } from './clock.ts';
import { quotaExceeded } from './errors.ts';

/** Calls allowed per minute of the fake's clock. */
export interface QuotaLimits {
  readPerUser: number;
  writePerUser: number;
  readPerProject: number;
  writePerProject: number;
}

const DEFAULT: QuotaLimits = { readPerUser: 60, writePerUser: 60, readPerProject: 300, writePerProject: 300 };

/** Google's documented quota: counters that start again with every minute. A batch counts as one call. */
export class Quota {
  private limits: QuotaLimits | undefined = { ...DEFAULT };
  private minute = -1;
  private readonly used = new Map<string, number>();

  constructor(private readonly clock: FakeClock) {}

  set(limits: Partial<QuotaLimits> | 'off' | 'default'): void {
    if (limits === 'off') this.limits = undefined;
    else this.limits = limits === 'default' ? { ...DEFAULT } : { ...DEFAULT, ...limits };
    this.used.clear();
  }

  /** Counts a call, or throws the 429 that Google would send. */
  take(access: 'read' | 'write', email: string, project: string): void {
    if (!this.limits) return;
    const minute = Math.floor(this.clock.now() / 60_000);
    if (minute !== this.minute) {
      this.minute = minute;
      this.used.clear();
    }
    const user = `${access} ${project} ${email}`;
    const all = `${access} ${project}`;
    const perUser = access === 'read' ? this.limits.readPerUser : this.limits.writePerUser;
    const perProject = access === 'read' ? this.limits.readPerProject : this.limits.writePerProject;
    if ((this.used.get(user) ?? 0) >= perUser) throw quotaExceeded(access, 'user', perUser, project);
    if ((this.used.get(all) ?? 0) >= perProject) throw quotaExceeded(access, 'project', perProject, project);
    this.used.set(user, (this.used.get(user) ?? 0) + 1);
    this.used.set(all, (this.used.get(all) ?? 0) + 1);
  }
}
