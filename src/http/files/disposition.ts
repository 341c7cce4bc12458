/**
 * `Content-Disposition` for a file of any name: the name itself as UTF-8, and one of ASCII for who does not read that.
 * RFC 6266; RFC 8187, 3.2.1 says what may stand unescaped.
 */
export function contentDisposition(how: 'inline' | 'attachment', name: string): string {
  const ascii = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^ -~]|["\\%]/g, '_');
  const escaped = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${how}; filename="${ascii}"; filename*=UTF-8''${escaped}`;
}
