import { join } from 'node:path';
import { migrated, schemaText } from './schema-text.ts';

await Bun.write(join(import.meta.dir, '../golden/schema.sql'), schemaText(migrated()));
