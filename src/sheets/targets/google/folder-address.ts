/** Ids of folders and of shared drives themselves, which are folders too (`0A…`). */
const ID = /^[A-Za-z0-9_-]{10,128}$/;

/** The id of a Drive folder from what people paste: its address in the browser, or the id alone; null: neither. */
export function folderIdOf(given: string): string | null {
  const text = given.trim();
  if (ID.test(text)) return text;
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (/\s/.test(text) || !URL.canParse(address)) return null;
  const { hostname, pathname, searchParams } = new URL(address);
  if (hostname !== 'drive.google.com') return null;
  const id = /\/folders\/([^/]+)/.exec(pathname)?.[1] ?? searchParams.get('id');
  return id !== null && ID.test(id) ? id : null;
}

export const folderAddress = (id: string): string => `https://drive.google.com/drive/folders/${encodeURIComponent(id)}`;

/** What the folder is called that this server makes for a site's files. */
export const folderNameOf = (siteName: string): string => `Files of leads: ${siteName}`;
