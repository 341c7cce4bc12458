import type { BatchContext, RequestHandler } from './batch-context.ts';
import { ApiError, invalid } from './errors.ts';
import type { Json } from './json.ts';
import { appendCells, repeatCell, updateCells } from './requests-cells.ts';
import {
  appendDimension,
  autoResizeDimensions,
  deleteDimension,
  insertDimension,
  moveDimension,
  updateDimensionProperties,
} from './requests-dimensions.ts';
import * as objects from './requests-objects.ts';
import * as ranges from './requests-ranges.ts';
import {
  addSheet,
  deleteSheet,
  duplicateSheet,
  updateSheetProperties,
  updateSpreadsheetProperties,
} from './requests-sheets.ts';

/** Every kind of request, by its name in the API. */
const HANDLERS: Readonly<Record<string, RequestHandler>> = {
  appendCells,
  updateCells,
  repeatCell,
  appendDimension,
  insertDimension,
  deleteDimension,
  moveDimension,
  updateDimensionProperties,
  autoResizeDimensions,
  addSheet,
  updateSheetProperties,
  deleteSheet,
  duplicateSheet,
  updateSpreadsheetProperties,
  ...ranges,
  ...objects,
};

export const MAX_REQUESTS = 100_000;

/** The one kind that a request carries. */
export function kindOf(request: Json): string | undefined {
  return Object.keys(request)[0];
}

/**
 * Runs the requests in order on the context's draft and gives their replies, one to one. Throws at the first refusal,
 * naming the request as Google does; the caller then drops the draft, so nothing was applied.
 */
export function runBatch(context: BatchContext, requests: readonly Json[]): Json[] {
  if (requests.length === 0) throw invalid('Must specify at least one request.');
  if (requests.length > MAX_REQUESTS) throw invalid(`Cannot exceed ${MAX_REQUESTS} requests in a single batch`);
  return requests.map((request, index) => {
    const kind = kindOf(request);
    const handler = kind === undefined ? undefined : HANDLERS[kind];
    if (kind === undefined || !handler) throw invalid(`Invalid requests[${index}]: No request set.`);
    try {
      const reply = handler(context, request[kind] as Json);
      return reply === undefined ? {} : { [kind]: reply };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new ApiError(error.code, error.status, `Invalid requests[${index}].${kind}: ${error.message}`, error.extra);
    }
  });
}
