/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { ErrorBody } from '../../contract/error.ts';
import { SCOPES, type Scope } from '../../contract/key.ts';
import { DEFAULT_PER_PAGE, MAX_COUNTED, MAX_PER_PAGE } from '../../contract/page.ts';
import { MAX_BATCH, MAX_FIELDS, MAX_TEXT } from '../../contract/submission.ts';
import { ERROR_CODES, type ErrorCode } from '../../lib/errors.ts';
import { STATUS } from '../errors.ts';
import { count } from '../pages/count.ts';
import { Code, Words } from './code.tsx';

/** A chapter: words on the left, an example on the right where there is one. */
export function Chapter(props: {
  id: string;
  title: string;
  example?: ComponentChildren;
  children: ComponentChildren;
}) {
  const { id, title, example, children } = props;
  return (
    <section class={example ? 'operation' : 'operation whole'} id={id} aria-labelledby={`${id}-title`}>
      <div class="text">
        <h2 id={`${id}-title`}>{title}</h2>
        {children}
      </div>
      {example ? <div class="example">{example}</div> : null}
    </section>
  );
}

/** Names with what they mean; `like this` in the words becomes code. */
export function Members({ items }: { items: readonly (readonly [name: string, words: string])[] }) {
  return (
    <dl class="members">
      {items.map(([name, words]) => (
        <div key={name}>
          <dt>{/^[\w-]+$|^\w+\(|[[\].]/.test(name) && !/^[A-Z]/.test(name) ? <code>{name}</code> : name}</dt>
          <dd>
            <Words text={words} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

const SCOPE_TEXT: Readonly<Record<Scope, string>> = {
  'submissions:read': 'List leads and read one.',
  'submissions:write': 'Send leads, one or a batch.',
  'forms:read': 'List forms with their fields and counts.',
  'forms:write': 'Rename a form, move it to another tab, ignore it.',
};

export function Authentication() {
  const header = 'Authorization: Bearer lts_0123456789abcdefghijklmnopqrstuv0abcde';
  return (
    <Chapter id="authentication" title="Authentication" example={<Code text={header} label="Header" />}>
      <p>
        Send an API key in the <code>Authorization</code> header of every request. A key belongs to one site, so no call
        names a site. It is shown once, when it is made; a key in the address is never accepted.
      </p>
      <p>Keys are for servers. Answers carry no CORS headers, so that a key can't end up in a web page by mistake.</p>
      <p>A key does what its scopes say:</p>
      <dl class="members">
        {SCOPES.map((scope) => (
          <div key={scope}>
            <dt>
              <code>{scope}</code>
            </dt>
            <dd>{SCOPE_TEXT[scope]}</dd>
          </div>
        ))}
      </dl>
      <p>
        Without a valid key the answer is <code>401</code>; where the scope is missing, <code>403</code>. Both say which
        in <code>WWW-Authenticate</code>.
      </p>
    </Chapter>
  );
}

const CODE_TEXT: Readonly<Record<ErrorCode, string>> = {
  invalid_json: 'The body is no JSON, or no UTF-8.',
  bad_request: 'The request could not be read.',
  invalid_token: 'No key, or one that is mistyped, unknown, expired or revoked.',
  insufficient_scope: 'The key lacks the scope that the message names.',
  origin_not_allowed: 'The page a form stands on is none of the allowed domains.',
  not_found: 'There is nothing at this address, or not in your site.',
  method_not_allowed: 'The address takes the methods in `Allow`.',
  conflict: 'It is in the way of something else.',
  idempotency_key_reused: 'The Idempotency-Key was used with another body.',
  payload_too_large: 'Over 1 MiB; a batch over 8 MiB.',
  unsupported_media_type: 'Send `application/json`, UTF-8, without Content-Encoding.',
  validation_error: 'Something in the request is not as it must be; `details` names each.',
  rate_limited: "The key's requests of this minute are used up.",
  internal_error: 'A fault of the server. Nothing was taken; try again.',
  unavailable: 'The disk is full, or the server is stopping. Nothing was taken; try again.',
};

const EXAMPLE_ERROR: ErrorBody = {
  error: {
    code: 'validation_error',
    message: 'The lead was not taken: see details.',
    details: [{ path: '/fields', message: 'is missing: it has to be there.' }],
    request_id: 'req_01jd8x4k2m3n4p5q6r7st',
  },
};

/** The codes an answer of the API can have: `conflict` is the command line's, `origin_not_allowed` of web forms. */
const API_CODES = ERROR_CODES.filter((code) => code !== 'conflict' && code !== 'origin_not_allowed');

export function Errors() {
  return (
    <Chapter
      id="errors"
      title="Errors"
      example={
        <figure>
          <figcaption>Answer 422</figcaption>
          <Code text={JSON.stringify(EXAMPLE_ERROR, null, 2)} label="An error" />
        </figure>
      }
    >
      <p>
        Every error has the same shape. <code>code</code> is for programs, <code>message</code> says to a person what to
        do, <code>details</code> points into the request. Name the <code>request_id</code>, which is also in{' '}
        <code>X-Request-Id</code>, when you ask for help.
      </p>
      <p>A 5xx never means that the lead was taken. Try again after the seconds in Retry-After.</p>
      <dl class="members codes">
        {API_CODES.map((code) => (
          <div key={code}>
            <dt>
              <code>{STATUS[code]}</code> <code>{code}</code>
            </dt>
            <dd>{CODE_TEXT[code].replaceAll('`', '')}</dd>
          </div>
        ))}
      </dl>
    </Chapter>
  );
}

export function Idempotency() {
  return (
    <Chapter id="idempotency" title="Retry safely">
      <p>
        Send an <code>Idempotency-Key</code> of your own choice, 1 to 255 characters: an order number, a UUID. For 24
        hours the same key with the same body answers the same lead again, with <code>Idempotent-Replayed: true</code>,
        and creates nothing. That also holds when both requests arrive at once, or when the server was killed between
        storing and answering.
      </p>
      <p>
        The same key with another body is refused with <code>409</code>. Keys count per site, so a retry after you
        rotated the API key still matches; those that came with web forms, which anybody can send, count apart. Only
        successes are remembered.
      </p>
    </Chapter>
  );
}

export function Paging({ origin }: { origin: string }) {
  const walk = [
    `curl '${origin}/api/v1/submissions?per_page=${MAX_PER_PAGE}' -H "Authorization: Bearer $LTS_KEY"`,
    '',
    '# then, while pagination.has_more is true:',
    `curl '${origin}/api/v1/submissions?per_page=${MAX_PER_PAGE}&cursor=…' -H "Authorization: Bearer $LTS_KEY"`,
  ].join('\n');
  return (
    <Chapter id="paging" title="Lists and paging" example={<Code text={walk} label="Walking a list" />}>
      <p>
        A page has {DEFAULT_PER_PAGE} leads, newest first, or as many as <code>per_page</code> says, up to{' '}
        {MAX_PER_PAGE}. To read all, follow <code>pagination.next_cursor</code>: each page costs the same, and nothing
        is skipped or repeated while leads come in. Page numbers work for the first {count(MAX_COUNTED)} leads.
      </p>
      <p>
        <code>total</code> is exact up to {count(MAX_COUNTED)}, and beyond where it is kept count of; else{' '}
        <code>total_capped</code> is true. A parameter that is unknown, or has a wrong value, is refused by name: a typo
        never shows you the wrong list.
      </p>
    </Chapter>
  );
}

export function Limits({ perMinute }: { perMinute: number }) {
  const headers = ['RateLimit-Limit: 1200', 'RateLimit-Remaining: 1199', 'RateLimit-Reset: 60'].join('\n');
  return (
    <Chapter
      id="limits"
      title="Limits"
      example={
        perMinute === 0 ? undefined : (
          <Code
            text={headers.replace('1200', String(perMinute)).replace('1199', String(perMinute - 1))}
            label="Headers of an answer"
          />
        )
      }
    >
      <p>
        {perMinute === 0
          ? 'This server sets no limit to how many requests a key may make.'
          : `A key may make ${perMinute} requests a minute; a batch is one. Every answer says how many are left and in how many seconds the minute ends. Beyond it the answer is 429 with Retry-After.`}
      </p>
      <p>
        A lead has at most {MAX_FIELDS} fields; longer texts than {count(MAX_TEXT)} characters are cut, which{' '}
        <code>warnings</code> says. A batch has at most {count(MAX_BATCH)} leads. A request has at most 1 MiB, a batch 8
        MiB.
      </p>
      <p>
        Passwords, card numbers and the like are dropped or masked before anything is stored. What was done is named,
        without the value, in <code>warnings</code>.
      </p>
    </Chapter>
  );
}
