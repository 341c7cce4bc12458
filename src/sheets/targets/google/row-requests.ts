import type { BatchRequest } from './api.ts';
import { ROW_KEY } from './mapping.ts';
import { createTag, deleteTag } from './requests.ts';

/**
 * Requests on whole rows that Google refuses, and with them all others of their batch, if a row is not the one that
 * was read: by what it documents of developer metadata. An id is given once; metadata dies with its row.
 */
export interface MarkedRow {
  sheetId: number;
  /** Zero-based. */
  row: number;
  /** The id of its mark, and what the mark is to say. */
  metadataId: number;
  value: string;
}

const rows = (sheetId: number, startIndex: number, endIndex: number) => ({
  sheetId,
  dimension: 'ROWS',
  startIndex,
  endIndex,
});
const place = ({ sheetId, row }: MarkedRow) => ({ dimensionRange: rows(sheetId, row, row + 1) });

export function markRow(marked: MarkedRow): BatchRequest {
  return createTag(marked.metadataId, ROW_KEY, marked.value, place(marked));
}

/**
 * The mark is made anew in its place, with what it is to say now. The old one is deleted by id and place: if it is in
 * another place, it is still there, and the new one is refused.
 */
function remark(marked: MarkedRow): BatchRequest[] {
  const developerMetadataLookup = {
    metadataId: marked.metadataId,
    metadataLocation: place(marked),
    locationMatchingStrategy: 'EXACT_LOCATION',
  };
  return [{ deleteDeveloperMetadata: { dataFilter: { developerMetadataLookup } } }, markRow(marked)];
}

function setHidden({ sheetId, row }: MarkedRow, hiddenByUser: boolean): BatchRequest {
  return {
    updateDimensionProperties: {
      range: rows(sheetId, row, row + 1),
      properties: { hiddenByUser },
      fields: 'hiddenByUser',
    },
  };
}

/** Hides the row of the mark. */
export function hideRow(marked: MarkedRow): BatchRequest[] {
  return [...remark(marked), setHidden(marked, true)];
}

/** Takes the mark from a row, and shows it again if it was hidden with it. */
export function releaseRow(marked: MarkedRow, hidden: boolean): BatchRequest[] {
  return [...(hidden ? [...remark(marked), setHidden(marked, false)] : []), deleteTag(marked.metadataId)];
}

/** Deletes the row that has the mark: the same id is then free again, and only then. */
export function deleteRow({ sheetId, row, metadataId, value }: MarkedRow): BatchRequest[] {
  return [
    { deleteDimension: { range: rows(sheetId, row, row + 1) } },
    createTag(metadataId, ROW_KEY, value, { sheetId }),
    deleteTag(metadataId),
  ];
}

/** Refused if the tab has fewer rows: a row that is not there takes no mark. */
export function hasRows(sheetId: number, rowCount: number, metadataId: number): BatchRequest[] {
  const last = { sheetId, row: rowCount - 1, metadataId, value: '' };
  return [markRow(last), deleteTag(metadataId)];
}

/** Google refuses to delete the last row that is not frozen; new leads would add rows anyhow. */
export function roomForRows(sheetId: number, rowCount: number, deleted: number): BatchRequest[] {
  const left = rowCount - deleted;
  if (deleted === 0 || left >= FEW_ROWS) return [];
  return [{ appendDimension: { sheetId, dimension: 'ROWS', length: FEW_ROWS - left } }];
}

const FEW_ROWS = 20;
