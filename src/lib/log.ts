import type { Clock } from './clock.ts';
import { toTime } from './time.ts';

/** How long a line may wait for company, and how many go together at most. */
const GATHER_MS = 50;
const GATHER_LINES = 500;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'json' | 'pretty';

/** What a line says beside its event: ids, counts, durations. Never a field value, key or cookie. */
export type LogData = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One wide line per unit of work, named like an event: `lead.accepted`, `sheet.flushed`. */
export interface Log {
  debug(event: string, data?: LogData): void;
  info(event: string, data?: LogData): void;
  warn(event: string, data?: LogData): void;
  error(event: string, data?: LogData): void;
  /** The same log with these members on every line. */
  with(data: LogData): Log;
}

export interface LogOptions {
  /** Asked for at each line: it may be changed while the program runs. */
  level: LogLevel;
  format: LogFormat;
  now: () => number;
  write: (line: string) => void;
}

export function createLog(options: LogOptions, bound: LogData = {}): Log {
  const always = membersOf(bound);
  const line = (level: LogLevel) => {
    const rank = LOG_LEVELS.indexOf(level);
    return (event: string, data: LogData = {}) => {
      if (rank < LOG_LEVELS.indexOf(options.level)) return;
      const time = toTime(options.now());
      options.write(
        options.format === 'json'
          ? `{"time":"${time}","level":"${level}","event":${JSON.stringify(event)}${always}${membersOf(data)}}`
          : pretty(time, level, event, { ...bound, ...data }),
      );
    };
  };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (data) => createLog(options, { ...bound, ...data }),
  };
}

/** A text that can't break out of its line, nor steer a terminal. */
function plain(value: unknown): string {
  const text = String(value);
  if (/^[\w.:/@+-]+$/.test(text)) return text;
  // JSON leaves alone what some terminals obey: C1 controls, line separators, marks that turn text around.
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

/** What continues a JSON object: a busy server writes a line for each request, and it is put together from texts. */
function membersOf(data: LogData): string {
  const object = JSON.stringify(data);
  return object === '{}' ? '' : `,${object.slice(1, -1)}`;
}

function pretty(time: string, level: LogLevel, event: string, data: LogData): string {
  const pairs = Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${plain(value)}`);
  return [time.slice(11, 19), level.padEnd(5), event, ...pairs].join(' ');
}

/** A log that says nothing. */
export const silentLog: Log = createLog({ level: 'silent', format: 'json', now: () => 0, write: () => {} });

/**
 * Gathers lines and writes them together, a moment later: a busy server writes many lines a second, and each write
 * would stop it. What is gathered when the process is killed is lost; `flush` before an orderly end.
 */
export function gatherLines(write: (text: string) => void, clock: Clock): { write(line: string): void; flush(): void } {
  let lines: string[] = [];
  const flush = () => {
    if (lines.length === 0) return;
    const text = lines.join('\n');
    lines = [];
    write(text);
  };
  return {
    write(line) {
      lines.push(line);
      if (lines.length === 1) clock.after(GATHER_MS, flush);
      else if (lines.length >= GATHER_LINES) flush();
    },
    flush,
  };
}
