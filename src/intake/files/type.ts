/** Bytes from the start of a file that tell its type. */
export const HEAD_BYTES = 4_096;
export const UNKNOWN_TYPE = 'application/octet-stream';

/** What a browser shows by itself and runs nothing of. SVG and HTML never are: they hold scripts. */
const SHOWN: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'application/pdf',
]);

export const isShown = (type: string): boolean => SHOWN.has(type);

/** The first bytes of a type, one character a byte; `at` says where they stand. */
const SIGNATURES: readonly (readonly [type: string, bytes: string, at?: number])[] = [
  ['application/pdf', '%PDF-'],
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
  ['image/webp', 'WEBP', 8],
  ['image/avif', 'ftypavif', 4],
  ['image/heic', 'ftypheic', 4],
  ['image/heic', 'ftypmif1', 4],
  ['image/tiff', 'II*\0'],
  ['image/tiff', 'MM\0*'],
  ['video/quicktime', 'ftypqt', 4],
  ['audio/mp4', 'ftypM4A', 4],
  ['video/mp4', 'ftyp', 4],
  ['video/webm', '\x1a\x45\xdf\xa3'],
  ['audio/mpeg', 'ID3'],
  ['audio/mpeg', '\xff\xfb'],
  ['audio/wav', 'WAVE', 8],
  ['audio/ogg', 'OggS'],
  ['application/gzip', '\x1f\x8b'],
  ['application/vnd.rar', 'Rar!\x1a\x07'],
  ['application/x-7z-compressed', "7z\xbc\xaf'\x1c"],
  ['application/rtf', '{\\rtf'],
];
/** Both hold several types, which only the name tells apart. All of them are downloaded and never shown. */
const ZIP = 'PK\x03\x04';
const OLE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

const OOXML = 'application/vnd.openxmlformats-officedocument';
const ODF = 'application/vnd.oasis.opendocument';
const IN_ZIP: Readonly<Record<string, string>> = {
  docx: `${OOXML}.wordprocessingml.document`,
  xlsx: `${OOXML}.spreadsheetml.sheet`,
  pptx: `${OOXML}.presentationml.presentation`,
  odt: `${ODF}.text`,
  ods: `${ODF}.spreadsheet`,
  odp: `${ODF}.presentation`,
  epub: 'application/epub+zip',
};
const IN_OLE: Readonly<Record<string, string>> = {
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
};

/**
 * The media type of a file by its content; `application/octet-stream` for what is not known. The name decides only
 * between types that are one to the eye of a browser. What the sender says the type is counts for nothing.
 * @param head the first `HEAD_BYTES`, or all there are
 */
export function typeOf(head: Uint8Array, name: string): string {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, HEAD_BYTES)).toString('latin1');
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const found = SIGNATURES.find(([, bytes, at = 0]) => text.startsWith(bytes, at));
  if (found) return found[0];
  if (text.startsWith(ZIP)) return of(IN_ZIP, ending) ?? 'application/zip';
  if (text.startsWith(OLE)) return of(IN_OLE, ending) ?? UNKNOWN_TYPE;
  if (!isPlainText(head, text)) return UNKNOWN_TYPE;
  return ending === 'csv' ? 'text/csv' : 'text/plain';
}

const of = (types: Readonly<Record<string, string>>, ending: string) =>
  Object.hasOwn(types, ending) ? types[ending] : undefined;

/** Text that is no markup: a page or a picture that runs scripts begins with a `<`. */
function isPlainText(head: Uint8Array, text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what tells text from other data.
  if (/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) || /^(?:\xef\xbb\xbf)?\s*</.test(text)) return false;
  try {
    // A letter of several bytes may be cut in two where the head ends.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length >= HEAD_BYTES });
    return true;
  } catch {
    return false;
  }
}
