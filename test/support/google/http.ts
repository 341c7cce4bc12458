import type { Socket } from 'bun';

/**
 * A small HTTP/1.1 server on bare sockets. Written by hand because a stand-in for a failing Google has to do what no
 * server library lets it do: reset a connection, say nothing at all, or break off in the middle of a body.
 */

/** One request, read to its end. */
export interface WireRequest {
  readonly method: string;
  /** Path and query exactly as sent. */
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  /** As UTF-8. */
  readonly body: string;
  readonly bytes: Buffer;
  /** Resolves when the client has gone away. */
  readonly gone: Promise<void>;
}

/** What to do with the connection. */
export type WireAnswer =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string }
  /** Sends the head and `bytes` of the body, then breaks off. */
  | { kind: 'cut'; status: number; headers: Record<string, string>; body: string; bytes: number }
  /** Never answers; over when the client gives up. */
  | { kind: 'hang' }
  /** Breaks the connection without a byte. */
  | { kind: 'reset' };

export type WireHandler = (request: WireRequest) => Promise<WireAnswer>;

interface Head {
  method: string;
  target: string;
  headers: Map<string, string>;
  length: number;
  chunked: boolean;
}

interface Connection {
  /** Bytes received and not yet used. */
  chunks: Buffer[];
  size: number;
  head: Head | undefined;
  busy: boolean;
  /** Bytes that did not fit into the socket yet. */
  outgoing: Uint8Array[];
  gone: Promise<void>;
  leave: () => void;
}

/** Starts listening on 127.0.0.1; port 0 takes a free one. */
export function listen(port: number, handler: WireHandler): { port: number; stop(): void } {
  const server = Bun.listen<Connection>({
    hostname: '127.0.0.1',
    port,
    socket: {
      open(socket) {
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.data = {
          chunks: [],
          size: 0,
          head: undefined,
          busy: false,
          outgoing: [],
          gone: promise,
          leave: resolve,
        };
      },
      data(socket, bytes) {
        // The buffer belongs to the socket and is reused: keep a copy.
        socket.data.chunks.push(Buffer.from(bytes));
        socket.data.size += bytes.byteLength;
        serve(socket, handler);
      },
      drain: flush,
      close(socket) {
        socket.data.leave();
      },
      error(socket) {
        socket.data.leave();
      },
    },
  });
  return { port: server.port, stop: () => server.stop(true) };
}

/** Takes the next whole request off the connection, if there is one and none is being answered. */
function serve(socket: Socket<Connection>, handler: WireHandler): void {
  const connection = socket.data;
  if (connection.busy) return;
  if (!connection.head) {
    const head = readHead(connection);
    if (!head) return;
    connection.head = head;
    if (head.headers.get('expect')?.toLowerCase() === '100-continue') send(socket, 'HTTP/1.1 100 Continue\r\n\r\n');
  }
  const head = connection.head;
  const bytes = head.chunked ? readChunked(connection) : readLength(connection, head.length);
  if (bytes === undefined) return;
  connection.head = undefined;
  connection.busy = true;
  const { method, target, headers } = head;
  handler({ method, target, headers, body: bytes.toString('utf8'), bytes, gone: connection.gone })
    .then((answer) => deliver(socket, answer, method === 'HEAD'))
    .catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`fake google: ${method} ${target}: ${text}\n`);
      deliver(socket, { kind: 'answer', status: 500, headers: { 'x-fake-bug': '1' }, body: text }, false);
    })
    .finally(() => {
      connection.busy = false;
      serve(socket, handler);
    });
}

function join(connection: Connection): Buffer {
  const [first] = connection.chunks;
  const all = connection.chunks.length === 1 && first ? first : Buffer.concat(connection.chunks);
  connection.chunks = [all];
  return all;
}

function keepFrom(connection: Connection, all: Buffer, offset: number): void {
  const rest = all.subarray(offset);
  connection.chunks = rest.length > 0 ? [rest] : [];
  connection.size = rest.length;
}

function readHead(connection: Connection): Head | undefined {
  if (connection.size === 0) return undefined;
  const all = join(connection);
  const end = all.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = all.subarray(0, end).toString('latin1').split('\r\n');
  const [method = 'GET', target = '/'] = first.split(' ');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  keepFrom(connection, all, end + 4);
  const chunked = headers.get('transfer-encoding')?.toLowerCase().includes('chunked') ?? false;
  return { method, target, headers, length: Number(headers.get('content-length') ?? 0), chunked };
}

function readLength(connection: Connection, length: number): Buffer | undefined {
  if (length === 0) return Buffer.alloc(0);
  if (connection.size < length) return undefined;
  const all = join(connection);
  const body = all.subarray(0, length);
  keepFrom(connection, all, length);
  return body;
}

function readChunked(connection: Connection): Buffer | undefined {
  if (connection.size === 0) return undefined;
  const all = join(connection);
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = all.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(all.subarray(at, end).toString('latin1'), 16);
    const start = end + 2;
    if (all.length < start + size + 2) return undefined;
    at = start + size + 2;
    if (size === 0) break;
    parts.push(all.subarray(start, start + size));
  }
  keepFrom(connection, all, at);
  return Buffer.concat(parts);
}

function deliver(socket: Socket<Connection>, answer: WireAnswer, headOnly: boolean): void {
  if (answer.kind === 'hang') return;
  if (answer.kind === 'reset') {
    socket.terminate();
    return;
  }
  const body = Buffer.from(answer.body, 'utf8');
  const headers = { ...answer.headers, 'content-length': String(body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`HTTP/1.1 ${answer.status} Status\r\n${lines.join('')}\r\n`, 'latin1');
  if (answer.kind === 'answer') {
    send(socket, headOnly ? head : Buffer.concat([head, body]));
    return;
  }
  send(socket, Buffer.concat([head, body.subarray(0, answer.bytes)]));
  // Leave the client the moment it needs to see the head before the connection breaks.
  setTimeout(() => socket.terminate(), 10);
}

function send(socket: Socket<Connection>, data: string | Uint8Array): void {
  socket.data.outgoing.push(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  flush(socket);
}

function flush(socket: Socket<Connection>): void {
  const queue = socket.data.outgoing;
  while (queue.length > 0) {
    const next = queue[0] as Uint8Array;
    const written = socket.write(next);
    if (written < 0) {
      queue.length = 0;
      return;
    }
    if (written < next.length) {
      queue[0] = next.subarray(written);
      return;
    }
    queue.shift();
  }
}
