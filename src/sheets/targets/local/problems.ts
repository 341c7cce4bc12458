import { AppError } from '../../../lib/errors.ts';
import { errorCode } from '../../../lib/file-system.ts';
import type { SheetProblem } from '../../../store/sheets.ts';

const FULL =
  'The disk is full, so no rows can be written to the local workbook. Free some space; writing goes on by itself.';
const READ_ONLY =
  'The folder of the local workbook can’t be written to. Give the server’s account the right to write in ' +
  'the `sheets` folder of its data folder; writing goes on by itself.';
const BUSY =
  'Another program holds a file of the local workbook open and lets nobody else write. Close the file there; ' +
  'writing goes on by itself.';
const BROKEN = 'The disk that holds the local workbook reports an error. See whether it is still sound.';
const HANDLES = 'The server has too many files open at once. Raise its limit of open files.';

const PROBLEMS: ReadonlyMap<string, { code: string; message: string }> = new Map([
  ['ENOSPC', { code: 'disk_full', message: FULL }],
  ['EDQUOT', { code: 'disk_full', message: FULL }],
  ['EFBIG', { code: 'disk_full', message: FULL }],
  ['EACCES', { code: 'not_writable', message: READ_ONLY }],
  ['EPERM', { code: 'not_writable', message: READ_ONLY }],
  ['EROFS', { code: 'not_writable', message: READ_ONLY }],
  ['ENOTDIR', { code: 'not_writable', message: READ_ONLY }],
  ['EEXIST', { code: 'not_writable', message: READ_ONLY }],
  ['EISDIR', { code: 'not_writable', message: READ_ONLY }],
  ['ELOOP', { code: 'not_writable', message: READ_ONLY }],
  ['ENOENT', { code: 'not_writable', message: READ_ONLY }],
  ['EBUSY', { code: 'file_busy', message: BUSY }],
  ['ETXTBSY', { code: 'file_busy', message: BUSY }],
  ['EIO', { code: 'disk_error', message: BROKEN }],
  ['EMFILE', { code: 'too_many_files', message: HANDLES }],
  ['ENFILE', { code: 'too_many_files', message: HANDLES }],
]);

/** Somebody wrote to the file while it was being rewritten: leave theirs alone and look again. */
export const TOUCHED: SheetProblem = { code: 'file_busy', message: BUSY, technical: 'changed while it was rewritten' };

/** An error of the file system or the database in plain words; null for a fault of ours. */
export function problemOf(error: unknown): SheetProblem | null {
  if (error instanceof AppError && error.code === 'unavailable') {
    return { code: 'database', message: error.message, technical: null };
  }
  const code = errorCode(error);
  const problem = PROBLEMS.get(code);
  return problem ? { ...problem, technical: code } : null;
}
