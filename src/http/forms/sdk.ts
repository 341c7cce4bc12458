import { Elysia } from 'elysia';
import { notFound } from '../../lib/errors.ts';
import { once } from '../../lib/once.ts';
import { matchesEtag } from '../etag.ts';
import type { Answer } from '../json.ts';
import { send } from '../pages/send.ts';

/** Any page loads it, also one that lets in nothing from elsewhere that does not agree. Fetch, 3.6. */
const FOR_ALL = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' } as const;
const KEPT_FOR_A_YEAR = 'public, max-age=31536000, immutable';
/** How long after an upgrade pages may still run the script of before. */
const KEPT_SHORTLY = 'public, max-age=600';
const NAME = /^([0-9a-f]{16})\.js$/;

/**
 * The script that pages load: at an address that stays, and at one that names its content. Pages that name an older one get
 * the one there is: an upgrade must not take the script away from them. Spec 3, "SDK".
 */
export function sdkRoutes() {
  const file = once(() => import('./sdk-file.ts'));

  async function serve(request: Request, set: Answer, name: string | null) {
    const hash = name === null ? null : NAME.exec(name)?.[1];
    if (hash === undefined) throw notFound('file');
    const { SDK, SDK_HASH } = await file();
    const etag = `"${SDK_HASH}"`;
    Object.assign(set.headers, FOR_ALL, {
      etag,
      'cache-control': hash === SDK_HASH ? KEPT_FOR_A_YEAR : KEPT_SHORTLY,
    });
    const body = send(request, set, SDK);
    if (!matchesEtag(request.headers.get('if-none-match'), etag)) return body;
    delete set.headers['content-encoding'];
    set.status = 304;
    return null;
  }

  return new Elysia()
    .get('/sdk.js', ({ request, set }) => serve(request, set as Answer, null))
    .get('/sdk-:name', ({ request, params, set }) => serve(request, set as Answer, (params as { name: string }).name));
}
