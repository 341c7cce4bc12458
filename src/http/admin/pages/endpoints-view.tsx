/** @jsxImportSource preact */
import {
  ENDPOINT_ANSWERS,
  type EndpointUpdate,
  MAX_THANKS_TEXT,
  MAX_THANKS_TITLE,
} from '../../../contract/endpoint.ts';
import { endpointWay } from '../../../intake/ways.ts';
import { DEFAULT_HONEYPOT, type Endpoint } from '../../../store/endpoints.ts';
import { CopyBlock } from '../components/copy.tsx';
import { AreaField, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { PageTitle } from '../components/parts.tsx';
import { Snippets } from '../components/snippets.tsx';
import { endpointSnippets } from './source-snippets.ts';
import { type TilePlace, WayTile } from './source-tile.tsx';

const ANSWER_TEXT: Readonly<Record<(typeof ENDPOINT_ANSWERS)[number], string>> = {
  redirect: 'Goes back to the page, or to the address below',
  thanks: 'Sees the thanks page',
  json: 'Gets JSON: for scripts',
};

/** The tile of one endpoint on the Sources page. */
export function EndpointTile({ endpoint, place }: { endpoint: Endpoint; place: TilePlace }) {
  const { base, publicUrl, mayEdit } = place;
  const { id, name } = endpoint;
  return (
    <WayTile
      way={endpointWay(id)}
      title={`Form endpoint: ${name}`}
      action={
        mayEdit ? (
          <a href={`${base}/endpoints/${id}`}>
            Change<span class="unseen"> {name}</span>
          </a>
        ) : null
      }
      place={place}
    >
      <p>For the forms of web pages: set the form’s action to this address. No key, no script.</p>
      <CopyBlock id={`endpoint-${id}`} text={`${publicUrl}/f/${id}`} label="Address" />
      <Snippets
        id={`endpoint-code-${id}`}
        of={`sends a form to ${name}`}
        snippets={endpointSnippets(publicUrl, endpoint)}
      />
    </WayTile>
  );
}

export type EndpointTexts = Readonly<Record<keyof EndpointUpdate, string>>;
export type EndpointErrors = Readonly<Partial<Record<keyof EndpointUpdate, string>>>;

export const endpointTexts = (endpoint: Endpoint): EndpointTexts => ({
  name: endpoint.name,
  answer: endpoint.answer,
  redirect_url: endpoint.redirectUrl ?? '',
  thanks_title: endpoint.thanksTitle ?? '',
  thanks_text: endpoint.thanksText ?? '',
  honeypot: endpoint.honeypot,
});

export function EndpointPage(props: {
  endpoint: Endpoint;
  action: string;
  publicUrl: string;
  texts: EndpointTexts;
  errors: EndpointErrors;
  csrf: string;
}) {
  const { endpoint, action, publicUrl, texts, errors, csrf } = props;
  return (
    <>
      <PageTitle title={endpoint.name} lead={`Form endpoint ${publicUrl}/f/${endpoint.id}`} />
      <PostForm action={action} csrf={csrf}>
        <TextField
          name="name"
          label="Name"
          value={texts.name}
          required
          help="Also the name of the form of leads that name none."
          error={errors.name}
        />
        <SelectField
          name="answer"
          label="After sending, a visitor"
          value={texts.answer}
          choices={ENDPOINT_ANSWERS.map((value) => ({ value, text: ANSWER_TEXT[value] }))}
          error={errors.answer}
        />
        <TextField
          name="redirect_url"
          label="Address to go to"
          type="url"
          value={texts.redirect_url}
          placeholder="https://example.com/thanks"
          help="Empty: back to the page that sent the form."
          error={errors.redirect_url}
        />
        <TextField
          name="thanks_title"
          label="Title of the thanks page"
          value={texts.thanks_title}
          maxlength={MAX_THANKS_TITLE}
          placeholder="Thank you"
          error={errors.thanks_title}
        />
        <AreaField
          name="thanks_text"
          label="Text of the thanks page"
          value={texts.thanks_text}
          placeholder="Your message has arrived."
          help={`At most ${MAX_THANKS_TEXT} characters. An empty line begins a new paragraph.`}
          error={errors.thanks_text}
        />
        <TextField
          name="honeypot"
          label="Trap for bots"
          value={texts.honeypot}
          required
          help={`The name of a field that people can’t see. Who fills it in is taken for spam. ${DEFAULT_HONEYPOT} works always.`}
          error={errors.honeypot}
        />
        <Submit text="Save" />
      </PostForm>
      <p>
        <a href={`${action}/form`}>Hosted form</a>, <a href={`/f/${endpoint.id}/thanks`}>see the thanks page</a>
      </p>
    </>
  );
}
