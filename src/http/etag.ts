/** Whether an `If-None-Match` names this tag: compared weakly, any of a list. RFC 9110, 13.1.2. */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (header === null) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
