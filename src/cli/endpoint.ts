import { readEndpointUpdate } from '../intake/endpoint-update.ts';
import { invalid, notFound } from '../lib/errors.ts';
import { textPairs, textTable } from '../lib/text-table.ts';
import { endpointValues } from '../store/audit-values.ts';
import type { Endpoint } from '../store/endpoints.ts';
import type { Site } from '../store/store.ts';
import { toEndpoint } from '../store/view.ts';
import { record } from './audit.ts';
import { type Command, done, type Outcome } from './command.ts';
import { readJsonInput } from './input.ts';
import { type Session, SITE_FLAG, siteOf, withStore } from './session.ts';

const DATA_FLAG = {
  value: 'FILE',
  doc: 'JSON with what is to be set: name, answer (redirect, thanks, json), redirect_url, thanks_title, thanks_text, honeypot. - reads stdin.',
} as const;

const endpointList: Command = {
  name: 'endpoint list',
  summary: "A site's form endpoints: where web forms are sent to.",
  flags: { site: SITE_FLAG },
  run: (context) =>
    withStore(context, async ({ store }) => {
      const all = store.endpoints.list(siteOf(store, context.args.text('site')).id).map(toEndpoint);
      const rows = all.map(({ id, name, answer, redirect_url }) => [id, name, answer, redirect_url ?? '']);
      return done({ data: all }, textTable(['ID', 'NAME', 'ANSWER', 'REDIRECT'], rows));
    }),
};

const endpointShow: Command = {
  name: 'endpoint show',
  summary: 'One form endpoint.',
  operands: [{ name: 'ID', doc: 'the endpoint' }],
  flags: { site: SITE_FLAG },
  run: (context) =>
    withStore(context, async (session) => {
      const site = siteOf(session.store, context.args.text('site'));
      return shown(endpointOf(session, site, context.args.operand(0)));
    }),
};

const endpointCreate: Command = {
  name: 'endpoint create',
  summary: 'Makes a further form endpoint for a site.',
  flags: { site: SITE_FLAG, data: { ...DATA_FLAG, required: true } },
  examples: ['endpoint create --data endpoint.json'],
  run: async (context) => {
    const { name, ...rest } = readEndpointUpdate(await readJsonInput(context, 'data'));
    if (name === undefined) throw invalid('--data: the endpoint needs a "name".');
    return withStore(context, async ({ store }) => {
      const site = siteOf(store, context.args.text('site'));
      const made = await store.endpoints.create(site.id, name);
      const endpoint = (await store.endpoints.update(site.id, made.id, rest)) ?? made;
      const after = endpointValues(endpoint);
      await record(store, { action: 'endpoint.created', siteId: site.id, objectId: endpoint.id, after });
      return shown(endpoint);
    });
  },
};

const endpointUpdate: Command = {
  name: 'endpoint update',
  summary: 'Changes a form endpoint: what is not named stays as it is.',
  operands: [{ name: 'ID', doc: 'the endpoint' }],
  flags: { site: SITE_FLAG, data: { ...DATA_FLAG, required: true } },
  examples: ['endpoint update k3x9w2m7qa --data -'],
  run: async (context) => {
    const input = await readJsonInput(context, 'data');
    return withStore(context, async (session) => {
      const { store } = session;
      const site = siteOf(store, context.args.text('site'));
      const before = endpointOf(session, site, context.args.operand(0));
      const change = readEndpointUpdate(input, store.hostedForms.get(before.id)?.form);
      const after = await store.endpoints.update(site.id, before.id, change);
      if (after === null) throw notFound('endpoint');
      const [from, to] = [endpointValues(before), endpointValues(after)];
      await record(store, { action: 'endpoint.changed', siteId: site.id, objectId: after.id, before: from, after: to });
      return shown(after);
    });
  },
};

/** @throws AppError not_found, also for the endpoint of another site */
function endpointOf({ store }: Session, site: Site, id = ''): Endpoint {
  const endpoint = store.endpoints.get(id);
  if (endpoint === null || endpoint.siteId !== site.id) throw notFound('endpoint');
  return endpoint;
}

function shown(endpoint: Endpoint): Outcome {
  const view = toEndpoint(endpoint);
  const text = textPairs([
    ['id', view.id],
    ['name', view.name],
    ['answer', view.answer],
    ['redirect', view.redirect_url ?? 'back to the page'],
    ['thanks title', view.thanks_title ?? '–'],
    ['thanks text', view.thanks_text ?? '–'],
    ['trap field', view.honeypot],
  ]);
  return done(view, text);
}

export const endpointCommands: readonly Command[] = [endpointList, endpointShow, endpointCreate, endpointUpdate];
