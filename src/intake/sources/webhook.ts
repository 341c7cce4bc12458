import type { SourceAdapter } from './source.ts';

/** /hooks/{token}: any other service, with a mapping of its own. Spec 3, "Custom webhook". */
export const webhook: SourceAdapter = {
  id: 'webhook',
  label: 'Custom webhook',
  overflow: 'keep-first',
  defaultForm: 'Webhook',
};
