import { join } from 'node:path';

/** Where the files of a site's imports lie until they are imported. @param importsPath `DATA_DIR/imports` */
export const importFolder = (importsPath: string, siteId: string): string => join(importsPath, siteId);

/** Where the file of an import lies. */
export const importPath = (importsPath: string, siteId: string, id: string): string =>
  join(importFolder(importsPath, siteId), id);
