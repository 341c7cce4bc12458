// What could move the cursor or colour a terminal; the values in a table may come from strangers.
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text on one line that can't steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, ' ');
}

/**
 * Rows under a header, in columns as wide as their widest cell. No trailing blanks, no newline at the end.
 * @param maxCell longer cells are cut with a mark
 */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[], maxCell = 60): string {
  const cut = (text: string) => {
    const characters = [...oneLine(text)];
    return characters.length > maxCell ? `${characters.slice(0, maxCell - 1).join('')}…` : characters.join('');
  };
  const lines = [header, ...rows].map((row) => row.map(cut));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => Bun.stringWidth(line[column] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Pairs, one to a line, their second halves under each other. */
export function textPairs(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => Bun.stringWidth(name)));
  return pairs.map(([name, value]) => `${pad(name, width)}  ${oneLine(value)}`.trimEnd()).join('\n');
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - Bun.stringWidth(text)));
}
