import type { Source } from '../../contract/source.ts';
import { calendly } from './calendly.ts';
import { formEndpoint } from './form-endpoint.ts';
import { formaloo } from './formaloo.ts';
import { hostedForm } from './hosted-form.ts';
import { importSource } from './import.ts';
import { linkedin } from './linkedin.ts';
import { mcp } from './mcp.ts';
import { meta } from './meta.ts';
import { restApi } from './rest-api.ts';
import { sdk } from './sdk.ts';
import type { SourceAdapter } from './source.ts';
import { tally } from './tally.ts';
import { typeform } from './typeform.ts';
import { webhook } from './webhook.ts';

/** Every source there is. A new one is a file beside this and a line here. */
export const sources: readonly SourceAdapter[] = [
  restApi,
  mcp,
  formEndpoint,
  hostedForm,
  sdk,
  webhook,
  typeform,
  tally,
  calendly,
  formaloo,
  meta,
  linkedin,
  importSource,
];

const byId = new Map(sources.map((adapter) => [adapter.id, adapter]));

/** @throws Error for a source that is not in the list: a fault of ours, since callers name theirs */
export function adapterOf(source: Source): SourceAdapter {
  const adapter = byId.get(source);
  if (!adapter) throw new Error(`no adapter for the source ${source}`);
  return adapter;
}
