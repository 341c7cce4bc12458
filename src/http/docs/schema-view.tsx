/** @jsxImportSource preact */
import { Words } from './code.tsx';
import { type ApiDocument, type ApiSchema, resolved } from './document.ts';

/** How deep members of members are shown. */
const MAX_DEPTH = 3;

/** The members of an object, one a line, with those of inner objects folded away. */
export function Members(props: { document: ApiDocument; schema: ApiSchema; input: boolean; depth?: number }) {
  const { document, input, depth = 0 } = props;
  const schema = objectIn(document, props.schema);
  if (schema === null) return null;
  return (
    <dl class="members">
      {Object.entries(schema.properties ?? {}).map(([name, member]) => (
        <div key={name}>
          <dt>
            <code>{name}</code> <span class="type">{typeText(document, member)}</span>
            {input && schema.required?.includes(name) ? <strong class="required">required</strong> : null}
          </dt>
          <dd>
            <Described document={document} schema={member} />
            {depth < MAX_DEPTH ? <Inner document={document} schema={member} input={input} depth={depth + 1} /> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Described({ document, schema }: { document: ApiDocument; schema: ApiSchema }) {
  const plain = withoutNull(document, schema);
  const text = schema.description ?? plain.description ?? '';
  const words = plain.enum?.map(String) ?? [];
  const known = schema.default ?? plain.default;
  return (
    <>
      <Words text={text} />
      {words.length > 0 ? (
        <span class="choices">
          {words.map((word) => (
            <code key={word}>{word}</code>
          ))}
        </span>
      ) : null}
      {known !== undefined ? (
        <>
          {' '}
          Default: <code>{String(known)}</code>.
        </>
      ) : null}
    </>
  );
}

function Inner(props: { document: ApiDocument; schema: ApiSchema; input: boolean; depth: number }) {
  const inner = objectIn(props.document, props.schema);
  if (inner === null || Object.keys(inner.properties ?? {}).length === 0) return null;
  return (
    <details>
      <summary>Members</summary>
      <Members {...props} schema={inner} />
    </details>
  );
}

/** The object with members that a schema is, or is a list of; null for anything else. */
function objectIn(document: ApiDocument, schema: ApiSchema): ApiSchema | null {
  const plain = withoutNull(document, schema);
  if (plain.type === 'array' && plain.items) return objectIn(document, plain.items);
  return plain.properties === undefined ? null : plain;
}

function withoutNull(document: ApiDocument, schema: ApiSchema): ApiSchema {
  const plain = resolved<ApiSchema>(document, schema as ApiSchema & { $ref: string });
  const others = plain.anyOf?.filter(({ type }) => type !== 'null');
  const [only] = others ?? [];
  return others?.length === 1 && only ? withoutNull(document, only) : plain;
}

/** A type in words: "text or null", "list of objects". */
export function typeText(document: ApiDocument, schema: ApiSchema): string {
  const plain = resolved<ApiSchema>(document, schema as ApiSchema & { $ref: string });
  if (plain.anyOf) return [...new Set(plain.anyOf.map((each) => typeText(document, each)))].join(' or ');
  if (Array.isArray(plain.type)) return plain.type.join(' or ');
  switch (plain.type) {
    case 'array':
      return plain.items ? `list of ${typeText(document, plain.items)}` : 'list';
    case 'integer':
      return `whole number${rangeText(plain)}`;
    case 'number':
      return `number${rangeText(plain)}`;
    case 'string':
      return plain.format === 'date-time' ? 'time' : `string${lengthText(plain)}`;
    default:
      return plain.type ?? 'any value';
  }
}

function rangeText({ minimum, maximum }: ApiSchema): string {
  if (minimum === undefined || maximum === undefined || maximum > 1e6) return '';
  return `, ${minimum} to ${maximum}`;
}

function lengthText({ maxLength }: ApiSchema): string {
  return maxLength === undefined ? '' : `, at most ${maxLength} characters`;
}
