/*
 * The load generator, a process of its own: `bun test/bench/load.ts PORT PATH KEY CONNECTIONS REQUESTS [BODY [HEADERS]]`.
 * Posts the file BODY, else a sample lead; a path like `GET /…` is read instead. HEADERS: more of them, as JSON.
 * Keep-alive connections on bare sockets, one request in flight on each, so that it costs less than what it measures.
 * Prints one JSON line: requests a second and latencies in milliseconds.
 */
import { SAMPLE_FIELDS, SAMPLE_PAGE } from './sample.ts';

const [portText = '', path = '/', key = '', connectionsText = '', totalText = '', bodyFile = '', headersText = '{}'] =
  process.argv.slice(2);
const port = Number(portText);
const total = Number(totalText);
const [method, address] = path.startsWith('GET ') ? ['GET', path.slice(4)] : ['POST', path];
const body = method === 'GET' ? '' : bodyFile === '' ? sampleBody() : await Bun.file(bodyFile).text();

function sampleBody(): string {
  return JSON.stringify({ fields: SAMPLE_FIELDS, page_url: SAMPLE_PAGE });
}

const headers: Record<string, string> = {
  ...(method === 'GET' ? {} : { 'Content-Type': 'application/json' }),
  ...(JSON.parse(headersText) as Record<string, string>),
};
const head = [
  `${method} ${address} HTTP/1.1`,
  'Host: localhost',
  `Authorization: Bearer ${key}`,
  ...(method === 'GET' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
];
const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
const latencies: number[] = [];
let sent = 0;
let failed = 0;
const startedAt = performance.now();

await new Promise<void>((resolve) => {
  for (let i = 0; i < Number(connectionsText); i++) connect(resolve);
});

function connect(resolve: () => void): void {
  let sentAt = 0;
  let received = '';
  const next = (socket: { write(data: Uint8Array): number }) => {
    if (sent >= total) return;
    sent++;
    sentAt = performance.now();
    writeAll(socket, request);
  };
  void Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: next,
      close: lost,
      error: lost,
      connectError: lost,
      data(socket, data) {
        received += data.toString('latin1');
        const end = received.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        if (!received.startsWith('HTTP/1.1 20')) failed++;
        received = received.slice(end + 4 + length);
        latencies.push(performance.now() - sentAt);
        if (latencies.length === total) resolve();
        else next(socket);
      },
    },
  });
}

/** The server is gone: nothing more comes of this. */
function lost(): void {
  if (latencies.length === total) return;
  process.stderr.write(`the connection was lost after ${latencies.length} of ${total} answers\n`);
  process.exit(1);
}

/** Bodies of a batch don't fit a socket's buffer at once. */
function writeAll(socket: { write(data: Uint8Array): number }, data: Uint8Array): void {
  const written = socket.write(data);
  if (written < data.length) setTimeout(() => writeAll(socket, data.subarray(Math.max(0, written))), 1);
}

const seconds = (performance.now() - startedAt) / 1000;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
process.stdout.write(`${JSON.stringify({ perSecond: total / seconds, p50: at(0.5), p99: at(0.99), failed })}\n`);
process.exit(0);
