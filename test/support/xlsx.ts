import { join } from 'node:path';
import { CLIENTS } from './clients.ts';
import { tempDir } from './temp.ts';

export interface SheetRead {
  name: string;
  view: { state: string; ySplit: number; topLeftCell: string };
  /** By their place: `A1`. A formula, or anything but a plain value, is of kind `object`. */
  cells: Record<string, { kind: string; value: unknown; bold: boolean }>;
}

/** What another program finds in a workbook, whose zip and XML it has to be able to read. Needs other people's clients. */
export async function readXlsx(file: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>): Promise<SheetRead[]> {
  const path = join(tempDir(), 'file.xlsx');
  await Bun.write(path, new Response(file));
  const child = Bun.spawn([process.execPath, 'xlsx-read.ts', path], { cwd: CLIENTS, stdout: 'pipe', stderr: 'pipe' });
  const [said, complaint, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exit !== 0) throw new Error(complaint);
  return JSON.parse(said) as SheetRead[];
}
