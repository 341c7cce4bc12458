import { VERSION } from '../lib/version.ts';
import { type Command, done } from './command.ts';

export const versionCommand: Command = {
  name: 'version',
  summary: 'The version of this program.',
  flags: {},
  async run() {
    return done({ version: VERSION, bun: Bun.version }, `leadtosheet ${VERSION}`);
  },
};
