import htmxJs from 'htmx.org/dist/htmx.min.js' with { type: 'text' };
import adminCss from '../../../public/admin.css' with { type: 'text' };
import adminJs from '../../../public/admin.js' with { type: 'text' };
import baseCss from '../../../public/base.css' with { type: 'text' };
import docsCss from '../../../public/docs.css' with { type: 'text' };
import docsJs from '../../../public/docs.js' with { type: 'text' };
import formsCss from '../../../public/forms.css' with { type: 'text' };
import icon from '../../../public/icon.svg' with { type: 'text' };
import passkeyJs from '../../../public/passkey.js' with { type: 'text' };
import tokensCss from '../../../public/tokens.css' with { type: 'text' };
import { type Sendable, sendable } from './send.ts';

/** A file of the binary that pages load. Its address names its content, so it may be kept for ever. */
export interface Asset extends Sendable {
  path: string;
}

function asset(name: string, type: string, text: string): Asset {
  const [stem, ending] = name.split('.');
  const mark = Bun.hash(text).toString(36).slice(0, 10);
  return { path: `/assets/${stem}-${mark}.${ending}`, ...sendable(type, text) };
}

/** One file for a page: what all pages have in common comes first. */
const sheet = (own: string): string => `${tokensCss}\n${baseCss}\n${own}`;

export const DOCS_CSS = asset('docs.css', 'text/css; charset=utf-8', sheet(docsCss));
export const DOCS_JS = asset('docs.js', 'text/javascript; charset=utf-8', docsJs);

export const FORMS_CSS = asset('forms.css', 'text/css; charset=utf-8', sheet(formsCss));

export const ICON = asset('icon.svg', 'image/svg+xml', icon);

export const ADMIN_CSS = asset('admin.css', 'text/css; charset=utf-8', sheet(adminCss));
export const ADMIN_JS = asset('admin.js', 'text/javascript; charset=utf-8', adminJs);
export const PASSKEY_JS = asset('passkey.js', 'text/javascript; charset=utf-8', passkeyJs);
export const HTMX_JS = asset('htmx.js', 'text/javascript; charset=utf-8', htmxJs);

/** Every file that is served. */
export const ASSETS: readonly Asset[] = [DOCS_CSS, DOCS_JS, FORMS_CSS, ICON, ADMIN_CSS, ADMIN_JS, PASSKEY_JS, HTMX_JS];
