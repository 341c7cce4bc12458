import type { Dicer as Parser } from '@fastify/busboy';
import type { SentFile, Upload, UploadLimits } from '../../intake/files/uploads.ts';
import type { Clock } from '../../lib/clock.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import { once } from '../../lib/once.ts';
import { MAX_JSON_BYTES } from '../body.ts';
import { boundaryOf, CHARSET_FIELD, type PartHead, readHead, readSent, type SentText } from './part.ts';

/** What a multipart form is read with. */
export interface MultipartDeps {
  upload: Upload;
  limits: Pick<UploadLimits, 'maxUpload'> & {
    /** Repeated names count; far more than any form has unless told otherwise. */
    maxParts?: number;
  };
  clock: Clock;
  /** Lifts the server's own time-outs from the connection of a request: what it gives back puts them in force again. */
  liftTimeout(request: Request): () => void;
}

/** How long nothing may come, and how long all of it may take. Spec 3, "Form endpoint". */
const IDLE_MS = 60_000;
const TOTAL_MS = 300_000;
const MAX_PARTS = 1_000;
/** What may be around fields and files: their headers. */
const FRAME_BYTES = 1_048_576;

const STALLED = 'The form stood still for a minute on its way. Send it again.';
const TOO_SLOW = 'The form took longer than five minutes on its way. Send it again, with smaller files.';

const tooManyParts = (most: number) =>
  new AppError('validation_error', `The form has more than ${most.toLocaleString('en')} parts: send less at once.`);

const LATE_CHARSET = `Put the field ${CHARSET_FIELD} before the files of the form, or send the form as UTF-8.`;

type Part = Parser.PartStream;

const parser = once(async () => (await import('@fastify/busboy')).Dicer);

/**
 * Reads a multipart form as it comes: texts into memory, 1 MiB of them, files to where `upload` has them. RFC 7578.
 * @throws AppError bad_request for one that is broken, breaks off, is too slow, or not in its character set; payload_too_large, validation_error;
 * unavailable when too many uploads are under way. Nothing is read on then
 */
export async function readMultipart(
  request: Request,
  deps: MultipartDeps,
): Promise<{ entries: (readonly [string, string])[]; files: readonly SentFile[] }> {
  const { limits, upload } = deps;
  if (Number(request.headers.get('content-length')) > limits.maxUpload + MAX_JSON_BYTES + FRAME_BYTES) {
    throw tooLarge(`The form is larger than ${Math.floor(limits.maxUpload / 1_048_576)} MB.`);
  }
  const restoreTimeout = deps.liftTimeout(request);
  try {
    const entries = await readParts(request, await parser(), deps);
    return { entries, files: await upload.files() };
  } finally {
    restoreTimeout();
  }
}

const tooLarge = (message: string) => new AppError('payload_too_large', `${message} Nothing was taken.`);

/** What ends the reading of a form early: the first reason counts. */
interface Ending {
  fail(error: AppError): void;
  /** Rejects with it. */
  failed: Promise<never>;
  hasFailed(): boolean;
  /** Done when it comes; at once when it has come. */
  onFail(task: (error: AppError) => void): void;
}

function createEnding(): Ending {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting at that moment.
  promise.catch(() => {});
  const tasks: ((error: AppError) => void)[] = [];
  let over: AppError | null = null;
  return {
    failed: promise,
    hasFailed: () => over !== null,
    onFail(task) {
      if (over === null) tasks.push(task);
      else task(over);
    },
    fail(error) {
      if (over !== null) return;
      over = error;
      reject(error);
      for (const task of tasks) task(error);
    },
  };
}

async function readParts(request: Request, Dicer: typeof Parser, { upload, clock, limits }: MultipartDeps) {
  const ending = createEnding();
  const parts = openParser(Dicer, request.headers.get('content-type') ?? '');
  const finished = new Promise<void>((resolve) => parts.on('finish', resolve));
  const { entries, drained, allKept } = listen(parts, upload, limits.maxParts ?? MAX_PARTS, ending);
  upload.onGiveWay(ending.fail);
  const stop = clock.after(TOTAL_MS, () => ending.fail(new AppError('bad_request', TOO_SLOW)));
  try {
    const most = limits.maxUpload + MAX_JSON_BYTES + FRAME_BYTES;
    await Promise.race([ending.failed, pour(request, parts, drained, most, clock, ending)]);
    if (parts.writable) parts.end();
    await Promise.race([ending.failed, finished]);
    await Promise.race([ending.failed, allKept()]);
    return entries();
  } catch (error) {
    ending.fail(asAppError(error));
    throw error;
  } finally {
    stop();
    // When this is over nothing more is written.
    await allKept();
  }
}

/**
 * Collects what the parser finds. `allKept` resolves when no part is being read; it never rejects, but ends the reading.
 * `drained` resolves when all bytes so far are with whoever reads them.
 */
