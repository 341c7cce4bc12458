/** @jsxImportSource preact */
import { hostedWay } from '../../../intake/ways.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import type { StoredHostedForm } from '../../../store/hosted-forms.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Card } from '../components/parts.tsx';
import { Snippets } from '../components/snippets.tsx';
import { Status } from '../components/status.tsx';
import { embedSnippet } from './hosted-form-view.tsx';
import { type TilePlace, tileId, WayFoot } from './source-tile.tsx';

export interface HostedPlace {
  endpoint: Endpoint;
  hosted: StoredHostedForm | null;
}

/** The tile of hosted forms on the Sources page: a page for each endpoint. */
export function HostedTile({ places, place }: { places: readonly HostedPlace[]; place: TilePlace }) {
  return (
    <Card title="Hosted form" action={<a href="/docs/forms#hosted">Documentation</a>}>
      <div class="stacked">
        <p>A page with a form that this server shows: no web site needed. Link to it, or put it in a frame.</p>
        {places.map((each) => (
          <HostedOfTile key={each.endpoint.id} {...each} place={place} />
        ))}
      </div>
    </Card>
  );
}

function HostedOfTile({ endpoint, hosted, place }: HostedPlace & { place: TilePlace }) {
  const { base, publicUrl, mayEdit } = place;
  const { id, name } = endpoint;
  const title = hosted?.form.title ?? name;
  const url = `${publicUrl}/h/${id}`;
  return (
    <div class="stacked way-of-tile" id={tileId(hostedWay(id))}>
      <p class="way-head">
        <strong>
          <bdi>{title}</bdi>
        </strong>
        <Status is={hosted?.published ? 'published' : 'unpublished'} />
        {mayEdit ? (
          <a href={`${base}/endpoints/${id}/form`}>
            Edit<span class="unseen"> the hosted form of {name}</span>
          </a>
        ) : null}
      </p>
      {hosted?.published ? (
        <>
          <CopyBlock id={`hosted-${id}`} text={url} label="Address" />
          <Snippets
            id={`hosted-code-${id}`}
            of={title}
            snippets={[
              { name: 'Frame', text: embedSnippet(publicUrl, id, hosted.form) },
              { name: 'Link', text: `<a href="${url}">Contact us</a>` },
            ]}
          />
        </>
      ) : null}
      <WayFoot
        way={hostedWay(id)}
        of={title}
        place={place}
        idle={hosted?.published ? null : 'Publish it to send a test lead.'}
      />
    </div>
  );
}
