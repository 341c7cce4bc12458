import ExcelJS from 'exceljs';

/*
 * Reads a workbook as other people's programs do, and prints what is in it: each sheet with its view and its cells. A
 * formula or anything but a plain value is of kind `object`; a date is its ISO form in UTC. Started by test/support/xlsx.ts.
 */

const workbook = new ExcelJS.Workbook();
await workbook.xlsx.readFile(process.argv[2] ?? '');

const sheets = workbook.worksheets.map((sheet) => {
  const cells: Record<string, { kind: string; value: unknown; bold: boolean }> = {};
  sheet.eachRow((row) => {
    row.eachCell(({ address, value, font }) => {
      const kind = value instanceof Date ? 'date' : typeof value;
      cells[address] = { kind, value, bold: font?.bold === true };
    });
  });
  return { name: sheet.name, view: sheet.views[0], cells };
});
console.log(JSON.stringify(sheets));
