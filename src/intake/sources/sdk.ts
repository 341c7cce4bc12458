import type { SourceAdapter } from './source.ts';

/** POST /f/{id} by the script that pages load. Spec 3, "SDK". */
export const sdk: SourceAdapter = {
  id: 'sdk',
  label: 'Website script',
  overflow: 'refuse',
  defaultForm: 'Website',
  isOpen: true,
};
