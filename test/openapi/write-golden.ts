import { documentOfRoutes, GOLDEN, inLines } from './document.ts';

await Bun.write(GOLDEN, inLines(await documentOfRoutes()));
