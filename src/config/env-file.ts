/** What a settings file says, and what is wrong with it. Wrong lines are named by number: they may hold secrets. */
export interface EnvFile {
  values: ReadonlyMap<string, string>;
  problems: readonly string[];
}

const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;

/**
 * Reads lines of `NAME=value`. Empty lines and lines that begin with `#` don't count; a value may stand in
 * single or double quotes and is taken as it is, with no expansion.
 * @param fileName for the sentences about wrong lines
 */
export function parseEnvFile(text: string, fileName: string): EnvFile {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = LINE.exec(line);
    const name = match?.[1];
    if (name === undefined) {
      problems.push(`${fileName}, line ${index + 1}: expected NAME=value, or a comment that begins with #.`);
    } else if (values.has(name)) {
      problems.push(`${fileName}, line ${index + 1}: ${name} is set a second time; keep one of them.`);
    } else {
      values.set(name, unquote(match?.[2] ?? ''));
    }
  }
  return { values, problems };
}

function unquote(value: string): string {
  const quote = value[0];
  const quoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}
