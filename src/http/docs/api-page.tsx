/** @jsxImportSource preact */
import { Code } from './code.tsx';
import { type ApiDocument, type ApiParameter, exampleOf, jsonOf, operationsByTag, resolved } from './document.ts';
import { DocsFrame, type NavGroup } from './frame.tsx';
import { Authentication, Errors, Idempotency, Limits, Paging } from './guide.tsx';
import { OperationView, Samples, sampleRequest } from './operation-view.tsx';

export interface ApiPageProps {
  document: ApiDocument;
  /** Where the server is, without a slash at the end. */
  origin: string;
  /** Requests a minute and key; 0: no limit. */
  perMinute: number;
  /** The scope of each operation by its id; null: any valid key; not there: no key. */
  scopes: Readonly<Record<string, string | null>>;
}

const GUIDE: NavGroup = {
  title: 'Start',
  links: [
    { href: '#quick-start', text: 'Quick start' },
    { href: '#authentication', text: 'Authentication' },
    { href: '#errors', text: 'Errors' },
    { href: '#idempotency', text: 'Retry safely' },
    { href: '#paging', text: 'Lists and paging' },
    { href: '#limits', text: 'Limits' },
  ],
};

/** The documentation of the REST API, made from its OpenAPI document. Spec 2. */
export function ApiPage({ document, origin, perMinute, scopes }: ApiPageProps) {
  const groups = operationsByTag(document);
  const nav: NavGroup[] = [
    GUIDE,
    ...groups.map(({ tag, operations }) => ({
      title: tag,
      links: operations.map(({ operationId, summary, method }) => ({
        href: `#${operationId}`,
        text: summary ?? operationId,
        method,
      })),
    })),
  ];
  return (
    <DocsFrame
      title="LeadToSheet API"
      description="Send leads from your back end, read them back, and manage forms."
      current="/docs/api"
      groups={nav}
      version={`v${document.info.version}`}
    >
      <div class="intro">
        <h1>LeadToSheet API</h1>
        <p class="lead">
          Send leads from your back end and read them back. A lead is on disk before you get the answer, and stands in
          your sheet exactly once.
        </p>
        <dl class="facts">
          <div>
            <dt>Base address</dt>
            <dd>
              <code data-origin>{origin}</code>
              <code>/api/v1</code>
            </dd>
          </div>
          <div>
            <dt>Format</dt>
            <dd>JSON, names in snake_case, times in RFC 3339 UTC</dd>
          </div>
        </dl>
      </div>
      <QuickStart document={document} origin={origin} />
      <Authentication />
      <Errors />
      <Idempotency />
      <Paging origin={origin} />
      <Limits perMinute={perMinute} />
      {groups.map(({ tag, operations }) => (
        <div class="group" key={tag}>
          <h2>{tag}</h2>
          {operations.map((operation) => (
            <OperationView
              key={operation.operationId}
              document={document}
              operation={operation}
              origin={origin}
              scope={scopes[operation.operationId]}
            />
          ))}
        </div>
      ))}
      <form class="key" id="try-key" hidden>
        <label class="key-field">
          Key for “Try it”
          <input type="password" name="key" placeholder="lts_…" autocomplete="off" spellcheck={false} />
        </label>
        <p class="note">It stays in this page and is forgotten when you leave.</p>
      </form>
    </DocsFrame>
  );
}

function QuickStart({ document, origin }: { document: ApiDocument; origin: string }) {
  const create = operationsByTag(document)
    .flatMap(({ operations }) => operations)
    .find(({ operationId }) => operationId === 'createSubmission');
  if (!create) return null;
  const parameters = (create.parameters ?? []).map((each) => resolved<ApiParameter>(document, each));
  const body = exampleOf(jsonOf(create.requestBody?.content)) as { fields?: unknown; form_name?: unknown } | undefined;
  const short = { form_name: body?.form_name ?? 'Contact', fields: body?.fields ?? { Email: 'alice@example.com' } };
  const makeKey = 'leadtosheet key create --name "Back end" \\\n  --scopes submissions:write,submissions:read';
  return (
    <section class="operation" id="quick-start" aria-labelledby="quick-start-title">
      <div class="text">
        <h2 id="quick-start-title">Quick start</h2>
        <ol class="steps">
          <li>
            <p>Make a key on the server. It is shown once.</p>
            <Code text={makeKey} label="Command that makes a key" />
          </li>
          <li>
            <p>Keep it where your program finds it.</p>
            <Code text={"export LTS_KEY='lts_…'"} label="Command that keeps the key" />
          </li>
          <li>
            <p>
              Send a lead. The answer is <code>201</code> with the lead as it was stored; seconds later it is a row of
              the sheet. A new <code>form_name</code> makes a form with a tab of its own, a new field makes a column.
            </p>
          </li>
        </ol>
      </div>
      <div class="example">
        <Samples request={{ ...sampleRequest(create, parameters, origin), body: short }} name="quick-start" />
      </div>
    </section>
  );
}
