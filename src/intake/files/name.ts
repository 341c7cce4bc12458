import { cleanName, cutText } from '../text.ts';

/** File systems take 255 bytes; this leaves room for what a browser adds, and for letters of several bytes. */
const MAX_NAME = 120;
const MAX_ENDING = 16;
const UNNAMED = 'file';

/**
 * A file's name as people may see and save it: without folders, control characters and marks that turn the reading
 * direction (which make `exe` read as `fdp`), never hidden, at most 120 characters with its ending kept.
 */
export function cleanFileName(given: string): string {
  const base = given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
  const name = cleanName(base).replace(/^[.\s]+|[.\s]+$/g, '');
  if (name === '') return UNNAMED;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= MAX_ENDING ? name.slice(dot) : '';
  return cutText(name.slice(0, name.length - ending.length), MAX_NAME - ending.length) + ending;
}
