import { installClients } from './clients.ts';

/** Before the tests: without these some are skipped, which is no reason not to run the others. */
const problem = await installClients();
if (problem !== null) console.error(problem);
