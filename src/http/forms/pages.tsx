/** @jsxImportSource preact */
import type { AppError } from '../../lib/errors.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import type { Site } from '../../store/store.ts';
import { thanksOf } from './answer.ts';
import { Paragraphs, visitorPage } from './frame.tsx';

/*
 * What visitors of a site see: light, in its name, and none of a search engine's business.
 */

type Words = Pick<Endpoint, 'thanksTitle' | 'thanksText'>;

/** @param lang the language of its words, where the site says */
export function thanksPage(site: Pick<Site, 'name'>, endpoint: Words, lang = 'en'): string {
  const { title, text } = thanksOf(endpoint);
  return visitorPage(
    site.name,
    title,
    <>
      <h1 dir="auto">{title}</h1>
      <Paragraphs text={text} />
    </>,
    { lang },
  );
}

/** Why a form was not taken: what the visitor can do, in words, with the way back to what was typed. */
export function refusalPage(site: Pick<Site, 'name'> | null, { message, details }: AppError): string {
  const title = 'This was not sent';
  return visitorPage(
    site?.name ?? null,
    title,
    <>
      <h1>{title}</h1>
      <p dir="auto">{message}</p>
      {details.length > 0 ? (
        <ul>
          {details.map((detail) => (
            <li key={detail.path} dir="auto">
              {detail.path === '' ? null : <strong>{fieldOf(detail.path)}: </strong>}
              {detail.message}
            </li>
          ))}
        </ul>
      ) : null}
      <p>Go back in your browser: what you typed should still be there.</p>
    </>,
  );
}

/** For somebody who follows a link to a form that is not there, or not yet. */
export function noFormPage(): string {
  const title = 'There is no form here';
  return visitorPage(
    null,
    title,
    <>
      <h1>{title}</h1>
      <p>The address may be mistyped, or the form is not open for now. Ask whoever gave it to you.</p>
    </>,
  );
}

/** For somebody who opens the address of an endpoint in a browser. */
export function endpointPage(site: Pick<Site, 'name'>): string {
  const title = 'Forms are sent here';
  return visitorPage(
    site.name,
    title,
    <>
      <h1>{title}</h1>
      <p>There is nothing to see at this address. Forms on web pages send to it, with the method POST.</p>
    </>,
  );
}

/** `/fields/First name` is the field `First name`. RFC 6901. */
function fieldOf(pointer: string): string {
  const name = pointer.split('/').slice(2).join('.') || pointer.slice(1);
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
