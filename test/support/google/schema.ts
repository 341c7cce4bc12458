/**
 * The messages of Sheets v4, as far as this stand-in speaks them. One table serves three judges: strict JSON reading
 * of request bodies, field masks of responses, and field masks inside update requests.
 *
 * A field type is a scalar (`string`, `int32`, `double`, `bool`, `any`), `enum:A|B`, or `@Message`; `[]` at the end
 * makes it repeated.
 */
export interface Message {
  readonly fields: Readonly<Record<string, string>>;
  /** Groups of fields of which at most one may be set. */
  readonly oneofs: Readonly<Record<string, readonly string[]>>;
}

const message = (fields: Record<string, string>, oneofs: Record<string, string[]> = {}): Message => ({
  fields,
  oneofs,
});

const DIMENSION = 'enum:DIMENSION_UNSPECIFIED|ROWS|COLUMNS';
const VISIBILITY = 'enum:DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED|DOCUMENT|PROJECT';
const LOCATION_TYPE = 'enum:DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED|ROW|COLUMN|SHEET|SPREADSHEET';
const VALUE_INPUT = 'enum:INPUT_VALUE_OPTION_UNSPECIFIED|RAW|USER_ENTERED';
const RENDER = 'enum:FORMATTED_VALUE|UNFORMATTED_VALUE|FORMULA';
const DATE_RENDER = 'enum:SERIAL_NUMBER|FORMATTED_STRING';
const COMMENTS = 'enum:COMMENTS_VIEW_MODE_UNSPECIFIED|COMMENTS_VIEW_MODE_OMITTED|COMMENTS_VIEW_MODE_INCLUDED';

const filtered = (extra: Record<string, string>) => message({ dataFilter: '@DataFilter', ...extra });

