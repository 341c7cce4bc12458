import {
  type FieldScalar,
  type Fields,
  type FieldValue,
  MAX_FIELD_NAME,
  MAX_FIELDS,
  MAX_TEXT,
  type Warning,
} from '../contract/submission.ts';
import type { ErrorDetail } from '../lib/errors.ts';
import { judgeName, type NameVerdict } from './names.ts';
import { MAX_DEPTH, walkFields } from './normalise.ts';
import { jsonPointer } from './pointer.ts';
import { cleanTree, cleanValue, isMarked, MAX_NODES, type Marks, noMarks, type Place, setMember } from './values.ts';

/**
 * What to do with more fields, longer or empty names, deeper nesting than allowed: `refuse` the lead (REST, MCP,
 * forms), or `keep-first`, that is keep what fits and warn (hooks, whose sender can't mend it). Spec 1.
 */
export type Overflow = 'refuse' | 'keep-first';

export const MAX_DETAILS = 20;
const CHARACTERS = `${MAX_TEXT.toLocaleString('en')} characters`;
/** The name of a field that came without one, under `keep-first`. */
const UNNAMED = 'field';

export interface SanitisedFields {
  fields: Fields;
  /** What was dropped, masked, cut or renamed, by name; never a value. */
  warnings: Warning[];
  /** Why the lead has to be refused; empty: it need not be. */
  problems: ErrorDetail[];
}

/**
 * Flattens and sanitises the fields of one lead, as spec 1 says: at most 200 fields (those that are dropped
 * count), names of 1 to 200 characters, texts of at most 10,000, no sensitive fields, no card numbers. Order is
 * kept; sanitising the result again changes nothing. Never throws; linear in the size of the input.
 */
export function sanitiseFields(input: Readonly<Record<string, unknown>>, overflow: Overflow): SanitisedFields {
  const pass = new FieldPass(overflow);
  walkFields(input, pass);
  return pass.result();
}

const ROUNDED = 'A number too long or too large to be kept exactly was rounded: send it as text.';

class FieldPass {
  private readonly kept = new Map<string, FieldValue>();
  private readonly warnings: Warning[] = [];
  private readonly problems: ErrorDetail[] = [];
  private readonly overflow: Overflow;
  private seen = 0;
  /** One for all fields until something is marked: most leads are clean. */
  private marks = noMarks();

  constructor(overflow: Overflow) {
    this.overflow = overflow;
  }

  result(): SanitisedFields {
    return { fields: Object.fromEntries(this.kept), warnings: this.warnings, problems: this.problems };
  }

  leaf(rawName: string, value: unknown, path: readonly string[]): boolean {
    if (!this.hasRoom()) return false;
    const verdict = judgeName(rawName);
    if (verdict.sensitive) return this.warn('field_dropped', verdict.name, 'Left out: the name says it is sensitive.');
    const name = this.usableName(verdict, path);
    if (name === null) return this.problems.length < MAX_DETAILS;
    const { marks } = this;
    const clean = cleanValue(value, rawName, verdict.phone, path.length, marks);
    if (marks.tooDeep && this.overflow === 'refuse') {
      this.marks = noMarks();
      return this.tooDeep(rawName, path);
    }
    this.keep(name, clean);
    if (isMarked(marks)) {
      this.report(name, marks);
      this.marks = noMarks();
    }
    return true;
  }

  tooDeep(rawName: string, path: readonly string[]): boolean {
    if (this.overflow === 'refuse') {
      return this.refuse(path, `is nested too deep: send at most ${MAX_DEPTH} levels.`);
    }
    if (!this.hasRoom()) return false;
    return this.warn('field_dropped', judgeName(rawName).name, `Left out: nested deeper than ${MAX_DEPTH} levels.`);
  }

  private hasRoom(): boolean {
    this.seen++;
    if (this.seen <= MAX_FIELDS) return true;
    if (this.overflow === 'refuse') this.refuse([], `has more than ${MAX_FIELDS} fields: send fewer.`);
    else this.warn('too_many_fields', '', `Only the first ${MAX_FIELDS} fields were kept.`);
    return false;
  }

