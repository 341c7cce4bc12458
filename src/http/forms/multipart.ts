import type { Readable } from 'node:stream';
import type { Busboy as Parser } from '@fastify/busboy';
import type { SentFile, Upload, UploadLimits } from '../../intake/files/uploads.ts';
import type { Clock } from '../../lib/clock.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import { once } from '../../lib/once.ts';
import { MAX_JSON_BYTES } from '../body.ts';

/** What a multipart form is read with. */
export interface MultipartDeps {
  upload: Upload;
  limits: Pick<UploadLimits, 'maxUpload'>;
  clock: Clock;
  /** Lifts the server's own time-outs from the connection of a request: what it gives back puts them in force again. */
  liftTimeout(request: Request): () => void;
}

/** How long nothing may come, and how long all of it may take. Spec 3, "Form endpoint". */
const IDLE_MS = 60_000;
const TOTAL_MS = 300_000;
/** Far more than the fields of any form; repeated names count. */
const MAX_PARTS = 1_000;
/** What may be around fields and files: their headers. */
const FRAME_BYTES = 1_048_576;

const STALLED = 'The form stood still for a minute on its way. Send it again.';
const TOO_SLOW = 'The form took longer than five minutes on its way. Send it again, with smaller files.';

const TOO_MANY_PARTS = `The form has more than ${MAX_PARTS.toLocaleString('en')} parts: send less at once.`;

const parser = once(async () => (await import('@fastify/busboy')).Busboy);

/**
 * Reads a multipart form as it comes: texts into memory, 1 MiB of them, files to where `upload` has them. RFC 7578.
 * @throws AppError bad_request for one that is broken, breaks off or is too slow; payload_too_large, validation_error;
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

async function readParts(request: Request, Busboy: typeof Parser, { upload, clock, limits }: MultipartDeps) {
  const ending = createEnding();
  const boy = openParser(Busboy, request.headers.get('content-type') ?? '');
  const finished = new Promise<void>((resolve) => boy.on('finish', resolve));
  const { entries, allKept } = listen(boy, upload, ending);
  upload.onGiveWay(ending.fail);
  const stop = clock.after(TOTAL_MS, () => ending.fail(new AppError('bad_request', TOO_SLOW)));
  try {
    const most = limits.maxUpload + MAX_JSON_BYTES + FRAME_BYTES;
    await Promise.race([ending.failed, pour(request, boy, most, clock, ending)]);
    boy.end();
    await Promise.race([ending.failed, finished]);
    await Promise.race([ending.failed, allKept()]);
  } catch (error) {
    ending.fail(error instanceof AppError ? error : broken(error));
    throw error;
  } finally {
    stop();
    // When this is over nothing more is written.
    await allKept();
  }
  return entries;
}

/** Collects what the parser finds. `allKept` resolves when no file is being written; it never rejects, but ends the reading. */
function listen(boy: InstanceType<typeof Parser>, upload: Upload, ending: Ending) {
  const entries: (readonly [string, string])[] = [];
  let kept = Promise.resolve();
  let textBytes = 0;
  boy.on('error', (error: unknown) => ending.fail(broken(error)));
  boy.on('partsLimit', () => ending.fail(new AppError('validation_error', TOO_MANY_PARTS)));
  boy.on('field', (name: string | undefined, value: string, _: boolean, isCut: boolean) => {
    textBytes += Buffer.byteLength(name ?? '') + Buffer.byteLength(value);
    if (isCut || textBytes > MAX_JSON_BYTES) ending.fail(tooLarge('The fields are larger than 1 MiB together.'));
    else entries.push([asTyped(name), value]);
  });
  boy.on('file', (name: string | undefined, stream: Readable, fileName: string | undefined) => {
    // What is wrong with it is told by who reads it; it must not end the process when nobody does any more.
    stream.on('error', () => {});
    ending.onFail((error) => stream.destroy(error));
    // One after the other, in their order. Who comes second waits in the socket.
    kept = kept
      .then(() => (ending.hasFailed() ? undefined : upload.take(asTyped(name), asTyped(fileName), stream)))
      .catch((error: unknown) => ending.fail(error instanceof AppError ? error : broken(error)));
  });
  return { entries, allKept: () => kept };
}

/** Hands the body to the parser piece by piece: the next one when the last has been dealt with. */
async function pour(
  request: Request,
  boy: InstanceType<typeof Parser>,
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
    await new Promise<void>((resolve) => {
      boy.write(Buffer.from(value.buffer, value.byteOffset, value.length), () => resolve());
    });
  }
  // The HTTP parser gives out the last piece before it looks at what comes after it: it may break off then.
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (request.signal.aborted) throw brokeOff(null);
}

/** @throws AppError bad_request for a type without a boundary */
function openParser(Busboy: typeof Parser, type: string) {
  try {
    return new Busboy({
      headers: { 'content-type': type },
      // A part is a file by its file name, whatever type it says it has. RFC 7578, 4.2.
      isPartAFile: (_name, _type, fileName) => fileName !== undefined,
      // Ours takes the folders off.
      preservePath: true,
      limits: { parts: MAX_PARTS, fieldSize: MAX_JSON_BYTES, fields: Number.POSITIVE_INFINITY },
    });
  } catch (error) {
    throw broken(error);
  }
}

function broken(error: unknown): AppError {
  return new AppError('bad_request', 'The form could not be read: its parts are broken.', {
    internal: errorText(error),
  });
}

function brokeOff(error: unknown): AppError {
  return new AppError('bad_request', 'The request body broke off.', { internal: errorText(error) });
}

/** Browsers write these three as such in the names of a part. HTML, "Multipart form data". */
function asTyped(name = ''): string {
  return name.replace(/%(?:0A|0D|22)/gi, (escaped) => decodeURIComponent(escaped));
}
