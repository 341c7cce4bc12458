/** A request to show in several languages. */
export interface SampleRequest {
  method: string;
  /** The whole address, its query included. */
  url: string;
  idempotencyKey: string | null;
  body: unknown;
  /** For addresses that take no key: headers in its place. Their answers are printed whole. */
  keyless?: Readonly<Record<string, string>>;
}

export type Language = 'curl' | 'javascript' | 'python' | 'php';
export const LANGUAGES: readonly { id: Language; name: string }[] = [
  { id: 'curl', name: 'curl' },
  { id: 'javascript', name: 'JavaScript' },
  { id: 'python', name: 'Python' },
  { id: 'php', name: 'PHP' },
];

/** The request as a program that runs as it stands, with a key in the environment variable `LTS_KEY`. */
export function sampleOf(language: Language, request: SampleRequest): string {
  return WRITERS[language](request);
}

const WRITERS: Readonly<Record<Language, (request: SampleRequest) => string>> = { curl, javascript, python, php };

function curl({ method, url, idempotencyKey, body, keyless }: SampleRequest): string {
  const lines = [`curl ${method === 'GET' || method === 'POST' ? '' : `-X ${method} `}${shell(url)}`];
  if (keyless === undefined) lines.push(`  -H "Authorization: Bearer $LTS_KEY"`);
  for (const header of Object.entries(keyless ?? {})) lines.push(`  -H ${shell(header.join(': '))}`);
  if (idempotencyKey !== null) lines.push(`  -H ${shell(`Idempotency-Key: ${idempotencyKey}`)}`);
  if (body !== undefined) {
    lines.push(`  -H 'Content-Type: application/json'`);
    lines.push(`  -d ${shell(JSON.stringify(body, null, 2)).replaceAll('\n', '\n  ')}`);
  }
  return lines.join(' \\\n');
}

function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function javascript({ method, url, idempotencyKey, body, keyless }: SampleRequest): string {
  const headers = [
    ...(keyless === undefined ? [`    Authorization: \`Bearer \${process.env.LTS_KEY}\`,`] : []),
    ...Object.entries(keyless ?? {}).map(([name, value]) => `    ${JAVASCRIPT.name(name)}${single(value)},`),
    ...(idempotencyKey === null ? [] : [`    'Idempotency-Key': ${single(idempotencyKey)},`]),
    ...(body === undefined ? [] : [`    'Content-Type': 'application/json',`]),
  ];
  return [
    `const response = await fetch(${single(url)}, {`,
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    '  headers: {',
    ...headers,
    '  },',
    ...(body === undefined ? [] : [`  body: JSON.stringify(${indented(literal(body, JAVASCRIPT), 2)}),`]),
    '});',
    'const answer = await response.json();',
    'if (!response.ok) throw new Error(answer.error.message);',
    `console.log(answer${keyless === undefined ? '.data' : ''});`,
  ].join('\n');
}

function python({ method, url, idempotencyKey, body, keyless }: SampleRequest): string {
  return [
    ...(keyless === undefined ? ['import os'] : []),
    'import requests',
    '',
    `response = requests.${method.toLowerCase()}(`,
    `    ${JSON.stringify(url)},`,
    '    headers={',
    ...(keyless === undefined ? [`        "Authorization": f"Bearer {os.environ['LTS_KEY']}",`] : []),
    ...Object.entries(keyless ?? {}).map(
      (header) => `        ${header.map((each) => JSON.stringify(each)).join(': ')},`,
    ),
    ...(idempotencyKey === null ? [] : [`        "Idempotency-Key": ${JSON.stringify(idempotencyKey)},`]),
    '    },',
    ...(body === undefined ? [] : [`    json=${indented(literal(body, PYTHON), 4)},`]),
    '    timeout=30,',
    ')',
    'response.raise_for_status()',
    `print(response.json()${keyless === undefined ? '["data"]' : ''})`,
  ].join('\n');
}

function php({ method, url, idempotencyKey, body, keyless }: SampleRequest): string {
  return [
    '<?php',
    `$request = curl_init(${single(url)});`,
    'curl_setopt_array($request, [',
    ...(method === 'GET' ? [] : [`    CURLOPT_CUSTOMREQUEST => '${method}',`]),
    '    CURLOPT_RETURNTRANSFER => true,',
    '    CURLOPT_HTTPHEADER => [',
    ...(keyless === undefined ? [`        'Authorization: Bearer ' . getenv('LTS_KEY'),`] : []),
    ...Object.entries(keyless ?? {}).map((header) => `        ${single(header.join(': '))},`),
    ...(idempotencyKey === null ? [] : [`        ${single(`Idempotency-Key: ${idempotencyKey}`)},`]),
    ...(body === undefined ? [] : [`        'Content-Type: application/json',`]),
    '    ],',
    ...(body === undefined ? [] : [`    CURLOPT_POSTFIELDS => json_encode(${indented(literal(body, PHP), 4)}),`]),
    ']);',
    '$answer = json_decode(curl_exec($request), true);',
    `if (curl_getinfo($request, CURLINFO_RESPONSE_CODE) >= 400) {`,
    `    throw new Exception($answer['error']['message']);`,
    '}',
    `print_r($answer${keyless === undefined ? "['data']" : ''});`,
  ].join('\n');
}

function single(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** How a language writes JSON's values. */
interface Notation {
  indent: string;
  text(value: string): string;
  name(value: string): string;
  open: readonly [object: string, array: string];
  close: readonly [object: string, array: string];
  words: Readonly<Record<'true' | 'false' | 'null', string>>;
}

const JAVASCRIPT: Notation = {
  indent: '  ',
  text: single,
  name: (name) => `${/^[a-z_]\w*$/i.test(name) ? name : single(name)}: `,
  open: ['{', '['],
  close: ['}', ']'],
  words: { true: 'true', false: 'false', null: 'null' },
};
const PYTHON: Notation = {
  indent: '    ',
  text: (text) => JSON.stringify(text),
  name: (name) => `${JSON.stringify(name)}: `,
  open: ['{', '['],
  close: ['}', ']'],
  words: { true: 'True', false: 'False', null: 'None' },
};
const PHP: Notation = {
  indent: '    ',
  text: single,
  name: (name) => `${single(name)} => `,
  open: ['[', '['],
  close: [']', ']'],
  words: { true: 'true', false: 'false', null: 'null' },
};

function literal(value: unknown, notation: Notation): string {
  if (typeof value === 'string') return notation.text(value);
  if (typeof value !== 'object' || value === null) {
    const word = String(value);
    return word === 'true' || word === 'false' || word === 'null' ? notation.words[word] : word;
  }
  const kind = Array.isArray(value) ? 1 : 0;
  const items = Array.isArray(value)
    ? value.map((item: unknown) => literal(item, notation))
    : Object.entries(value).map(([name, item]) => notation.name(name) + literal(item, notation));
  if (items.length === 0) return notation.open[kind] + notation.close[kind];
  const lines = items.map((item) => `${notation.indent}${indented(item, notation.indent.length)},`);
  return [notation.open[kind], ...lines, notation.close[kind]].join('\n');
}

/** All lines but the first, moved to the right. */
function indented(text: string, spaces: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(spaces)}`);
}
