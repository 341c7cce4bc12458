/** @jsxImportSource preact */
import { FORMS_CSS } from '../pages/assets.ts';
import { Page, renderPage } from '../pages/page.tsx';

const TITLE = 'No such file';

/** For somebody who follows a link to a file that does not lead to one. */
export function noFilePage(): string {
  return renderPage(
    <Page title={TITLE} description={TITLE} styles={[FORMS_CSS]} scripts={[]} meta={{ robots: 'noindex' }}>
      <main class="card">
        <h1>{TITLE}</h1>
        <p>
          There is no file behind this link. It may have been deleted with its lead, the link may have ended, or a part
          of it is missing.
        </p>
      </main>
    </Page>,
  );
}
