import type { Answer } from '../json.ts';

/** A text that is sent again and again, as it is and compressed. */
export interface Sendable {
  type: string;
  plain: Uint8Array<ArrayBuffer>;
  gzipped: Uint8Array<ArrayBuffer>;
}

export function sendable(type: string, text: string): Sendable {
  const plain = new TextEncoder().encode(text);
  return { type, plain, gzipped: Bun.gzipSync(plain) };
}

const TAKES_GZIP = /(?:^|[\s,])(?:gzip|\*)(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/i;

/** The body to answer with, compressed where the caller takes that. */
export function send(request: Request, set: Answer, { type, plain, gzipped }: Sendable): Uint8Array<ArrayBuffer> {
  set.headers['content-type'] = type;
  set.headers.vary = 'accept-encoding';
  if (!TAKES_GZIP.test(request.headers.get('accept-encoding') ?? '')) return plain;
  set.headers['content-encoding'] = 'gzip';
  return gzipped;
}
