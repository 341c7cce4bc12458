import type { Endpoint } from '../../../store/endpoints.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Card, Facts } from '../components/parts.tsx';

/** The line that loads the script on a page. */
const tagOf = (publicUrl: string, { id }: Endpoint): string =>
  `<script src="${publicUrl}/sdk.js" data-site="${id}" defer></script>`;

/** The tile of the script for web pages on the Sources page. With several endpoints, a line for each. */
export function SdkTile({ endpoints, publicUrl }: { endpoints: readonly Endpoint[]; publicUrl: string }) {
  const { origin } = new URL(publicUrl);
  return (
    <Card title="Website script">
      <div class="stacked">
        <p>
          For whole web sites: one line in each page sends every form on it, beside whatever the page does with them,
          with the page and the campaign that led there. Searches, sign-ins, passwords and cards are left out.
        </p>
        {endpoints.map((endpoint) => (
          <CopyBlock
            key={endpoint.id}
            id={`sdk-${endpoint.id}`}
            text={tagOf(publicUrl, endpoint)}
            label={`A line to paste into each page: ${endpoint.name}`}
          />
        ))}
        <Facts
          facts={[['Where a policy forbids', <code key="csp">{`script-src ${origin}; connect-src ${origin}`}</code>]]}
        />
      </div>
    </Card>
  );
}
