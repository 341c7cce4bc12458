import type { SourceAdapter } from './source.ts';

/** POST /f/{id} by the page that this server shows at /h/{id}. Spec 3, "Hosted form". */
export const hostedForm: SourceAdapter = {
  id: 'hosted_form',
  label: 'Hosted form',
  overflow: 'refuse',
  defaultForm: 'Website',
  isOpen: true,
};
