import { MAX_FIELD_NAME } from '../../contract/submission.ts';
import type { Clock } from '../../lib/clock.ts';
import { NO_SPACE } from '../../lib/disk.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import { errorCode } from '../../lib/file-system.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { FileStore } from '../../store/files.ts';
import { cleanLine, cutText } from '../text.ts';
import type { FileFolder, IncomingFile } from './folder.ts';
import type { FileLinks } from './links.ts';
import { cleanFileName } from './name.ts';
import { createSlots, MAX_UPLOADS, type Slot } from './slots.ts';
import { HEAD_BYTES, typeOf } from './type.ts';

export const MAX_FILES = 10;
const MEGABYTE = 1_048_576;
/** How often the disk is asked for room while a file comes in. */
const LOOK_EVERY = 4 * MEGABYTE;

/** Bytes. */
export interface UploadLimits {
  maxFile: number;
  /** All files of a lead. */
  maxUpload: number;
  /** All files on the server. */
  quota: number;
}

/** A file as it came in. */
export interface SentFile {
  field: string;
  name: string;
  size: number;
  type: string;
  /** SHA-256, hex: tells a repeated request from another. */
  hash: string;
  /** null: there was no room for it. */
  kept: { id: string; path: string; link: string } | null;
}

/** The files of one request, on their way to the disk. */
export interface Upload {
  /**
   * Reads a file to its end and brings it to disk; without a byte it is none, as browsers send an input left empty.
   * @throws AppError payload_too_large, unavailable; and what `bytes` throws
   */
  take(field: string, name: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** All files so far, in their order, with what is kept of them on disk. */
  files(): Promise<readonly SentFile[]>;
  /** Called when this upload has to give way to others. */
  onGiveWay(giveWay: (error: AppError) => void): void;
  /** Once the lead is stored or refused: what the store knows is kept, the rest goes. Never throws. */
  settle(): Promise<void>;
}

export interface Uploads {
  readonly limits: UploadLimits;
  begin(siteId: string): Upload;
  /** Whether a file is of an upload under way: not to be touched by anybody else. */
  isUnderWay(id: string): boolean;
}

export interface UploadDeps {
  folder: FileFolder;
  files: Pick<FileStore, 'usage'>;
  links: FileLinks;
  limits: UploadLimits;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** A file that is being read. */
interface Reading {
  size: number;
  head: Buffer;
  hash: Bun.CryptoHasher;
  /** null: it is not kept, only read to its end. */
  disk: { id: string; file: IncomingFile } | null;
}

export function createUploads(deps: UploadDeps): Uploads {
  const { folder, limits, links, clock, ids, log } = deps;
  const slots = createSlots(MAX_UPLOADS, clock);
  const underWay = new Set<string>();
  /** Bytes on disk of uploads that are not settled. */
  let unsettled = 0;

  async function hasRoom(bytes: number): Promise<boolean> {
    return deps.files.usage().bytes + unsettled + bytes <= limits.quota && (await folder.free()) > NO_SPACE + bytes;
  }

  function begin(siteId: string): Upload {
    const sent: SentFile[] = [];
    const own: string[] = [];
    let total = 0;
    let written = 0;
    let slot: Slot | null = null;
    let giveWay: (error: AppError) => void = () => {};

    async function start(first: Uint8Array): Promise<Reading> {
      if (sent.length >= MAX_FILES) throw tooLarge(`Send at most ${MAX_FILES} files at once.`);
      slot ??= slots.enter((error) => giveWay(error));
      const reading: Reading = { size: 0, head: Buffer.alloc(0), hash: new Bun.CryptoHasher('sha256'), disk: null };
      if (!(await attempt(() => hasRoom(first.length)))) return reading;
      const id = ids.next('file', clock.now());
      own.push(id);
      underWay.add(id);
      const file = await attempt(() => folder.begin(id));
      reading.disk = file && { id, file };
      return reading;
    }

    async function add(reading: Reading, bytes: Uint8Array): Promise<void> {
      const before = reading.size;
      reading.size += bytes.length;
      total += bytes.length;
      slot?.got(bytes.length);
      if (reading.size > limits.maxFile) throw tooLarge(`A file is larger than ${megabytes(limits.maxFile)}.`);
      if (total > limits.maxUpload)
        throw tooLarge(`The files are larger than ${megabytes(limits.maxUpload)} together.`);
      reading.hash.update(bytes);
      if (reading.head.length < HEAD_BYTES) {
        reading.head = Buffer.concat([reading.head, bytes.subarray(0, HEAD_BYTES - reading.head.length)]);
      }
      if (reading.disk === null) return;
      const looks = Math.floor(reading.size / LOOK_EVERY) > Math.floor(before / LOOK_EVERY);
      const fits = !looks && deps.files.usage().bytes + unsettled + bytes.length <= limits.quota;
      const { file } = reading.disk;
      const went = (fits || (await attempt(() => hasRoom(bytes.length)))) && (await done(() => file.write(bytes)));
      if (!went) return await dropIt(reading, file);
      unsettled += bytes.length;
      written += bytes.length;
    }

    /** No room for the rest of it: the bytes so far go when the upload is settled. */
    async function dropIt(reading: Reading, file: IncomingFile): Promise<void> {
      reading.disk = null;
      await done(() => file.close());
    }

    async function finish(reading: Reading): Promise<{ id: string } | null> {
      const { disk } = reading;
      if (disk === null) return null;
      const lasts = await done(() => disk.file.finish());
      await dropIt(reading, disk.file);
      return lasts ? disk : null;
    }

    /** What the disk says no to costs the file, never the lead. */
    async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
      try {
        return await work();
      } catch (error) {
        if (error instanceof AppError) throw error;
        log.error('files.not_kept', { site: siteId, code: errorCode(error), reason: errorText(error) });
        return null;
      }
    }
    /** What can't be settled now, the next look at what is left will. */
    async function settleOwn(): Promise<void> {
      try {
        await folder.settle(own);
      } catch (error) {
        log.error('files.not_settled', { site: siteId, code: errorCode(error), reason: errorText(error) });
      }
    }
    const done = async (work: () => Promise<void>) => (await attempt(() => work().then(() => true))) === true;

    return {
      onGiveWay(task) {
        giveWay = task;
      },
      async take(field, name, bytes) {
        let reading: Reading | null = null;
        try {
          for await (const part of bytes) {
            if (part.length === 0) continue;
            reading ??= await start(part);
            await add(reading, part);
          }
        } catch (error) {
          if (reading?.disk) await dropIt(reading, reading.disk.file);
          throw error;
        }
        if (reading === null) return;
        const disk = await finish(reading);
        const cleaned = cleanFileName(name);
        sent.push({
          field: cleanLine(cutText(field, MAX_FIELD_NAME)) || 'file',
          name: cleaned,
          size: reading.size,
          type: typeOf(reading.head, cleaned),
          hash: reading.hash.digest('hex'),
          kept: disk && { id: disk.id, path: `${siteId}/${disk.id}`, link: links.to(disk.id, null) },
        });
      },
      async files() {
        if (sent.some(({ kept }) => kept !== null) && !(await done(() => folder.sync())))
          return sent.map((file) => ({ ...file, kept: null }));
        return sent;
      },
      async settle() {
        slot?.leave();
        if (own.length > 0) await settleOwn();
        for (const id of own) underWay.delete(id);
        unsettled -= written;
        written = 0;
      },
    };
  }

  return { limits, begin, isUnderWay: (id) => underWay.has(id) };
}

const megabytes = (bytes: number) => `${Math.floor(bytes / MEGABYTE)} MB`;

const tooLarge = (message: string) => new AppError('payload_too_large', `${message} Nothing was taken.`);
