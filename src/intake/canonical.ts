import { sha256 } from '../lib/crypto.ts';

type Frame = { close: string; keys: string[] | null; items: unknown; size: number; next: number };

/**
 * One text for all JSON values that mean the same: members sorted by name, no white space. Meant for values out
 * of `JSON.parse`; of any depth, as it does not recurse. `undefined` members are left out.
 */
export function canonicalJson(value: unknown): string {
  let out = '';
  const stack: Frame[] = [];
  const open = (item: unknown) => {
    if (typeof item !== 'object' || item === null) out += scalar(item);
    else {
      const keys = Array.isArray(item) ? null : definedKeys(item);
      out += keys === null ? '[' : '{';
      const size = keys === null ? (item as unknown[]).length : keys.length;
      stack.push({ close: keys === null ? ']' : '}', keys, items: item, size, next: 0 });
    }
  };
  open(value);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    if (frame.next === frame.size) {
      out += frame.close;
      stack.pop();
      continue;
    }
    if (frame.next > 0) out += ',';
    const index = frame.next++;
    if (frame.keys === null) open((frame.items as unknown[])[index]);
    else {
      const key = frame.keys[index] ?? '';
      out += `${JSON.stringify(key)}:`;
      open((frame.items as Record<string, unknown>)[key]);
    }
  }
  return out;
}

function definedKeys(item: object): string[] {
  const members = item as Record<string, unknown>;
  return Object.keys(members)
    .filter((key) => members[key] !== undefined)
    .sort();
}

function scalar(value: unknown): string {
  // JSON.stringify makes null of 1e999: another body, so another text.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return JSON.stringify(value) ?? 'null';
}

/** What "the same body" is for idempotency: SHA-256 of the canonical JSON, hex. Spec 2. */
export function bodyHash(value: unknown): string {
  return sha256(canonicalJson(value));
}
