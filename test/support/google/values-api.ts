import { num, parseA1 } from './grid.ts';
import type { Json } from './json.ts';
import { filterRange, matchFilter, placeRange } from './metadata.ts';
import { file, type SheetsCall, writing } from './sheets-call.ts';
import * as values from './values.ts';
import { readRanges } from './view.ts';

/** The methods under `/values`. */

const queryJson = (query: URLSearchParams): Json => Object.fromEntries(query);

export function valuesGet(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  return values.valueRange(sheet, parseA1(call.part, sheet), values.readOptions(queryJson(call.query)));
}

export function valuesBatchGet(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  const options = values.readOptions(queryJson(call.query));
  const ranges = readRanges(call.query.getAll('ranges'), sheet);
  return { spreadsheetId: call.id, valueRanges: ranges.map((range) => values.valueRange(sheet, range, options)) };
}

export function valuesBatchGetByDataFilter(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  const options = values.readOptions(call.body);
  const filters = (call.body.dataFilters as Json[] | undefined) ?? [];
  const matched = values.filteredRanges(sheet, filters, call.principal.project);
  const valueRanges = matched.map(({ range, filters: dataFilters }) => ({
    valueRange: values.valueRange(sheet, range, options),
    dataFilters,
  }));
  return { spreadsheetId: call.id, valueRanges };
}

export const valuesUpdate = (call: SheetsCall): unknown =>
  writing(call, (context, draft) => {
    const option = values.inputOption(context, call.query.get('valueInputOption'));
    const range = parseA1(call.part, draft.state);
    return values.writtenJson(call.id, values.writeValues(context, range, values.readMatrix(call.body), option));
  });

export const valuesAppend = (call: SheetsCall): unknown =>
  writing(call, (context) => {
    const option = values.inputOption(context, call.query.get('valueInputOption'));
    const insert = call.query.get('insertDataOption') === 'INSERT_ROWS';
    const matrix = values.readMatrix(call.body);
    const { table, written } = values.appendValues(context, call.part, matrix, option, insert);
    return { spreadsheetId: call.id, tableRange: table, updates: values.writtenJson(call.id, written) };
  });

export const valuesClear = (call: SheetsCall): unknown =>
  writing(call, (context) => ({ spreadsheetId: call.id, updatedRange: values.clearValues(context, call.part) }));

export const valuesBatchUpdate =
  (byFilter: boolean) =>
  (call: SheetsCall): unknown =>
    writing(call, (context, draft) => {
      const option = values.inputOption(context, call.body.valueInputOption);
      const data = (call.body.data as Json[] | undefined) ?? [];
      const responses = data.flatMap((entry) => {
        const filter = entry.dataFilter as Json | undefined;
        const direct = byFilter
          ? filter && filterRange(draft.state, filter)
          : parseA1(String(entry.range ?? ''), draft.state);
        const ranges = direct
          ? [direct]
          : matchFilter(draft.state, filter ?? {}, context.project).flatMap((found) => placeRange(found.place) ?? []);
        return ranges.map((range) => ({
          ...values.writtenJson(call.id, values.writeValues(context, range, values.readMatrix(entry), option)),
          ...(byFilter ? { dataFilter: filter } : {}),
          sheetId: range.sheetId,
        }));
      });
      const sum = (name: 'updatedRows' | 'updatedColumns' | 'updatedCells') =>
        responses.reduce((total, each) => total + (num((each as Json)[name]) ?? 0), 0);
      return {
        spreadsheetId: call.id,
        totalUpdatedRows: sum('updatedRows'),
        totalUpdatedColumns: sum('updatedColumns'),
        totalUpdatedCells: sum('updatedCells'),
        totalUpdatedSheets: new Set(responses.map((each) => each.sheetId)).size,
        responses: responses.map(({ sheetId: _, ...rest }) => rest),
      };
    });