const resources: Record<string, Message> = {
  Spreadsheet: message({
    spreadsheetId: 'string',
    properties: '@SpreadsheetProperties',
    sheets: '@Sheet[]',
    namedRanges: '@NamedRange[]',
    spreadsheetUrl: 'string',
    developerMetadata: '@DeveloperMetadata[]',
    dataSources: 'any[]',
    dataSourceSchedules: 'any[]',
  }),
  SpreadsheetProperties: message({
    title: 'string',
    locale: 'string',
    autoRecalc: 'string',
    timeZone: 'string',
    defaultFormat: '@CellFormat',
    iterativeCalculationSettings: 'any',
    spreadsheetTheme: 'any',
    importFunctionsExternalUrlAccessAllowed: 'bool',
  }),
  Sheet: message({
    properties: '@SheetProperties',
    data: '@GridData[]',
    merges: '@GridRange[]',
    conditionalFormats: 'any[]',
    filterViews: '@FilterView[]',
    protectedRanges: '@ProtectedRange[]',
    basicFilter: '@BasicFilter',
    charts: 'any[]',
    bandedRanges: 'any[]',
    developerMetadata: '@DeveloperMetadata[]',
    rowGroups: 'any[]',
    columnGroups: 'any[]',
    slicers: 'any[]',
    tables: '@Table[]',
  }),
  SheetProperties: message({
    sheetId: 'int32',
    title: 'string',
    index: 'int32',
    sheetType: 'enum:SHEET_TYPE_UNSPECIFIED|GRID|OBJECT|DATA_SOURCE',
    gridProperties: '@GridProperties',
    hidden: 'bool',
    tabColor: '@Color',
    tabColorStyle: '@ColorStyle',
    rightToLeft: 'bool',
    dataSourceSheetProperties: 'any',
  }),
  GridProperties: message({
    rowCount: 'int32',
    columnCount: 'int32',
    frozenRowCount: 'int32',
    frozenColumnCount: 'int32',
    hideGridlines: 'bool',
    rowGroupControlAfter: 'bool',
    columnGroupControlAfter: 'bool',
  }),
  GridData: message({
    startRow: 'int32',
    startColumn: 'int32',
    rowData: '@RowData[]',
    rowMetadata: '@DimensionProperties[]',
    columnMetadata: '@DimensionProperties[]',
  }),
  RowData: message({ values: '@CellData[]' }),
  CellData: message({
    userEnteredValue: '@ExtendedValue',
    effectiveValue: '@ExtendedValue',
    formattedValue: 'string',
    userEnteredFormat: '@CellFormat',
    effectiveFormat: '@CellFormat',
    hyperlink: 'string',
    note: 'string',
    textFormatRuns: 'any[]',
    dataValidation: '@DataValidationRule',
    pivotTable: 'any',
    chipRuns: 'any[]',
  }),
  ExtendedValue: message(
    { numberValue: 'double', stringValue: 'string', boolValue: 'bool', formulaValue: 'string', errorValue: 'any' },
    { value: ['numberValue', 'stringValue', 'boolValue', 'formulaValue', 'errorValue'] },
  ),
  CellFormat: message({
    numberFormat: '@NumberFormat',
    backgroundColor: '@Color',
    backgroundColorStyle: '@ColorStyle',
    borders: 'any',
    padding: 'any',
    horizontalAlignment: 'enum:HORIZONTAL_ALIGN_UNSPECIFIED|LEFT|CENTER|RIGHT',
    verticalAlignment: 'enum:VERTICAL_ALIGN_UNSPECIFIED|TOP|MIDDLE|BOTTOM',
    wrapStrategy: 'enum:WRAP_STRATEGY_UNSPECIFIED|OVERFLOW_CELL|LEGACY_WRAP|CLIP|WRAP',
    textDirection: 'string',
    textFormat: '@TextFormat',
    hyperlinkDisplayType: 'string',
    textRotation: 'any',
  }),
  NumberFormat: message({
    type: 'enum:NUMBER_FORMAT_TYPE_UNSPECIFIED|TEXT|NUMBER|PERCENT|CURRENCY|DATE|TIME|DATE_TIME|SCIENTIFIC',
    pattern: 'string',
  }),
  TextFormat: message({
    foregroundColor: '@Color',
    foregroundColorStyle: '@ColorStyle',
    fontFamily: 'string',
    fontSize: 'int32',
    bold: 'bool',
    italic: 'bool',
    strikethrough: 'bool',
    underline: 'bool',
    link: 'any',
  }),
  Color: message({ red: 'double', green: 'double', blue: 'double', alpha: 'any' }),
  ColorStyle: message({ rgbColor: '@Color', themeColor: 'string' }, { kind: ['rgbColor', 'themeColor'] }),
  DimensionProperties: message({
    hiddenByFilter: 'bool',
    hiddenByUser: 'bool',
    pixelSize: 'int32',
    developerMetadata: '@DeveloperMetadata[]',
    dataSourceColumnReference: 'any',
  }),
  GridRange: message({
    sheetId: 'int32',
    startRowIndex: 'int32',
    endRowIndex: 'int32',
    startColumnIndex: 'int32',
    endColumnIndex: 'int32',
    tableId: 'string',
  }),
  GridCoordinate: message({ sheetId: 'int32', rowIndex: 'int32', columnIndex: 'int32', tableId: 'string' }),
  DimensionRange: message({ sheetId: 'int32', dimension: DIMENSION, startIndex: 'int32', endIndex: 'int32' }),
  DeveloperMetadata: message({
    metadataId: 'int32',
    metadataKey: 'string',
    metadataValue: 'string',
    location: '@DeveloperMetadataLocation',
    visibility: VISIBILITY,
  }),
  DeveloperMetadataLocation: message(
    { locationType: LOCATION_TYPE, spreadsheet: 'bool', sheetId: 'int32', dimensionRange: '@DimensionRange' },
    { location: ['spreadsheet', 'sheetId', 'dimensionRange'] },
  ),
  DeveloperMetadataLookup: message({
    locationType: LOCATION_TYPE,
    metadataLocation: '@DeveloperMetadataLocation',
    locationMatchingStrategy:
      'enum:DEVELOPER_METADATA_LOCATION_MATCHING_STRATEGY_UNSPECIFIED|EXACT_LOCATION|INTERSECTING_LOCATION',
    metadataId: 'int32',
    metadataKey: 'string',
    metadataValue: 'string',
    visibility: VISIBILITY,
  }),
  DataFilter: message(
    { developerMetadataLookup: '@DeveloperMetadataLookup', a1Range: 'string', gridRange: '@GridRange' },
    { filter: ['developerMetadataLookup', 'a1Range', 'gridRange'] },
  ),
  ProtectedRange: message({
    protectedRangeId: 'int32',
    range: '@GridRange',
    namedRangeId: 'string',
    tableId: 'string',
    description: 'string',
    warningOnly: 'bool',
    requestingUserCanEdit: 'bool',
    unprotectedRanges: '@GridRange[]',
    editors: '@Editors',
  }),
  Editors: message({ users: 'string[]', groups: 'string[]', domainUsersCanEdit: 'bool' }),
  NamedRange: message({ namedRangeId: 'string', name: 'string', range: '@GridRange' }),
  DataValidationRule: message({
    condition: '@BooleanCondition',
    inputMessage: 'string',
    strict: 'bool',
    showCustomUi: 'bool',
  }),
  BooleanCondition: message({ type: 'string', values: '@ConditionValue[]' }),
  ConditionValue: message({ relativeDate: 'string', userEnteredValue: 'string' }),
  SortSpec: message({
    dimensionIndex: 'int32',
    sortOrder: 'enum:SORT_ORDER_UNSPECIFIED|ASCENDING|DESCENDING',
    foregroundColor: '@Color',
    backgroundColor: '@Color',
    foregroundColorStyle: '@ColorStyle',
    backgroundColorStyle: '@ColorStyle',
    dataSourceColumnReference: 'any',
  }),
  BasicFilter: message({
    range: '@GridRange',
    tableId: 'string',
    sortSpecs: '@SortSpec[]',
    criteria: 'any',
    filterSpecs: 'any[]',
  }),
  FilterView: message({
    filterViewId: 'int32',
    title: 'string',
    range: '@GridRange',
    namedRangeId: 'string',
    tableId: 'string',
    sortSpecs: '@SortSpec[]',
    criteria: 'any',
    filterSpecs: 'any[]',
  }),
  Table: message({
    tableId: 'string',
    name: 'string',
    range: '@GridRange',
    rowsProperties: 'any',
    columnProperties: '@TableColumnProperties[]',
  }),
  TableColumnProperties: message({
    columnIndex: 'int32',
    columnName: 'string',
    columnType: 'string',
    dataValidationRule: 'any',
  }),
};

