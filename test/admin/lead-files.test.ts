import { expect, setDefaultTimeout, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { newLead } from '../support/leads.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const HOUR_MS = 3_600_000;

test('a lead shows its files: links that hold for an hour, and a word for those that are gone', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const { store, fileLinks, clock } = world.services;
  const id = (name: string) => `file_${name}`;
  const named = (name: string, field: string) => ({
    field,
    name: `${name}.pdf`,
    size: 2_048,
    content_type: 'application/pdf',
    url: fileLinks.to(id(name), null),
  });
  const kept = { id: id('kept'), name: 'kept.pdf', size: 2_048, type: 'application/pdf', path: 'x' };
  const body = {
    files: [named('kept', 'CV'), named('gone', '<b>'), { ...named('x', 'C'), url: 'javascript:alert(1)' }],
  };
  const outcome = await store.leads.accept({
    siteId: world.site.id,
    items: [{ lead: newLead({ Name: 'Alice' }, { files: [kept], body }) }],
    idempotency: null,
  });
  const lead =
    outcome.kind === 'accepted' && outcome.results[0]?.status === 'created' ? outcome.results[0].lead.id : '';
  const { html } = await (await world.person('viewer')).get(`/admin/s/${world.site.id}/leads/${lead}`);
  const href = /href="(\/files\/[^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const { pathname, searchParams } = new URL(href, 'http://localhost');
  const link = {
    id: pathname.slice('/files/'.length),
    until: searchParams.get('until'),
    signature: searchParams.get('sig') ?? '',
  };
  expect(link.id).toBe(id('kept'));
  expect(fileLinks.holds(link, 0, clock.now())).toBe(true);
  expect(fileLinks.holds(link, 0, clock.now() + HOUR_MS + 2_000)).toBe(false);
  expect(html.match(/no longer here/g)).toHaveLength(2);
  expect(html).toContain('<bdi>&lt;b');
  expect(html).not.toContain('href="javascript');
});

test('System counts the files, and says when there is little room left', async () => {
  const world = await siteWorld(ADMIN_ROUTES);
  const { store, system } = world.services;
  const owner = await world.person('owner');
  const page = async () => (await owner.get('/admin/system')).html;
  expect(await page()).toContain('0, 0 bytes of 10 GB');
  const file = { id: 'file_a', name: 'a', size: Math.ceil(system.filesQuota * 0.95), type: 'text/plain', path: 'a' };
  const items = [{ lead: newLead({ Name: 'Alice' }, { files: [file] }) }];
  await store.leads.accept({ siteId: world.site.id, items, idempotency: null });
  expect(await page()).toContain('1, 9.5 GB of 10 GB');
  expect(await page()).toContain('Little room for files');
});
