/** @jsxImportSource preact */
import { Code, Words } from './code.tsx';
import {
  type ApiDocument,
  type ApiParameter,
  type ApiResponse,
  exampleOf,
  jsonOf,
  type PlacedOperation,
  resolved,
} from './document.ts';
import { LANGUAGES, type SampleRequest, sampleOf } from './samples.ts';
import { Members, typeText } from './schema-view.tsx';

interface Props {
  document: ApiDocument;
  operation: PlacedOperation;
  /** Where the server is, without a slash at the end. */
  origin: string;
  /** The scope it needs; null: any valid key; undefined: none at all. */
  scope: string | null | undefined;
}

/** One endpoint: what it does on the left, what to send and what comes back on the right. */
export function OperationView({ document, operation, origin, scope }: Props) {
  const parameters = (operation.parameters ?? []).map((each) => resolved<ApiParameter>(document, each));
  const body = jsonOf(operation.requestBody?.content);
  const [status, answer] = goodAnswer(document, operation);
  const answered = jsonOf(answer?.content);
  return (
    <section class="operation" id={operation.operationId} aria-labelledby={`${operation.operationId}-title`}>
      <div class="text">
        <h3 id={`${operation.operationId}-title`}>{operation.summary ?? operation.operationId}</h3>
        <p class="address">
          <span class={`method ${operation.method.toLowerCase()}`}>{operation.method}</span>{' '}
          <code>{operation.path}</code>
        </p>
        <p class="scope">
          {scope === undefined ? 'Needs no key.' : null}
          {scope === null ? 'Any valid key.' : null}
          {scope ? (
            <>
              Scope <code>{scope}</code>
            </>
          ) : null}
        </p>
        {(operation.description ?? '').split('\n\n').map((text) => (
          <p key={text}>
            <Words text={text} />
          </p>
        ))}
        <Parameters document={document} parameters={parameters} />
        {body?.schema ? (
          <details class="fold" open>
            <summary>Body</summary>
            <Members document={document} schema={body.schema} input />
          </details>
        ) : null}
        {answered?.schema ? (
          <details class="fold">
            <summary>Answer {status}</summary>
            <Members document={document} schema={answered.schema} input={false} />
          </details>
        ) : null}
        <Refusals document={document} operation={operation} />
      </div>
      <div class="example">
        {scope === undefined ? null : (
          <Samples request={sampleRequest(operation, parameters, origin)} name={operation.operationId} />
        )}
        {answered === null ? null : (
          <figure>
            <figcaption>Answer {status}</figcaption>
            <Code text={JSON.stringify(exampleOf(answered) ?? null, null, 2)} label={`Answer ${status}`} />
          </figure>
        )}
        {scope === undefined ? null : <TryIt document={document} operation={operation} parameters={parameters} />}
      </div>
    </section>
  );
}

function goodAnswer(document: ApiDocument, { responses }: PlacedOperation): [string, ApiResponse | null] {
  const found = Object.entries(responses).find(([status]) => status.startsWith('2'));
  return found ? [found[0], resolved<ApiResponse>(document, found[1])] : ['', null];
}

