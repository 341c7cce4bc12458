/** @jsxImportSource preact */
import { Code, Words } from './code.tsx';
import { Chapter, Members } from './guide.tsx';

/* The chapters about forms that this server shows, and about the script for pages. */

/** An endpoint as it looks; each site has its own. */
export const ID = 'k3x9w2m7qa';

export function Hosted({ origin }: { origin: string }) {
  return (
    <Chapter
      id="hosted"
      title="A page by this server"
      example={<Code text={`${origin}/h/${ID}?utm_source=newsletter`} label="The address of a hosted form" />}
    >
      <p>
        Without a web site, let this server show the form. Sources, Hosted form leads to its editor: add fields, put
        them in order, write the words, press Publish, and hand out the address.
      </p>
      <p>
        It needs no JavaScript, sets no cookie, and is not for search engines. What is wrong is said at each field, with
        everything typed kept. <code>utm_source</code> and the like behind the address are kept as the lead’s campaign.
      </p>
    </Chapter>
  );
}

export function Frame({ origin }: { origin: string }) {
  const html = `<iframe src="${origin}/h/${ID}" title="Contact us"
  width="100%" height="660" style="border: 0" loading="lazy"></iframe>`;
  return (
    <Chapter id="frame" title="In a frame" example={<Code text={html} label="A frame to paste" />}>
      <p>
        The form and its thanks page may stand in a frame on the allowed domains, or on any page where none is named. A
        page with a Content-Security-Policy has to allow this server in <code>frame-src</code>.
      </p>
    </Chapter>
  );
}

export function Script({ origin }: { origin: string }) {
  const html = `<script src="${origin}/sdk.js"\n  data-site="${ID}" defer></script>`;
  return (
    <Chapter id="script" title="One line for a site" example={<Code text={html} label="The line for each page" />}>
      <p>
        This line in each page sends every form there, also those that come later. The page goes on as before: whatever
        goes wrong in the script stays in it. <code>data-site</code> is the id of an endpoint.
      </p>
      <p>
        With the fields come the page, its referrer, UTM values and click ids, how the visitor came first and last,
        device, language and time zone. What can’t be sent waits in the browser, at most 20 forms for a day.
      </p>
      <p>Searches, sign-ins and changes of passwords are left out. Passwords and card fields never leave the page.</p>
      <p>
        A page whose own script sends a form by <code>form.submit()</code> tells nobody that it did: let it call{' '}
        <code>form.requestSubmit()</code>, or <code>LeadToSheet.submit</code>.
      </p>
    </Chapter>
  );
}

export function Attributes() {
  const html = `<form data-lts-form="Offer" data-lts-ajax
      data-lts-thanks="We call you today.">
  <input type="email" name="Email" required>
  <input name="Notes" data-lts-ignore>
  <button>Send</button>
</form>`;
  return (
    <Chapter id="attributes" title="Attributes" example={<Code text={html} label="A form with attributes" />}>
      <p>Of the script’s own tag:</p>
      <Members
        items={[
          ['data-site', 'The id of the endpoint.'],
          [
            'data-attribution',
            'For how many days it is remembered how a visitor came: 90, unless it says another number, or `off`.',
          ],
        ]}
      />
      <p>Of forms and fields:</p>
      <Members
        items={[
          ['data-lts-form', 'The name of the form. Else its name, id, label, heading or the page’s title is.'],
          ['data-lts-ignore', 'Leaves out a form, a field, or all within an element.'],
          [
            'data-lts-ajax',
            'The script sends the form in place of the browser, files too, marks wrong fields, and shows the thanks.',
          ],
          ['data-lts-thanks', 'Those words of thanks. Style them by `.lts-thanks`.'],
          ['data-lts-error', 'What is said when it can’t be sent. Style it by `.lts-error`.'],
        ]}
      />
    </Chapter>
  );
}

export function PageApi() {
  const script = `const { id } = await LeadToSheet.submit(
  { Email: 'alice@example.com' },
  { form: 'Newsletter' },
);

LeadToSheet.on('sent', ({ id }) => console.log(id));`;
  return (
    <Chapter id="page-api" title="For your own scripts" example={<Code text={script} label="A script in a page" />}>
      <Members
        items={[
          [
            'submit(fields, { form })',
            'Sends fields as a form would. Gives `{ id }`, or an error whose `code` is the server’s, or `queued` while it waits.',
          ],
          ['identify(fields)', 'Adds fields to every form of the page from now on.'],
          ['ignore(selector)', 'Leaves out the forms and fields that a CSS selector names.'],
          ['on(event, handler)', 'Tells of `submit`, `sent`, `queued` and `refused`.'],
        ]}
      />
      <p>
        They are there once the script is loaded: in a script of yours with <code>defer</code> below it, or after the
        page’s <code>DOMContentLoaded</code>.
      </p>
    </Chapter>
  );
}

export function Policy({ origin }: { origin: string }) {
  const policy = `Content-Security-Policy:\n  script-src 'self' ${origin};\n  connect-src 'self' ${origin};\n  form-action 'self' ${origin};\n  frame-src ${origin}`;
  return (
    <Chapter
      id="csp"
      title="Content-Security-Policy"
      example={<Code text={policy} label="What a policy has to allow" />}
    >
      <p>
        <Words text="A page with such a policy has to allow this server: in `script-src` and `connect-src` for the script, in `form-action` for a form whose action it is, in `frame-src` for a hosted form in a frame. Nothing needs `unsafe-inline`." />
      </p>
    </Chapter>
  );
}