  /** The name to keep the field under; null when the lead is refused for it. */
  private usableName(verdict: NameVerdict, path: readonly string[]): string | null {
    const { name, tooLong, changed } = verdict;
    if (name !== '' && !tooLong) {
      if (changed) this.warn('field_renamed', name, 'Characters that no name may hold were removed or masked.');
      return name;
    }
    if (this.overflow === 'refuse') {
      const what = tooLong ? `has a name over ${MAX_FIELD_NAME} characters: shorten it.` : 'has no name: give it one.';
      this.refuse(path, what);
      return null;
    }
    const instead = name === '' ? UNNAMED : name;
    const why = tooLong ? `Its name was cut to ${MAX_FIELD_NAME} characters.` : 'It came without a name.';
    this.warn('field_renamed', instead, why);
    return instead;
  }

  /** Two names that become the same: both values, as the list that a form's repeated names make. */
  private keep(name: string, value: FieldValue): void {
    const before = this.kept.get(name);
    if (before === undefined) {
      this.kept.set(name, value);
      return;
    }
    this.kept.set(name, ([] as FieldScalar[]).concat(before, value));
    this.warn('field_renamed', name, 'Two fields have this name once it is cleaned: both values are kept, as a list.');
  }

  private report(name: string, marks: Marks): void {
    if (marks.masked) this.warn('field_masked', name, 'A card number was masked.');
    if (marks.cut) this.warn('field_cut', name, `Cut to ${CHARACTERS}.`);
    if (marks.cleaned) this.warn('field_cleaned', name, 'Characters that can not be stored were removed.');
    if (marks.rounded) this.warn('number_rounded', name, ROUNDED);
    if (marks.dropped) this.warn('field_dropped', name, 'Members with sensitive names were left out.');
    if (marks.tooDeep)
      this.warn('field_dropped', name, `What was nested deeper than ${MAX_DEPTH} levels was left out.`);
  }

  private warn(code: Warning['code'], field: string, message: string): true {
    this.warnings.push({ code, field, message });
    return true;
  }

  private refuse(path: readonly string[], message: string): boolean {
    this.problems.push({ path: jsonPointer(['fields', ...path]), message });
    return this.problems.length < MAX_DETAILS;
  }
}

export interface SanitisedMetadata {
  metadata: Record<string, unknown>;
  warnings: Warning[];
  problems: ErrorDetail[];
}

/**
 * The same rules for `metadata`, which stays nested: sensitive members go, card numbers are masked, texts cut.
 * Warnings name the member as `metadata.name`.
 */
export function sanitiseMetadata(input: Readonly<Record<string, unknown>>, overflow: Overflow): SanitisedMetadata {
  const kept = new Map<string, unknown>();
  const warnings: Warning[] = [];
  const problems: ErrorDetail[] = [];
  const room = { nodes: MAX_NODES };
  for (const key of Object.keys(input)) {
    const verdict = judgeName(key);
    const field = `metadata.${verdict.name}`;
    const warn = (code: Warning['code'], message: string) => warnings.push({ code, field, message });
    if (verdict.sensitive) {
      warn('field_dropped', 'Left out: the name says it is sensitive.');
      continue;
    }
    const marks = noMarks();
    const place: Place = { name: key, phone: verdict.phone, depth: 2, room };
    const value = cleanTree(input[key], place, marks);
    if (marks.tooDeep && overflow === 'refuse') {
      const message = `is nested too deep: send at most ${MAX_DEPTH} levels.`;
      if (problems.length < MAX_DETAILS) problems.push({ path: jsonPointer(['metadata', key]), message });
    }
    setMember(kept, key, value);
    if (marks.masked) warn('field_masked', 'A card number was masked.');
    if (marks.cut)
      warn('metadata_cut', `Cut: texts hold ${CHARACTERS}, metadata ${MAX_NODES.toLocaleString('en')} values.`);
    if (marks.cleaned) warn('field_cleaned', 'Characters that can not be stored were removed.');
    if (marks.rounded) warn('number_rounded', ROUNDED);
    if (marks.dropped) warn('field_dropped', 'Members with sensitive names were left out.');
    if (marks.tooDeep) warn('metadata_cut', `What was nested deeper than ${MAX_DEPTH} levels was left out.`);
  }
  return { metadata: Object.fromEntries(kept), warnings, problems };
}
