import type { SourceAdapter } from './source.ts';

/** Files of leads, by a page or the command line. Spec 3, "Import". */
export const importSource: SourceAdapter = {
  id: 'import',
  label: 'Import',
  overflow: 'refuse',
  defaultForm: 'Import',
};