function Parameters({ document, parameters }: { document: ApiDocument; parameters: ApiParameter[] }) {
  if (parameters.length === 0) return null;
  return (
    <details class="fold" open>
      <summary>Parameters</summary>
      <dl class="members">
        {parameters.map(({ name, in: place, required, description, schema }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>{' '}
              <span class="type">
                {schema ? typeText(document, schema) : 'string'}
                {place === 'query' ? '' : ` in the ${place}`}
              </span>
              {required ? <strong class="required">required</strong> : null}
            </dt>
            <dd>
              <Words text={description ?? schema?.description ?? ''} />
              {schema?.enum ? (
                <span class="choices">
                  {schema.enum.map((word) => (
                    <code key={String(word)}>{String(word)}</code>
                  ))}
                </span>
              ) : null}
              {schema?.default === undefined ? null : (
                <>
                  {' '}
                  Default: <code>{String(schema.default)}</code>.
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Refusals({ document, operation }: { document: ApiDocument; operation: PlacedOperation }) {
  const refusals = Object.entries(operation.responses).filter(([status]) => !status.startsWith('2'));
  if (refusals.length === 0) return null;
  return (
    <details class="fold">
      <summary>Errors</summary>
      <dl class="members">
        {refusals.map(([status, response]) => (
          <div key={status}>
            <dt>
              <code>{status}</code>
            </dt>
            <dd>
              <Words text={resolved<ApiResponse>(document, response).description} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** The example that the document gives of a request. */
export function sampleRequest(operation: PlacedOperation, parameters: ApiParameter[], origin: string): SampleRequest {
  const example = ({ example: own, schema }: ApiParameter) =>
    own ?? (schema as { examples?: unknown[] } | undefined)?.examples?.[0];
  let path = operation.path;
  const query = new URLSearchParams();
  for (const parameter of parameters) {
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, String(example(parameter)));
    else if (parameter.in === 'query' && example(parameter) !== undefined)
      query.set(parameter.name, String(example(parameter)));
  }
  const text = query.toString();
  const key = parameters.find(({ in: place, name }) => place === 'header' && name.toLowerCase() === 'idempotency-key');
  return {
    method: operation.method,
    url: `${origin}${path}${text === '' ? '' : `?${text}`}`,
    idempotencyKey: key === undefined ? null : String(example(key) ?? 'order-1001'),
    body: exampleOf(jsonOf(operation.requestBody?.content)),
  };
}

/** The same request in each language; a choice made once holds on the whole page. */
export function Samples({ request, name }: { request: SampleRequest; name: string }) {
  return (
    <figure class="samples">
      <figcaption>
        <fieldset>
          <legend>Request</legend>
          {LANGUAGES.map((language, i) => (
            <label key={language.id}>
              <input type="radio" name={`${name}-language`} value={language.id} checked={i === 0} />
              {language.name}
            </label>
          ))}
        </fieldset>
      </figcaption>
      {LANGUAGES.map((language) => (
        <div key={language.id} class={`sample ${language.id}`}>
          <Code text={sampleOf(language.id, request)} label={`Request in ${language.name}`} />
        </div>
      ))}
    </figure>
  );
}

function TryIt(props: { document: ApiDocument; operation: PlacedOperation; parameters: ApiParameter[] }) {
  const { operation, parameters } = props;
  const body = exampleOf(jsonOf(operation.requestBody?.content));
  const fields = parameters.filter(({ in: place }) => place !== 'header');
  return (
    <details class="try">
      <summary>Try it</summary>
      <form data-method={operation.method} data-path={operation.path} hidden>
        {fields.map(({ name, in: place, schema, required }) => (
          <div class="field" key={name}>
            <label for={`${operation.operationId}-${name}`}>{name}</label>
            {schema?.enum ? (
              <select id={`${operation.operationId}-${name}`} name={name} data-in={place}>
                <option value="" />
                {schema.enum.map((word) => (
                  <option key={String(word)}>{String(word)}</option>
                ))}
              </select>
            ) : (
              <input
                id={`${operation.operationId}-${name}`}
                name={name}
                data-in={place}
                required={required === true}
                autocomplete="off"
                spellcheck={false}
              />
            )}
          </div>
        ))}
        {body === undefined ? null : (
          <label class="wide">
            Body
            <textarea name="body" rows={10} spellcheck={false}>
              {JSON.stringify(body, null, 2)}
            </textarea>
          </label>
        )}
        <p class="wide row">
          <button type="submit">Send {operation.method}</button>
          <span class="note">{operation.method === 'GET' ? '' : 'It is a real request: what it does is done.'}</span>
        </p>
        <div class="wide" aria-live="polite">
          <p class="outcome" hidden />
          <figure class="code" tabindex={0} aria-label="Answer" hidden>
            <pre>
              <code />
            </pre>
          </figure>
        </div>
      </form>
      <noscript>
        <p>This needs JavaScript. The samples above work without.</p>
      </noscript>
    </details>
  );
}