function listen(parser: Parser, upload: Upload, maxParts: number, ending: Ending) {
  const form = createFormText();
  const open = new Set<Part>();
  let kept = Promise.resolve();
  let parts = 0;
  let onProgress = () => {};
  parser.on('error', (error) => ending.fail(asAppError(error)));
  parser.on('part', (part) => {
    // What is wrong with it is told by who reads it; it must not end the process when nobody does any more.
    part.on('error', () => {});
    ending.onFail((error) => part.destroy(error));
    if (++parts > maxParts) ending.fail(tooManyParts(maxParts));
    part.on('header', (header) => {
      open.add(part);
      const head = readHead(header as Record<string, string[]>);
      // One after the other, in their order.
      kept = kept.then(() => keep(part, head));
    });
  });

  async function keep(part: Part, head: PartHead | null): Promise<void> {
    try {
      if (!ending.hasFailed()) await take(part, head);
    } catch (error) {
      ending.fail(asAppError(error));
    }
    open.delete(part);
    onProgress();
  }

  async function* bytesOf(part: Part): AsyncGenerator<Uint8Array, void> {
    for await (const piece of part) {
      yield piece;
      onProgress();
    }
  }

  function take(part: Part, head: PartHead | null): Promise<void> {
    if (head?.fileName) return upload.take(form.fileText(head.name), form.fileText(head.fileName), bytesOf(part));
    const pieces: Uint8Array[] = [];
    if (head !== null) form.count(head.name.bytes.length);
    // Texts are short and many: listeners cost half of what an iterator does.
    return new Promise((resolve, reject) => {
      part.on('error', reject);
      part.on('data', (piece: Buffer) => {
        onProgress();
        if (head === null) return;
        pieces.push(piece);
        try {
          form.count(piece.length);
        } catch (error) {
          reject(error);
        }
      });
      part.on('end', () => {
        if (head !== null) form.add(head, pieces);
        resolve();
      });
    });
  }

  async function drained(): Promise<void> {
    // The one that is being read comes first: no look at all the others each time.
    while (open.values().some(({ readableLength }) => readableLength > 0)) {
      await Promise.race([ending.failed, new Promise<void>((resolve) => (onProgress = resolve))]);
    }
  }
  return { entries: form.entries, drained, allKept: () => kept };
}

/** The texts of a form, as bytes until it is known what they are in: the field that says so may be the last one. */
function createFormText() {
  const sent: { name: SentText; value: SentText }[] = [];
  const ofFiles: { text: SentText; read: string }[] = [];
  let charset: string | null = null;
  let bytes = 0;

  function count(more: number): void {
    bytes += more;
    if (bytes > MAX_JSON_BYTES) throw tooLarge('The fields are larger than 1 MiB together.');
  }
  return {
    /** @throws AppError payload_too_large once it is more than a form may have */
    count,
    add(head: PartHead, pieces: readonly Uint8Array[]): void {
      // A copy: the pieces keep all the bytes in memory that came with them.
      const value = Buffer.concat(pieces);
      sent.push({ name: head.name, value: { bytes: value, charset: head.charset } });
      if (value.length > 0 && nameIs(head.name, CHARSET_FIELD)) charset ??= value.toString('latin1').trim();
    },
    /** The names of a file are needed before the form has come. @throws AppError bad_request, payload_too_large */
    fileText(text: SentText): string {
      count(text.bytes.length);
      const read = readSent(text, charset);
      ofFiles.push({ text, read });
      return asTyped(read);
    },
    /** @throws AppError bad_request for what is not in its character set */
    entries(): (readonly [string, string])[] {
      if (ofFiles.some(({ text, read }) => readSent(text, charset) !== read)) {
        throw new AppError('bad_request', LATE_CHARSET);
      }
      return sent.map(({ name, value }) => [asTyped(readSent(name, charset)), readSent(value, charset)]);
    },
  };
}

const nameIs = ({ bytes }: SentText, name: string) => Buffer.from(bytes).toString('latin1') === name;

/** Hands the body to the parser piece by piece: the next one when the last has been dealt with. */
async function pour(
  request: Request,
  parser: Parser,
  drained: () => Promise<void>,
  most: number,
  clock: Clock,
  ending: Ending,
): Promise<void> {
  if (request.body === null) return;
  const source = request.body.getReader();
  ending.onFail(() => void source.cancel().catch(() => {}));
  let bytes = 0;
  for (;;) {
    const stopWaiting = clock.after(IDLE_MS, () => ending.fail(new AppError('bad_request', STALLED)));
    const { done, value } = await source
      .read()
      .catch((error: unknown) => {
        throw brokeOff(error);
      })
      .finally(stopWaiting);
    if (ending.hasFailed()) return;
    if (done || value === undefined) break;
    bytes += value.length;
    if (bytes > most) throw tooLarge('The form is too large.');
    // What comes after the end of the last part is nothing of the form. RFC 2046, 5.1.1.
    if (!parser.writable) continue;
    await new Promise<void>((resolve) => {
      parser.write(Buffer.from(value.buffer, value.byteOffset, value.length), () => resolve());
    });
    await drained();
  }
  // The HTTP parser gives out the last piece before it looks at what comes after it: it may break off then.
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (request.signal.aborted) throw brokeOff(null);
}

/** @throws AppError bad_request for a type without a boundary, or with one that is far longer than the 70 characters it may have */
function openParser(Dicer: typeof Parser, type: string): Parser {
  const boundary = boundaryOf(type);
  if (boundary === null) throw broken('no boundary');
  // Its own way to wait for who reads a part stands still for ever when a piece ends where a part does: `drained` waits.
  const options = { boundary, partHwm: Number.MAX_SAFE_INTEGER };
  try {
    return new Dicer(options);
  } catch (error) {
    throw broken(errorText(error));
  }
}

const asAppError = (error: unknown) => (error instanceof AppError ? error : broken(errorText(error)));

function broken(internal: string): AppError {
  return new AppError('bad_request', 'The form could not be read: its parts are broken.', { internal });
}

function brokeOff(error: unknown): AppError {
  return new AppError('bad_request', 'The request body broke off.', { internal: errorText(error) });
}

/** Browsers write these three as such in the names of a part. HTML, "Multipart form data". */
function asTyped(name: string): string {
  return name.replace(/%(?:0A|0D|22)/gi, (escaped) => decodeURIComponent(escaped));
}
