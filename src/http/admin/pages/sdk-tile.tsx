/** @jsxImportSource preact */
import type { Endpoint } from '../../../store/endpoints.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Snippets } from '../components/snippets.tsx';
import { scriptSnippets } from './source-snippets.ts';
import { type TilePlace, WayTile } from './source-tile.tsx';

/** The tile of the script for web pages on the Sources page. With several endpoints, a tag for each. */
export function SdkTile({ endpoints, place }: { endpoints: readonly Endpoint[]; place: TilePlace }) {
  const { publicUrl } = place;
  return (
    <WayTile way="sdk" title="Website script" action={<a href="/docs/forms#script">Documentation</a>} place={place}>
      <p>
        For whole web sites: this in each page sends every form there, and the page goes on as before. Searches,
        sign-ins, passwords and cards are left out.
      </p>
      <CopyBlock id="sdk-address" text={`${publicUrl}/sdk.js`} label="Address" />
      {endpoints.map((endpoint) => (
        <div key={endpoint.id} class="stacked">
          {endpoints.length > 1 ? (
            <h3>
              For <bdi>{endpoint.name}</bdi>
            </h3>
          ) : null}
          <Snippets
            id={`sdk-${endpoint.id}`}
            of={`the script for ${endpoint.name}`}
            snippets={scriptSnippets(publicUrl, endpoint)}
          />
        </div>
      ))}
      <p class="muted">
        A page with a Content-Security-Policy has to allow this server in <code>script-src</code> and{' '}
        <code>connect-src</code>.
      </p>
    </WayTile>
  );
}
