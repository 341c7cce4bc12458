import { Connection } from './load.ts';

/*
 * Forms with files over real connections, as slowly as a test wants them.
 */

const BOUNDARY = 'a-boundary-of-ours';

/** The whole request of a form with one file. */
export function formRequest(endpoint: string, content: Buffer, headers: Readonly<Record<string, string>> = {}) {
  const head =
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="Name"\r\n\r\nAlice\r\n` +
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="CV"; filename="cv.bin"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
  const lines = Object.entries({
    Host: '127.0.0.1',
    Accept: 'application/json',
    'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
    'Content-Length': String(body.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return { head: Buffer.from(`POST /f/${endpoint} HTTP/1.1\r\n${lines.join('')}\r\n`), body };
}

/** A client that has sent a form up to a point; `next` sends some more of it. */
export interface SlowClient {
  connection: Connection;
  next(bytes: number): void;
  /** Whether all of it has been sent. */
  done(): boolean;
}

export async function slowClient(port: number, endpoint: string, content: Buffer, first: number): Promise<SlowClient> {
  const connection = await Connection.open(port);
  if (!connection) throw new Error('nobody listens');
  const { head, body } = formRequest(endpoint, content);
  let at = 0;
  connection.write(head);
  const client: SlowClient = {
    connection,
    next(bytes) {
      connection.write(body.subarray(at, at + bytes));
      at += bytes;
    },
    done: () => at >= body.length,
  };
  client.next(first);
  return client;
}
