import type { Command } from './command.ts';
import { configCommand } from './config.ts';
import { doctorCommand } from './doctor.ts';
import { endpointCommands } from './endpoint.ts';
import { formCommands } from './form.ts';
import { healthcheckCommand } from './healthcheck.ts';
import { hookCommands } from './hook.ts';
import { keyCommands } from './key.ts';
import { leadCommands } from './lead.ts';
import { serveCommand } from './serve.ts';
import { setupLinkCommand } from './setup-link.ts';
import { sheetCommands } from './sheet.ts';
import { siteCommands } from './site.ts';
import { userCommands } from './user.ts';
import { versionCommand } from './version.ts';

/** Every command, in the order the help lists them. */
export const COMMANDS: readonly Command[] = [
  serveCommand,
  setupLinkCommand,
  ...userCommands,
  ...siteCommands,
  ...keyCommands,
  ...sheetCommands,
  ...formCommands,
  ...endpointCommands,
  ...hookCommands,
  ...leadCommands,
  configCommand,
  doctorCommand,
  healthcheckCommand,
  versionCommand,
];
