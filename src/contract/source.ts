/** The ways a lead comes in. Spec 1, "Words". */
export const SOURCES = [
  'rest_api',
  'mcp',
  'form_endpoint',
  'hosted_form',
  'sdk',
  'webhook',
  'meta',
  'linkedin',
  'formaloo',
  'typeform',
  'tally',
  'calendly',
  'import',
] as const;
export type Source = (typeof SOURCES)[number];
