import type { Origin, Origins, Texts } from './load.ts';
import { SETTING_KEYS, settingOf } from './settings.ts';

/** One line of `leadtosheet config`. */
export interface SettingReport {
  name: string;
  /** null: not set, and no default. Secrets are hidden. */
  value: string | null;
  /** Where the value came from. */
  origin: string;
  default: string | null;
  meaning: string;
}

const HIDDEN = '(hidden)';

/** Every setting with its value, where that came from, and what it means. */
export function describeSettings(texts: Texts, origins: Origins): SettingReport[] {
  return SETTING_KEYS.map((key) => {
    const setting = settingOf(key);
    const text = texts[key];
    return {
      name: setting.name,
      value: text !== null && setting.secret ? HIDDEN : text,
      origin: originText(origins[key]),
      default: setting.default ?? setting.defaultNote ?? null,
      meaning: setting.doc,
    };
  });
}

function originText(origin: Origin): string {
  return 'path' in origin ? origin.path : origin.from;
}

/** `.env.example`: every setting, commented out, with its default or an example. */
export function renderEnvExample(): string {
  const head = [
    '# Settings of LeadToSheet. All are optional. Copy this file to DATA_DIR/leadtosheet.env (./data/leadtosheet.env),',
    '# or set environment variables, which come first. NAME_FILE=/path reads a value from a file.',
  ];
  const body = SETTING_KEYS.flatMap((key) => {
    const { name, default: fallback, defaultNote, doc, example } = settingOf(key);
    const note = fallback === null ? [`# Default: ${defaultNote ?? 'none'}.`] : [];
    return ['', `# ${doc}`, ...note, `#${name}=${fallback ?? example ?? ''}`];
  });
  return `${[...head, ...body].join('\n')}\n`;
}

/** The settings table of the README, between its `<!-- settings -->` markers. */
export function renderSettingsTable(): string {
  const code = (text: string) => `\`${text}\``;
  const rows = SETTING_KEYS.map((key) => {
    const { name, default: fallback, defaultNote, doc } = settingOf(key);
    const shown = fallback === null ? (defaultNote ?? 'none') : code(fallback);
    return `| ${code(name)} | ${shown} | ${doc.replaceAll('|', '\\|')} |`;
  });
  return ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}