/** The kinds of request a batch may carry, each with its message. */
export const REQUEST_KINDS: Readonly<Record<string, Message>> = {
  updateSpreadsheetProperties: message({ properties: '@SpreadsheetProperties', fields: 'string' }),
  addSheet: message({ properties: '@SheetProperties' }),
  updateSheetProperties: message({ properties: '@SheetProperties', fields: 'string' }),
  deleteSheet: message({ sheetId: 'int32' }),
  duplicateSheet: message({
    sourceSheetId: 'int32',
    insertSheetIndex: 'int32',
    newSheetId: 'int32',
    newSheetName: 'string',
  }),
  appendCells: message({ sheetId: 'int32', rows: '@RowData[]', fields: 'string', tableId: 'string' }),
  updateCells: message(
    { rows: '@RowData[]', fields: 'string', start: '@GridCoordinate', range: '@GridRange' },
    { area: ['start', 'range'] },
  ),
  repeatCell: message({ range: '@GridRange', cell: '@CellData', fields: 'string' }),
  appendDimension: message({ sheetId: 'int32', dimension: DIMENSION, length: 'int32', tableId: 'string' }),
  insertDimension: message({ range: '@DimensionRange', inheritFromBefore: 'bool' }),
  updateDimensionProperties: message({
    range: '@DimensionRange',
    dataSourceSheetRange: 'any',
    properties: '@DimensionProperties',
    fields: 'string',
  }),
  deleteDimension: message({ range: '@DimensionRange' }),
  moveDimension: message({ source: '@DimensionRange', destinationIndex: 'int32' }),
  autoResizeDimensions: message({ dimensions: '@DimensionRange', dataSourceSheetDimensions: 'any' }),
  insertRange: message({ range: '@GridRange', shiftDimension: DIMENSION }),
  deleteRange: message({ range: '@GridRange', shiftDimension: DIMENSION }),
  createDeveloperMetadata: message({ developerMetadata: '@DeveloperMetadata' }),
  updateDeveloperMetadata: message({
    dataFilters: '@DataFilter[]',
    developerMetadata: '@DeveloperMetadata',
    fields: 'string',
  }),
  deleteDeveloperMetadata: message({ dataFilter: '@DataFilter' }),
  addProtectedRange: message({ protectedRange: '@ProtectedRange' }),
  updateProtectedRange: message({ protectedRange: '@ProtectedRange', fields: 'string' }),
  deleteProtectedRange: message({ protectedRangeId: 'int32' }),
  addNamedRange: message({ namedRange: '@NamedRange' }),
  deleteNamedRange: message({ namedRangeId: 'string' }),
  setDataValidation: message({ range: '@GridRange', rule: '@DataValidationRule', filteredRowsIncluded: 'bool' }),
  setBasicFilter: message({ filter: '@BasicFilter' }),
  clearBasicFilter: message({ sheetId: 'int32' }),
  addFilterView: message({ filter: '@FilterView' }),
  sortRange: message({ range: '@GridRange', sortSpecs: '@SortSpec[]' }),
  mergeCells: message({ range: '@GridRange', mergeType: 'enum:MERGE_ALL|MERGE_COLUMNS|MERGE_ROWS' }),
  unmergeCells: message({ range: '@GridRange' }),
  addTable: message({ table: '@Table' }),
  updateTable: message({ table: '@Table', fields: 'string' }),
  deleteTable: message({ tableId: 'string' }),
};

const kinds = Object.keys(REQUEST_KINDS);
const kindMessageName = (kind: string): string => `Request.${kind}`;

