import type { VNode } from 'preact';
import type { Visit } from '../../accounts/accounts.ts';
import type { ServerPermission, SitePermission } from '../../accounts/permissions.ts';
import type { Site } from '../../store/store.ts';
import type { Asset } from '../pages/assets.ts';
import type { FormData } from './form-data.ts';
import type { NoticeCode } from './notices.ts';
import type { AdminServices } from './services.ts';

/** What a page is made of: what came in, and what it may use. */
export interface AdminRequest {
  request: Request;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** What a form sent; empty for a GET. */
  form: FormData;
  now: number;
  services: AdminServices;
  /** Goes into every form, against requests from elsewhere; '' while nobody is signed in. */
  csrf: string;
}

/** A request by somebody who has signed in. */
export interface UserRequest extends AdminRequest {
  visit: Visit;
}

/** A request about one site, which the user may see. */
export interface SiteRequest extends UserRequest {
  site: Site;
}

/** What comes of a request: a page, another address, a file, or what a script of ours asked for. */
export type Outcome = PageOutcome | MoveOutcome | FileOutcome | JsonOutcome | HtmlOutcome;

export interface PageOutcome {
  title: string;
  body: VNode;
  status?: 200 | 403 | 404 | 409 | 422 | 429;
  headers?: Readonly<Record<string, string>>;
  cookies?: readonly string[];
  /** Besides those of every page. */
  scripts?: readonly Asset[];
}
export interface MoveOutcome {
  /** An address of this server, or of the provider that vouches for people. */
  to: string;
  notice?: NoticeCode;
  headers?: Readonly<Record<string, string>>;
  cookies?: readonly string[];
}
/** A page that is none of the admin UI's: it stands in a frame of one. */
export interface HtmlOutcome {
  html: string;
  headers: Readonly<Record<string, string>>;
}
export interface JsonOutcome {
  json: unknown;
  cookies?: readonly string[];
}
export interface FileOutcome {
  file: ReadableStream<Uint8Array> | string;
  type: string;
  name: string;
}

interface Address {
  method: 'GET' | 'POST';
  /** `:site` is the id of a site that the user may see. */
  path: `/admin${string}`;
}

/** For people who have not signed in. */
export interface OpenRoute extends Address {
  needs: 'nobody';
  run(request: AdminRequest): Outcome | Promise<Outcome>;
}

/** For a user, about no site. */
export interface UserRoute extends Address {
  needs: 'user' | ServerPermission;
  /** The password must have been given in the last 15 minutes. */
  recent?: true;
  run(request: UserRequest): Outcome | Promise<Outcome>;
}

/** For a user who may do this with the site. */
export interface SiteRoute extends Address {
  path: `/admin/s/:site${string}`;
  of: 'site';
  needs: SitePermission;
  recent?: true;
  /** A form with a file is left to the page, which reads it as a stream and looks at its token itself. */
  streams?: true;
  run(request: SiteRequest): Outcome | Promise<Outcome>;
}

/** One address of the admin UI. All of them stand in `pages.ts`. */
export type AdminRoute = OpenRoute | UserRoute | SiteRoute;
