/**
 * What a page may load and do: its own files, and calls to its own server. No inline script or style, no frame
 * around it, no form to anywhere.
 */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/**
 * The same for pages with forms, which send to this server alone. Icons of the style sheet are `data:` pictures. Under
 * `no-referrer` browsers send `Origin: null` with a form, by which it can't be known as ours (Fetch, 3.1).
 */
export const ADMIN_HEADERS = {
  ...PAGE_HEADERS,
  'referrer-policy': 'same-origin',
  'content-security-policy':
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;
