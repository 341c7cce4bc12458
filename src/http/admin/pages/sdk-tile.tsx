import type { Endpoint } from '../../../store/endpoints.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Card, Facts } from '../components/parts.tsx';

/** What loads the script on a page: in two lines, so that it can be read here. */
const tagOf = (src: string, { id }: Endpoint): string => `<script src="${src}"\n  data-site="${id}" defer></script>`;

/** The tile of the script for web pages on the Sources page. With several endpoints, a tag for each. */
export function SdkTile({ endpoints, publicUrl }: { endpoints: readonly Endpoint[]; publicUrl: string }) {
  const src = `${publicUrl}/sdk.js`;
  return (
    <Card title="Website script">
      <div class="stacked">
        <p>
          For whole web sites: this in each page sends every form there, and the page goes on as before. Searches,
          sign-ins, passwords and cards are left out.
        </p>
        <Facts facts={[['Address', <code key="url">{src}</code>]]} />
        {endpoints.map((endpoint) => (
          <CopyBlock
            key={endpoint.id}
            id={`sdk-${endpoint.id}`}
            text={tagOf(src, endpoint)}
            label={`HTML to paste into each page: ${endpoint.name}`}
          />
        ))}
        <p class="muted">
          A page with a Content-Security-Policy has to allow this server in <code>script-src</code> and{' '}
          <code>connect-src</code>.
        </p>
      </div>
    </Card>
  );
}
