import type { SourceAdapter } from './source.ts';

/** The tool `create_submission` of /api/mcp. Spec 2, "MCP". */
export const mcp: SourceAdapter = {
  id: 'mcp',
  label: 'MCP',
  overflow: 'refuse',
  defaultForm: 'MCP',
};
