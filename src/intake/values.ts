import { type FieldScalar, type FieldValue, MAX_FIELD_NAME, MAX_TEXT } from '../contract/submission.ts';
import { maskAndCut, maskCards } from './cards.ts';
import { judgeName } from './names.ts';
import { isObject, MAX_DEPTH } from './normalise.ts';
import { cleanText, cutText, withPlainLineEnds } from './text.ts';

/** How many members and items of nested lists are looked at: bounds the work of one request. */
export const MAX_NODES = 10_000;

/** What was done to the values of one field. */
export interface Marks {
  masked: boolean;
  cut: boolean;
  cleaned: boolean;
  dropped: boolean;
  tooDeep: boolean;
  /** A number had more digits than a number keeps. */
  rounded: boolean;
}
export const noMarks = (): Marks => ({
  masked: false,
  cut: false,
  cleaned: false,
  dropped: false,
  tooDeep: false,
  rounded: false,
});
export const isMarked = (marks: Marks) =>
  marks.masked || marks.cut || marks.cleaned || marks.dropped || marks.tooDeep || marks.rounded;

/**
 * The value of one field: a scalar, a list of scalars, or the JSON text of a list that holds more.
 * @param name the field's whole name; with those inside, it decides what is sensitive
 * @param phone the field is a phone's: its digits are no card number
 * @param depth how many levels down the field is
 */
export function cleanValue(value: unknown, name: string, phone: boolean, depth: number, marks: Marks): FieldValue {
  if (!Array.isArray(value)) return cleanScalar(value, phone, marks);
  if (value.every(isScalar)) return value.map((item) => cleanScalar(item, phone, marks));
  const text = JSON.stringify(cleanTree(value, { name, phone, depth: depth + 1, room: { nodes: MAX_NODES } }, marks));
  const cut = cutText(text, MAX_TEXT);
  if (cut !== text) marks.cut = true;
  return cut;
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/**
 * One value as it may be stored.
 * @param phone it belongs to a phone field: its digits are no card number
 */
function cleanScalar(value: unknown, phone: boolean, marks: Marks): FieldScalar {
  if (typeof value === 'string') return cleanString(value, phone, marks);
  if (typeof value === 'number') return cleanNumber(value, phone, marks);
  if (typeof value === 'boolean') return value;
  // JSON has nothing else; what an adapter hands over all the same is kept as text.
  return value === null || value === undefined ? null : cleanString(String(value), phone, marks);
}

function cleanString(value: string, phone: boolean, marks: Marks): string {
  const clean = cleanText(value);
  if (clean !== value && clean !== withPlainLineEnds(value)) marks.cleaned = true;
  const cut = cutText(clean, MAX_TEXT);
  if (cut !== clean) marks.cut = true;
  if (phone) return cut;
  const masked = maskAndCut(clean, MAX_TEXT);
  if (masked !== cut) marks.masked = true;
  return masked;
}

function cleanNumber(value: number, phone: boolean, marks: Marks): number | string {
  if (!Number.isFinite(value)) {
    marks.rounded = true;
    return String(value);
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) marks.rounded = true;
  if (phone || Math.abs(value) < 1e11 || !Number.isInteger(value)) return value;
  const text = String(value);
  const masked = maskCards(text);
  if (masked === text) return value;
  marks.masked = true;
  return masked;
}

export interface Place {
  /** The names on the way, joined by dots: what decides on sensitive and phone fields. */
  name: string;
  phone: boolean;
  depth: number;
  /** How many more members and items are looked at; shared by the whole tree. */
  room: { nodes: number };
}

/**
 * A nested value without sensitive members, card numbers and what is nested too deep, as plain JSON. What comes
 * after `MAX_NODES` members and items is cut: in a field's text it would be past the end anyway.
 */
export function cleanTree(value: unknown, place: Place, marks: Marks): unknown {
  if (typeof value !== 'object' || value === null) return cleanScalar(value, place.phone, marks);
  if (place.depth > MAX_DEPTH) {
    marks.tooDeep = true;
    return null;
  }
  if (Array.isArray(value)) return cleanItems(value, { ...place, depth: place.depth + 1 }, marks);
  return isObject(value) ? cleanMembers(value, place, marks) : null;
}

function cleanItems(items: readonly unknown[], place: Place, marks: Marks): unknown[] {
  const kept: unknown[] = [];
  for (const item of items) {
    if (!takeRoom(place, marks)) break;
    kept.push(cleanTree(item, place, marks));
  }
  return kept;
}

function cleanMembers(object: Record<string, unknown>, place: Place, marks: Marks): Record<string, unknown> {
  const members = new Map<string, unknown>();
  for (const key of Object.keys(object)) {
    if (!takeRoom(place, marks)) break;
    // The end of a very long way is enough to judge by; joining all of it again and again is not linear.
    const name = `${place.name.slice(-MAX_FIELD_NAME)}.${key}`;
    const { sensitive, phone } = judgeName(name);
    if (sensitive) marks.dropped = true;
    else setMember(members, key, cleanTree(object[key], { ...place, name, phone, depth: place.depth + 1 }, marks));
  }
  return Object.fromEntries(members);
}

function takeRoom(place: Place, marks: Marks): boolean {
  if (place.room.nodes-- > 0) return true;
  marks.cut = true;
  return false;
}

/** A member whose name only cleaning makes equal to another one's is kept beside it. */
export function setMember(members: Map<string, unknown>, key: string, value: unknown): void {
  const clean = maskCards(cleanText(key));
  members.set(members.has(clean) ? `${clean} (${members.size})` : clean, value);
}
