import { checkNew, type DriveCall, type DriveMethod, type FileBody, make, readJson } from './drive-files.ts';
import { ApiError, invalid } from './errors.ts';
import type { Principal } from './tokens.ts';

/** Uploads of Drive v3: in one request, or resumable, in parts. Drive guide, "Upload file data". */

/** Parts are multiples of this, but for the last. */
const UNIT = 256 * 1024;
/** A session is good for a week. */
const SESSION_MS = 7 * 86_400_000;

/** An upload in parts. */
export interface Session {
  readonly principal: Principal;
  readonly query: URLSearchParams;
  readonly body: FileBody;
  readonly type: string;
  readonly size: number;
  readonly startedAt: number;
  parts: Buffer[];
  received: number;
  /** The answer to its last part. */
  made: unknown;
  cancelled: boolean;
}

/** What is no JSON and no refusal: a status and headers of its own. */
export class Plain {
  constructor(
    readonly status: number,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}

function upload(call: DriveCall): unknown {
  const type = call.query.get('uploadType');
  if (type === 'multipart') return multipart(call);
  if (type === 'resumable') return start(call);
  throw invalid('Only uploadType=multipart and uploadType=resumable are supported by this stand-in.');
}

/** Metadata first, then the bytes. */
function multipart(call: DriveCall): unknown {
  const boundary = /boundary="?([^";]+)"?/.exec(call.headers.get('content-type') ?? '')?.[1];
  if (boundary === undefined) throw invalid('A multipart upload needs a boundary.');
  const parts = call.bytes.toString('latin1').split(`--${boundary}`).slice(1, -1);
  const [meta = '', media = ''] = parts.map((part) => part.replace(/^\r?\n/, '').replace(/\r?\n$/, ''));
  const split = (part: string) => {
    const at = part.search(/\r?\n\r?\n/);
    return { head: part.slice(0, at), bytes: Buffer.from(part.slice(at).replace(/^\r?\n\r?\n/, ''), 'latin1') };
  };
  const type = /content-type:\s*([^\r\n;]+)/i.exec(split(media).head)?.[1];
  return make(call, readJson(split(meta).bytes.toString()) as FileBody, split(media).bytes, type);
}

/** Refuses at once what would be refused at the end, and gives out an address for the bytes. */
function start(call: DriveCall): Plain {
  const { world, principal, query, headers } = call;
  const size = headers.get('x-upload-content-length') ?? '';
  if (!/^\d+$/.test(size)) throw invalid('This stand-in wants X-Upload-Content-Length.');
  if (!headers.get('content-type')?.startsWith('application/json')) throw invalid('The metadata must be JSON.');
  const body = readJson(call.body) as FileBody;
  checkNew(call, body);
  const id = crypto.randomUUID();
  const type = headers.get('x-upload-content-type') ?? 'application/octet-stream';
  const startedAt = world.clock.now();
  const fresh = { parts: [], received: 0, made: undefined, cancelled: false };
  world.sessions.set(id, { principal, query, body, type, size: Number(size), startedAt, ...fresh });
  const host = headers.get('host') ?? '';
  return new Plain(200, {
    location: `http://${host}/upload/drive/v3/files?uploadType=resumable&upload_id=${id}`,
    'x-guploader-uploadid': id,
  });
}

function sessionOf(call: DriveCall): Session {
  const session = call.world.sessions.get(call.query.get('upload_id') ?? '');
  const isOver = !session || session.cancelled || session.startedAt + SESSION_MS <= call.world.clock.now();
  if (!session || isOver)
    throw new ApiError(call.world.behaviour.sessionOver, 'NOT_FOUND', 'Upload session not found.');
  return session;
}

const RANGE = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/;

/** Takes a part, or says how far it is (`bytes *\/size`). */
function part(call: DriveCall): unknown {
  const session = sessionOf(call);
  const range = RANGE.exec(call.headers.get('content-range') ?? '');
  if (!range || Number(range[3]) !== session.size) throw invalid('Failed to parse Content-Range header.');
  if (session.made !== undefined) return session.made;
  if (range[1] === undefined) {
    if (call.bytes.length > 0) throw invalid('A question about an upload has no body.');
    return where(session);
  }
  const [first, last] = [Number(range[1]), Number(range[2])];
  const length = last - first + 1;
  if (length !== call.bytes.length) throw invalid('The Content-Range and the body differ in length.');
  // Whoever does not know how far it is has to ask first.
  if (first !== session.received || last >= session.size)
    throw invalid('The part does not begin where the last one ended.');
  const isLast = last === session.size - 1;
  if (!isLast && length % UNIT !== 0)
    throw invalid('The number of bytes uploaded is required to be a multiple of 262144.');
  const kept = isLast ? length : Math.min(length, call.world.behaviour.partKept ?? length);
  session.parts.push(call.bytes.subarray(0, kept));
  session.received += kept;
  if (session.received < session.size) return where(session);
  const asStarted = { ...call, principal: session.principal, query: session.query };
  session.made = make(asStarted, session.body, Buffer.concat(session.parts), session.type);
  session.parts = [];
  return session.made;
}

const where = ({ received }: Session) => new Plain(308, received === 0 ? {} : { range: `bytes=0-${received - 1}` });

function cancel(call: DriveCall): Plain {
  sessionOf(call).cancelled = true;
  return new Plain(499, {});
}

const METHODS: Readonly<Record<string, DriveMethod>> = {
  POST: { kind: 'drive.upload', access: 'write', run: upload },
  PUT: { kind: 'drive.part', access: 'write', bySession: true, run: part },
  DELETE: { kind: 'drive.cancel', access: 'write', bySession: true, run: cancel },
};

export function uploadMethod(verb: string, path: string): DriveMethod | undefined {
  return path === '/upload/drive/v3/files' ? METHODS[verb] : undefined;
}
