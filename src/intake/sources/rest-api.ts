import type { SourceAdapter } from './source.ts';

/** POST /api/v1/submissions and its batch. Spec 2. */
export const restApi: SourceAdapter = {
  id: 'rest_api',
  label: 'REST API',
  overflow: 'refuse',
  defaultForm: 'API',
};
