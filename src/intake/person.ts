import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addressPattern, foldedText } from '../lib/address-in-text.ts';
import type { Vault } from '../lib/crypto.ts';
import { namesIn, unlessMissing } from '../lib/file-system.ts';
import type { HookCall, HookStore } from '../store/hooks.ts';
import { type ImportEncoding, type ImportStore, isUnderWay, type LeadImport } from '../store/imports.ts';
import type { SpamStore } from '../store/spam.ts';
import { marksOf } from './spam/values.ts';

/** What is looked through for a person beside leads. */
export interface PersonDeps {
  store: {
    hooks: Pick<HookStore, 'callsWith' | 'forgetCalls'>;
    spam: SpamStore;
    imports: Pick<ImportStore, 'get' | 'remove'>;
  };
  vault: Pick<Vault, 'hashToken'>;
  /** `DATA_DIR/imports`; null: there is none. */
  importsPath: string | null;
}

/** A file of leads that was sent here and is still to be imported, or to its end. */
export interface WaitingFile {
  path: string;
  /** null: nobody knows of it any more. */
  job: LeadImport | null;
}

/** Where an e-mail address stands that is in no lead, or not only there. */
export interface Traces {
  calls: readonly HookCall[];
  /** What was said of leads with it; null: nothing. */
  said: 'spam' | 'good' | null;
  files: readonly WaitingFile[];
}

/** What stands in many places, such as a domain, is nobody's address. */
export const isWholeAddress = (text: string) => /^[^\s@]+@[^\s@]+$/.test(text);

export const hasTraces = ({ calls, said, files }: Traces) => calls.length + files.length > 0 || said !== null;

/** @param address a whole e-mail address: of another text there are none */
export async function tracesOf(deps: PersonDeps, siteId: string, address: string): Promise<Traces> {
  if (!isWholeAddress(address)) return { calls: [], said: null, files: [] };
  const { hooks, spam } = deps.store;
  const said = hashesOf(deps, siteId, address).map((hash) => spam.known(siteId, hash));
  return {
    calls: hooks.callsWith(siteId, address),
    said: said.find((each) => each !== null) ?? null,
    files: await filesWith(deps, siteId, address),
  };
}

/** Whether a file of them is being read: the person would come back. */
export const isBeingImported = ({ files }: Traces, now: number) =>
  files.some(({ job }) => job !== null && isUnderWay(job, now));

/**
 * Deletes what was found: the calls, the mark of the address, and the files, which must not be read by an import
 * meanwhile. An import that was begun stays, so that the same file is known when it comes again.
 */
export async function forgetTraces(deps: PersonDeps, siteId: string, address: string, found: Traces): Promise<void> {
  const { hooks, spam, imports } = deps.store;
  const ids = found.calls.map(({ id }) => id);
  if (ids.length > 0) await hooks.forgetCalls(siteId, ids);
  if (found.said !== null) await spam.forget(siteId, hashesOf(deps, siteId, address));
  for (const { path, job } of found.files) {
    if (job?.status === 'draft') await imports.remove(siteId, job.id);
    await rm(path, { force: true });
  }
}

/** Marks are made of an address as it was sent: however its letters were put together. */
function hashesOf({ vault }: PersonDeps, siteId: string, address: string): string[] {
  const forms = new Set([address.normalize('NFC'), address.normalize('NFD')]);
  return [...forms].flatMap((text) => marksOf(vault, siteId, [{ kind: 'other', text }]).map(({ hash }) => hash));
}

async function filesWith({ store, importsPath }: PersonDeps, siteId: string, address: string): Promise<WaitingFile[]> {
  if (importsPath === null) return [];
  const folder = join(importsPath, siteId);
  const found: WaitingFile[] = [];
  for (const name of await namesIn(folder)) {
    // It is coming in just now, and is nobody's yet.
    if (name.endsWith('.part')) continue;
    const file = { path: join(folder, name), job: store.imports.get(siteId, name) };
    const holds = await unlessMissing(holdsAddress(file.path, file.job?.settings.encoding ?? 'utf-8', address));
    if (holds === true) found.push(file);
  }
  return found;
}

/** Read at once. */
const PIECE = 1_048_576;
/** So many characters after an address tell whether it ends there. */
const AHEAD = 2;

/** Whether an address stands anywhere in a file; the file may be of any size. */
async function holdsAddress(path: string, encoding: ImportEncoding, address: string): Promise<boolean> {
  const pattern = addressPattern(address);
  const decoder = new TextDecoder(encoding as Bun.Encoding);
  // With the character before an address that was not looked at yet: that tells whether it begins there.
  const kept = foldedText(address).length + AHEAD;
  let text = '';
  let start = 0;
  const holds = (end: number) =>
    text.matchAll(pattern).some(({ index, 0: found }) => index >= start && index + found.length <= end);
  for await (const piece of createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Uint8Array>) {
    if (text.length > kept) start = 1;
    text = text.slice(-kept) + foldedText(decoder.decode(piece, { stream: true }));
    if (holds(text.length - AHEAD)) return true;
  }
  text += foldedText(decoder.decode());
  return holds(text.length);
}
