import type { Command } from './command.ts';
import { configCommand } from './config.ts';
import { formCommands } from './form.ts';
import { healthcheckCommand } from './healthcheck.ts';
import { keyCommands } from './key.ts';
import { leadCommands } from './lead.ts';
import { siteCommands } from './site.ts';
import { versionCommand } from './version.ts';

/** Every command, in the order the help lists them. */
export const COMMANDS: readonly Command[] = [
  ...siteCommands,
  ...keyCommands,
  ...formCommands,
  ...leadCommands,
  configCommand,
  healthcheckCommand,
  versionCommand,
];
