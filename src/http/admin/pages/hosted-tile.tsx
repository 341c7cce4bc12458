import type { Endpoint } from '../../../store/endpoints.ts';
import type { StoredHostedForm } from '../../../store/hosted-forms.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Card } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { embedSnippet } from './hosted-form-view.tsx';

export interface HostedPlace {
  endpoint: Endpoint;
  hosted: StoredHostedForm | null;
}

/** The tile of hosted forms on the Sources page: a page for each endpoint. */
export function HostedTile(props: {
  places: readonly HostedPlace[];
  base: string;
  publicUrl: string;
  mayEdit: boolean;
}) {
  const { places, base, publicUrl, mayEdit } = props;
  const first = places.find(({ hosted }) => hosted?.published)?.hosted;
  return (
    <Card title="Hosted form">
      <div class="stacked">
        <p>A page with a form that this server shows: no web site needed. Link to it, or put it in a frame.</p>
        <ul class="names">
          {places.map(({ endpoint, hosted }) => (
            <li key={endpoint.id}>
              <Place endpoint={endpoint} hosted={hosted} publicUrl={publicUrl} />
              {mayEdit ? (
                <>
                  {' '}
                  <a href={`${base}/endpoints/${endpoint.id}/form`}>
                    Edit<span class="unseen"> the hosted form of {endpoint.name}</span>
                  </a>
                </>
              ) : null}
            </li>
          ))}
        </ul>
        {first ? (
          <CopyBlock
            id="hosted-embed"
            text={embedSnippet(publicUrl, first.endpointId, first.form)}
            label="A frame to paste into a page"
          />
        ) : null}
      </div>
    </Card>
  );
}

function Place({ endpoint, hosted, publicUrl }: HostedPlace & { publicUrl: string }) {
  if (!hosted?.published) {
    return (
      <>
        <bdi>{hosted?.form.title ?? endpoint.name}</bdi> <Status is="unpublished" />
      </>
    );
  }
  return (
    <>
      <bdi>{hosted.form.title}</bdi>{' '}
      <a href={`/h/${endpoint.id}`} target="_blank" rel="noopener">
        <code>{`${publicUrl}/h/${endpoint.id}`}</code>
      </a>
    </>
  );
}
