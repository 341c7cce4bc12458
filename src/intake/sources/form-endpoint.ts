import type { SourceAdapter } from './source.ts';

/** POST /f/{id}: a page's own form. Spec 3, "Form endpoint". Its callers say which endpoint's form is meant. */
export const formEndpoint: SourceAdapter = {
  id: 'form_endpoint',
  label: 'Form endpoint',
  overflow: 'refuse',
  defaultForm: 'Website',
  isOpen: true,
};