const calls: Record<string, Message> = {
  Request: message(Object.fromEntries(kinds.map((kind) => [kind, `@${kindMessageName(kind)}`])), { kind: kinds }),
  BatchUpdateRequest: message({
    requests: '@Request[]',
    includeSpreadsheetInResponse: 'bool',
    responseRanges: 'string[]',
    responseIncludeGridData: 'bool',
    commentsViewMode: COMMENTS,
  }),
  Response: message({
    addSheet: '@Request.addSheet',
    duplicateSheet: '@Request.addSheet',
    createDeveloperMetadata: '@Request.createDeveloperMetadata',
    updateDeveloperMetadata: '@UpdateMetadataReply',
    deleteDeveloperMetadata: '@DeleteMetadataReply',
    addProtectedRange: '@Request.addProtectedRange',
    addNamedRange: '@Request.addNamedRange',
    addFilterView: '@Request.addFilterView',
    addTable: '@Request.addTable',
  }),
  UpdateMetadataReply: message({ developerMetadata: '@DeveloperMetadata[]' }),
  DeleteMetadataReply: message({ deletedDeveloperMetadata: '@DeveloperMetadata[]' }),
  BatchUpdateResponse: message({
    spreadsheetId: 'string',
    replies: '@Response[]',
    updatedSpreadsheet: '@Spreadsheet',
    commentUpdateState: 'string',
  }),
  GetByDataFilterRequest: message({
    dataFilters: '@DataFilter[]',
    includeGridData: 'bool',
    excludeTablesInBandedRanges: 'bool',
    commentsViewMode: COMMENTS,
  }),
  SearchRequest: message({ dataFilters: '@DataFilter[]' }),
  SearchResponse: message({ matchedDeveloperMetadata: '@MatchedDeveloperMetadata[]' }),
  MatchedDeveloperMetadata: message({ developerMetadata: '@DeveloperMetadata', dataFilters: '@DataFilter[]' }),
  ValueRange: message({ range: 'string', majorDimension: DIMENSION, values: 'any[]' }),
  BatchGetResponse: message({ spreadsheetId: 'string', valueRanges: '@ValueRange[]' }),
  BatchGetByDataFilterRequest: message({
    dataFilters: '@DataFilter[]',
    majorDimension: DIMENSION,
    valueRenderOption: RENDER,
    dateTimeRenderOption: DATE_RENDER,
  }),
  BatchGetByDataFilterResponse: message({ spreadsheetId: 'string', valueRanges: '@MatchedValueRange[]' }),
  MatchedValueRange: message({ valueRange: '@ValueRange', dataFilters: '@DataFilter[]' }),
  UpdateValuesResponse: filtered({
    spreadsheetId: 'string',
    updatedRange: 'string',
    updatedRows: 'int32',
    updatedColumns: 'int32',
    updatedCells: 'int32',
    updatedData: '@ValueRange',
  }),
  AppendValuesResponse: message({ spreadsheetId: 'string', tableRange: 'string', updates: '@UpdateValuesResponse' }),
  DataFilterValueRange: filtered({ majorDimension: DIMENSION, values: 'any[]' }),
  BatchUpdateValuesRequest: message({
    valueInputOption: VALUE_INPUT,
    data: '@ValueRange[]',
    includeValuesInResponse: 'bool',
    responseValueRenderOption: RENDER,
    responseDateTimeRenderOption: DATE_RENDER,
  }),
  BatchUpdateByDataFilterRequest: message({
    valueInputOption: VALUE_INPUT,
    data: '@DataFilterValueRange[]',
    includeValuesInResponse: 'bool',
    responseValueRenderOption: RENDER,
    responseDateTimeRenderOption: DATE_RENDER,
  }),
  BatchUpdateValuesResponse: message({
    spreadsheetId: 'string',
    totalUpdatedRows: 'int32',
    totalUpdatedColumns: 'int32',
    totalUpdatedCells: 'int32',
    totalUpdatedSheets: 'int32',
    responses: '@UpdateValuesResponse[]',
  }),
  CopyToRequest: message({ destinationSpreadsheetId: 'string' }),
  Empty: message({}),
};

const MESSAGES: Readonly<Record<string, Message>> = {
  ...resources,
  ...calls,
  ...Object.fromEntries(Object.entries(REQUEST_KINDS).map(([kind, body]) => [kindMessageName(kind), body])),
};

/** The message of a name; a name that is not in the table is a mistake in this stand-in. */
export function messageOf(name: string): Message {
  const found = MESSAGES[name];
  if (!found) throw new Error(`no message ${name} in the schema`);
  return found;
}

/** A field type taken apart: what it is, and whether it repeats. */
export function fieldType(type: string): { base: string; repeated: boolean } {
  return type.endsWith('[]') ? { base: type.slice(0, -2), repeated: true } : { base: type, repeated: false };
}
