import { expect, setDefaultTimeout, test } from 'bun:test';
import { sourceRoutes } from '../../src/http/admin/pages/sources.tsx';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(sourceRoutes);
const { services, site } = world;

test('the page Sources has the line that loads the script, for each endpoint, as text', async () => {
  const owner = await world.person('owner');
  const { id } = await services.store.endpoints.create(site.id, '"Landing" <page>');
  const { status, html } = await owner.get(`/admin/s/${site.id}/sources`);
  expect(status).toBe(200);
  for (const endpoint of [site.endpointId, id]) {
    const line = `&lt;script src="http://localhost/sdk.js"\n  data-site="${endpoint}" defer>&lt;/script>`;
    expect(html.replaceAll('&quot;', '"').replaceAll('&gt;', '>')).toContain(line);
  }
  expect(html).not.toContain('<page>');
});
