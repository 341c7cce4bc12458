import type { ENDPOINT_ANSWERS } from '../contract/endpoint.ts';

export type EndpointAnswer = (typeof ENDPOINT_ANSWERS)[number];

/** The field that people leave empty and bots fill in, unless an endpoint names another. */
export const DEFAULT_HONEYPOT = '_gotcha';

/** An address that web forms are sent to. */
export interface Endpoint {
  /** 10 lower-case letters and digits: public, in the page's HTML. */
  id: string;
  siteId: string;
  /** What people call it; also the name of the form of leads that name none. */
  name: string;
  answer: EndpointAnswer;
  /** Where `redirect` leads; null: back to the page that sent the form. */
  redirectUrl: string | null;
  /** The words of the thanks page; null: its own. */
  thanksTitle: string | null;
  thanksText: string | null;
  honeypot: string;
  createdAt: number;
}

export type EndpointChange = Partial<Omit<Endpoint, 'id' | 'siteId' | 'createdAt'>>;

export interface EndpointStore {
  /** From memory: every form that comes in asks. Null: there is none. */
  get(id: string): Endpoint | null;
  /** Those of a site, oldest first. */
  list(siteId: string): Endpoint[];
  /** A further one; the first is made with its site. */
  create(siteId: string, name: string): Promise<Endpoint>;
  /** Null when the site has no such endpoint. */
  update(siteId: string, id: string, change: EndpointChange): Promise<Endpoint | null>;
}
