import { join } from 'node:path';
import { renderEnvExample } from '../../src/config/render.ts';

await Bun.write(join(import.meta.dir, '../../.env.example'), renderEnvExample());
