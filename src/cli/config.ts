import { describeSettings } from '../config/render.ts';
import { textPairs } from '../lib/text-table.ts';
import { type Command, done } from './command.ts';
import { settingsOf } from './session.ts';

export const configCommand: Command = {
  name: 'config',
  summary: 'Every setting: its value, where that came from, and what it means. Secrets are hidden.',
  flags: {},
  async run(context) {
    const { texts, origins } = settingsOf(context);
    const reports = describeSettings(texts, origins);
    const text = reports.map(({ name, value, origin, meaning }) => {
      const shown = value ?? '(not set)';
      return `${textPairs([[name, `${shown}   [${origin}]`]])}\n    ${meaning}`;
    });
    return done({ data: reports }, text.join('\n'));
  },
};
