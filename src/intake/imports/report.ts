import type { ImportProblem } from '../../store/imports.ts';

/** Rows that were not taken, as CSV for whoever mends the file: its row number, what is wrong, what to do. */
export function problemReport(problems: readonly ImportProblem[]): string {
  // Messages are ours but for names of columns, which come from the file.
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return ['row,problem', ...problems.map(({ row, message }) => `${row},${cell(message)}`), ''].join('\r\n');
}
