import type { Page } from 'playwright-core';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { until } from '../support/server.ts';

/** What stands between the pages and the server. */
export type Weather = 'fair' | 'broken' | 'garbage' | 'hanging' | 'gone';

/** The real server, and a web site of another origin whose pages load its script under a strict policy. */
export interface SdkWorld {
  api: TestApp;
  /** Where the script comes from and forms go to. */
  url: string;
  /** The web site. */
  site: string;
  endpoint: string;
  /** The tag that loads the script. */
  tag(attributes?: string): string;
  /** Puts a page on the site, with a script of its own. @returns its address */
  page(path: string, body: string, script?: string): string;
  /** What the site's own server got by POST. */
  posted: string[];
  /** What was sent to an endpoint, whatever became of it. */
  sent: string[];
  weather(now: Weather): void;
  /** All leads, oldest first. */
  leads(siteId?: string): Lead[];
  /** Waits for as many new leads as are asked for, and gives them. */
  arrived(count?: number, siteId?: string): Promise<Lead[]>;
  close(): Promise<void>;
}

export async function sdkWorld(): Promise<SdkWorld> {
  const api = await testApp();
  const { port } = api.app.start();
  const sent: string[] = [];
  const posted: string[] = [];
  let weather: Weather = 'fair';
  let clear = Promise.withResolvers<void>();
  const pages = new Map<string, { type: string; text: string }>();

  const front = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      if (request.method === 'POST') sent.push(body);
      if (pathname.startsWith('/f/') && weather !== 'fair') {
        if (weather === 'hanging') await clear.promise;
        // As a proxy answers in its place: nobody may read it from another origin.
        if (weather === 'gone') return new Response('Bad gateway', { status: 502 });
        const open = { 'access-control-allow-origin': '*' };
        if (weather === 'broken')
          return new Response('{"error":{"code":"internal_error"}}', { status: 500, headers: open });
        if (weather === 'garbage') return new Response('<h1>Please sign in to the hotel</h1>', { headers: open });
      }
      const { method, headers } = request;
      const to = `http://127.0.0.1:${port}${pathname}${search}`;
      return fetch(to, { method, headers, redirect: 'manual', decompress: false, ...(body === '' ? {} : { body }) });
    },
  });
  const url = `http://127.0.0.1:${front.port}`;

  const web = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.method === 'POST') posted.push(await request.text());
      const { type, text } = pages.get(pathname) ?? {
        type: 'text/html',
        text: '<!doctype html><title>Elsewhere</title>',
      };
      const policy =
        `default-src 'none'; script-src 'self' ${url}; connect-src ${url}; style-src 'self'; img-src data:; base-uri 'none'; ` +
        `form-action 'self' ${url}; require-trusted-types-for 'script'`;
      return new Response(text, {
        headers: { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy },
      });
    },
  });
  const site = `http://localhost:${web.port}`;

  const leads = (siteId = api.site.id) =>
    api.store.leads.list(siteId, { filter: { spam: 'include' }, newestFirst: false, limit: 100, offset: 0 });
  const seen = new Map<string, number>();

  return {
    api,
    url,
    site,
    endpoint: api.site.endpointId,
    tag: (attributes = '') =>
      `<script src="${url}/sdk.js" data-site="${api.site.endpointId}" ${attributes} defer></script>`,
    page(path, body, script = '') {
      pages.set(path, {
        type: 'text/html',
        text: `<!doctype html><html lang="en"><head><title>Our shop</title><link rel="icon" href="data:,"><script src="${path}.js" defer></script></head><body>${body}</body></html>`,
      });
      pages.set(`${path}.js`, { type: 'text/javascript', text: script });
      return site + path;
    },
    posted,
    sent,
    weather(now) {
      weather = now;
      clear.resolve();
      clear = Promise.withResolvers();
    },
    leads,
    async arrived(count = 1, siteId = api.site.id) {
      const before = seen.get(siteId) ?? 0;
      await until(`${count} more leads`, () => leads(siteId).length >= before + count, 20_000);
      const all = leads(siteId);
      seen.set(siteId, all.length);
      return all.slice(before);
    },
    async close() {
      clear.resolve();
      await Promise.all([front.stop(true), web.stop(true)]);
      await api.close();
    },
  };
}

/** What the script keeps in the browser, by the beginning of its name. */
export function kept(page: Page, beginning: string): Promise<string[]> {
  return page.evaluate(
    (start) =>
      Object.keys(localStorage)
        .filter((name) => name.startsWith(start))
        .map((name) => localStorage[name]),
    beginning,
  );
}

/** The script is there: a page without forms of its own says so by what it offers. */
export async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => window.LeadToSheet !== undefined, null, { timeout: 10_000 });
}
