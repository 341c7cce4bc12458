import type { Source } from '../../contract/source.ts';
import { restApi } from './rest-api.ts';
import type { SourceAdapter } from './source.ts';

/** Every source there is. A new one is a file beside this and a line here. */
export const sources: readonly SourceAdapter[] = [restApi];

const byId = new Map(sources.map((source) => [source.id, source]));

/** The adapter of a source. Asking for one that is not in the list is a fault of the program, so it throws. */
export function adapterOf(id: Source): SourceAdapter {
  const adapter = byId.get(id);
  if (adapter === undefined) throw new Error(`source ${id} has no adapter`);
  return adapter;
}
