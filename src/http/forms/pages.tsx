import type { VNode } from 'preact';
import type { AppError } from '../../lib/errors.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import type { Site } from '../../store/store.ts';
import { FORMS_CSS } from '../pages/assets.ts';
import { Page, renderPage } from '../pages/page.tsx';
import { thanksOf } from './answer.ts';

/*
 * What visitors of a site see: light, in its name, and none of a search engine's business.
 */

type Words = Pick<Endpoint, 'thanksTitle' | 'thanksText'>;

export function thanksPage(site: Pick<Site, 'name'>, endpoint: Words): string {
  const { title, text } = thanksOf(endpoint);
  return framed(
    site.name,
    title,
    <>
      <h1 dir="auto">{title}</h1>
      <Paragraphs text={text} />
    </>,
  );
}

/** Why a form was not taken: what the visitor can do, in words, with the way back to what was typed. */
export function refusalPage(site: Pick<Site, 'name'> | null, { message, details }: AppError): string {
  const title = 'This was not sent';
  return framed(
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

/** For somebody who opens the address of an endpoint in a browser. */
export function endpointPage(site: Pick<Site, 'name'>): string {
  const title = 'Forms are sent here';
  return framed(
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

function Paragraphs({ text }: { text: string }) {
  return (
    <>
      {text.split(/\n+/).map((line, at) => (
        <p key={at} dir="auto">
          {line}
        </p>
      ))}
    </>
  );
}

function framed(siteName: string | null, title: string, children: VNode): string {
  return renderPage(
    <Page
      title={siteName === null ? title : `${title} · ${siteName}`}
      description={siteName ?? title}
      styles={[FORMS_CSS]}
      scripts={[]}
      meta={{ robots: 'noindex' }}
    >
      <main class="card">
        {siteName === null ? null : (
          <p class="site">
            <bdi>{siteName}</bdi>
          </p>
        )}
        {children}
      </main>
    </Page>,
  );
}
