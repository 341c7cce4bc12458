/** Where Google's services are. The first two are origins, the others whole URLs. Spec 7, `LTS_GOOGLE_*_URL`. */
export interface GoogleUrls {
  sheets: string;
  drive: string;
  token: string;
  auth: string;
}

export const GOOGLE_URLS: GoogleUrls = {
  sheets: 'https://sheets.googleapis.com',
  drive: 'https://www.googleapis.com',
  token: 'https://oauth2.googleapis.com/token',
  auth: 'https://accounts.google.com/o/oauth2/v2/auth',
};

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a setting may send our tokens there: Google's own hosts over HTTPS, or this very machine. Anything
 * else would hand bearer tokens to a stranger for one changed setting. google-sheets.md 6.4.
 */
export function allowedGoogleUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  if (LOOPBACK.test(url.hostname)) return true;
  const google = url.hostname === 'accounts.google.com' || url.hostname.endsWith('.googleapis.com');
  return google && url.protocol === 'https:' && url.port === '';
}
