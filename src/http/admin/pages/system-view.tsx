/** @jsxImportSource preact */
import type { SettingReport } from '../../../config/render.ts';
import { type DiskUse, LITTLE_SPACE, NEARLY, NO_SPACE } from '../../../lib/disk.ts';
import { LOG_LEVELS, type LogLevel } from '../../../lib/log.ts';
import { VERSION } from '../../../lib/version.ts';
import type { SheetTarget } from '../../../store/sheets.ts';
import type { Site, StoreHealth } from '../../../store/store.ts';
import { PostForm, SelectField, Submit } from '../components/form.tsx';
import { LIVE } from '../components/live.ts';
import { Banner, Card, count, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { StackTable } from '../components/table.tsx';

/** Rows and cells of a site that wait for its sheet. */
export interface Queue {
  site: Pick<Site, 'id' | 'name' | 'syncEnabled'>;
  target: Pick<SheetTarget, 'kind' | 'status' | 'problem' | 'trouble' | 'lastSyncedAt'>;
  pending: number;
  oldestCreatedAt: number | null;
  updates: number;
}

interface SystemProps {
  reasons: readonly string[];
  health: StoreHealth;
  /** The address of a proxy that the settings don't name. */
  untrustedProxy: string | null;
  queues: readonly Queue[];
  /** null: it could not be looked at. */
  disk: DiskUse | null;
  /** Those of all leads, in bytes, and what they may take. */
  files: { files: number; bytes: number; quota: number };
  settings: readonly SettingReport[];
  startedAt: number;
  publicUrl: string;
  /** How much is logged at present. */
  level: LogLevel;
  mayEdit: boolean;
  csrf: string;
  now: number;
}

export function System(props: SystemProps) {
  const {
    reasons,
    health,
    untrustedProxy,
    queues,
    disk,
    files,
    settings,
    startedAt,
    publicUrl,
    level,
    mayEdit,
    csrf,
    now,
  } = props;
  return (
    <>
      <PageTitle
        title="System"
        action={
          <a class="button" href="/admin/audit">
            Audit log
          </a>
        }
      />
      <div id="live" hx-get="/admin/system" hx-select="#live" hx-swap={LIVE} hx-trigger="every 5s">
        <Notices reasons={reasons} untrustedProxy={untrustedProxy} disk={disk} files={files} />
        <div class="grid">
          <Card title="Server" action={<Status is={reasons.length === 0 ? 'ok' : 'failed'} />}>
            <Facts
              facts={[
                ['Version', VERSION],
                ['Bun', Bun.version],
                ['Running since', <Moment key="since" at={startedAt} now={now} zone="UTC" />],
                ['Address', <code key="url">{publicUrl}</code>],
                ['Log level', level],
              ]}
            />
          </Card>
          <Disk disk={disk} health={health} files={files} />
        </div>
        <Queues queues={queues} now={now} />
      </div>
      {mayEdit ? <LevelForm level={level} csrf={csrf} /> : null}
      <Settings settings={settings} />
    </>
  );
}

const isLow = (disk: DiskUse | null): disk is DiskUse => disk !== null && disk.free < LITTLE_SPACE;

function Notices({
  reasons,
  untrustedProxy,
  disk,
  files,
}: Pick<SystemProps, 'reasons' | 'untrustedProxy' | 'disk' | 'files'>) {
  return (
    <>
      {reasons.map((reason) => (
        <Banner key={reason} tone="bad" title="Not ready">
          <span>{reason}</span>
        </Banner>
      ))}
      {untrustedProxy === null ? null : (
        <Banner tone="waiting" title="A proxy is not trusted">
          <p>
            A proxy at <code>{untrustedProxy}</code> forwards requests, and LTS_TRUSTED_PROXIES does not name it: its
            callers all look like one. If that proxy is yours, set <code>LTS_TRUSTED_PROXIES={untrustedProxy}</code> and
            restart.
          </p>
        </Banner>
      )}
      {isLow(disk) ? (
        <Banner tone={disk.free < NO_SPACE ? 'bad' : 'waiting'} title="Little disk space left">
          <span>{bytesText(disk.free)} are free. Leads are refused when it is used up: free some space.</span>
        </Banner>
      ) : null}
      {files.quota > 0 && files.bytes >= files.quota * NEARLY ? (
        <Banner tone="waiting" title="Little room for files">
          <span>
            Files of leads take {bytesText(files.bytes)} of {bytesText(files.quota)}. When that is used up leads are
            kept without their files: set LTS_FILES_QUOTA_GB higher, or delete leads that you no longer need.
          </span>
        </Banner>
      ) : null}
    </>
  );
}

function Disk({ disk, health, files }: Pick<SystemProps, 'disk' | 'health' | 'files'>) {
  const sheets = disk?.parts.find(({ name }) => name === 'sheets')?.bytes ?? 0;
  const all = disk?.parts.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
  return (
    <Card title="Disk" action={<Status is={!health.writable ? 'failed' : isLow(disk) ? 'nearly_full' : 'ok'} />}>
      <Facts
        facts={[
          ['Data folder', disk === null ? 'Could not be looked at' : bytesText(all)],
          ['Database', `${bytesText(health.bytes)}, schema ${health.schemaVersion}`],
          ['Local sheets', disk === null ? '–' : bytesText(sheets)],
          ['Files of leads', `${count(files.files)}, ${bytesText(files.bytes)} of ${bytesText(files.quota)}`],
          ['Free', disk === null ? '–' : bytesText(disk.free)],
          ['Writes waiting', count(health.queued)],
        ]}
      />
    </Card>
  );
}

function Queues({ queues, now }: Pick<SystemProps, 'queues' | 'now'>) {
  return (
    <section class="part">
      <h2>Waiting for sheets</h2>
      {queues.length === 0 ? (
        <p class="muted">There is no site yet.</p>
      ) : (
        <StackTable
          columns={[
            'Site',
            'Sheet',
            { text: 'Rows', number: true },
            'Oldest',
            { text: 'Changed cells', number: true },
            'Last written',
          ]}
        >
          {queues.map((queue) => (
            <QueueLine key={queue.site.id} {...queue} now={now} />
          ))}
        </StackTable>
      )}
    </section>
  );
}

function QueueLine({ site, target, pending, oldestCreatedAt, updates, now }: Queue & { now: number }) {
  const problem = target.problem ?? target.trouble;
  return (
    <tr>
      <td data-label="Site" class="breaks">
        <a class="row" href={`/admin/s/${site.id}/sheet`}>
          <bdi>{site.name}</bdi>
        </a>
      </td>
      <td data-label="Sheet">
        {site.syncEnabled ? <Status is={target.status} title={problem?.message ?? null} /> : 'Sync is off'}{' '}
        <span class="muted">{target.kind === 'google' ? 'Google Sheets' : 'Local files'}</span>
      </td>
      <td data-label="Rows" class="number">
        {count(pending)}
      </td>
      <td data-label="Oldest">
        {oldestCreatedAt === null ? <span class="muted">–</span> : <Moment at={oldestCreatedAt} now={now} zone="UTC" />}
      </td>
      <td data-label="Changed cells" class="number">
        {updates >= 1000 ? '1000+' : count(updates)}
      </td>
      <td data-label="Last written">
        <Moment at={target.lastSyncedAt} now={now} zone="UTC" />
      </td>
    </tr>
  );
}

const LEVEL_WORDS: Readonly<Record<LogLevel, string>> = {
  debug: 'debug: everything, for looking into a fault',
  info: 'info: a line for each request and each batch of rows',
  warn: 'warn: what may need you',
  error: 'error: what went wrong',
  silent: 'silent: nothing',
};

function LevelForm({ level, csrf }: Pick<SystemProps, 'level' | 'csrf'>) {
  return (
    <section class="part">
      <h2>Log</h2>
      <PostForm action="/admin/system/log-level" csrf={csrf}>
        <SelectField
          name="level"
          label="Log level"
          value={level}
          choices={LOG_LEVELS.map((each) => ({ value: each, text: LEVEL_WORDS[each] }))}
          help="Holds at once, until the next restart. LTS_LOG_LEVEL sets it for good."
        />
        <Submit text="Change the level" />
      </PostForm>
    </section>
  );
}

function Settings({ settings }: Pick<SystemProps, 'settings'>) {
  return (
    <section class="part">
      <h2>Settings as loaded</h2>
      <p class="muted">They are changed where they are set, and hold after a restart. Secrets are hidden.</p>
      <StackTable columns={['Setting', 'Value', 'From']}>
        {settings.map(({ name, value, origin, meaning }) => (
          <tr key={name}>
            <td data-label="Setting" class="breaks">
              <code>{name}</code>
              <div class="help">{meaning}</div>
            </td>
            <td data-label="Value" class="breaks">
              {value === null ? <span class="muted">Not set</span> : <code>{value}</code>}
            </td>
            <td data-label="From">{origin.includes('/') ? <code>{origin}</code> : origin}</td>
          </tr>
        ))}
      </StackTable>
    </section>
  );
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes in words, with three digits at the most before the unit: `12 MB`, `1.4 GB`. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
