import type { HookCheck } from '../../../contract/hook.ts';
import type { Snippet } from '../components/snippets.tsx';

/*
 * Programs that call a webhook whose calls are checked, with the secret in the environment variable `LTS_SECRET`. They
 * make what `verifyCall` asks for; a test runs each against it.
 */

/** A piece of a text: as it is, or a variable of the program. */
type Piece = { text: string } | { name: 'body' | 'time' | 'id' | 'signature' | 'secret' };

/** What a call takes. */
interface Plan {
  url: string;
  /** JSON. */
  body: string;
  user: string | null;
  uses: { time: boolean; id: boolean };
  hmac: { algorithm: string; encoding: 'hex' | 'base64'; keyIsBase64: boolean; signed: readonly Piece[] } | null;
  headers: readonly (readonly [name: string, value: readonly Piece[]])[];
}

/** In every language; empty for a check that is none. */
export function signedSnippets(url: string, check: HookCheck, fields: object): Snippet[] {
  const plan = planOf(url, check, JSON.stringify(fields));
  if (plan === null) return [];
  return [
    { name: 'curl', text: shell(plan) },
    { name: 'JavaScript', text: javascript(plan) },
    { name: 'Python', text: python(plan) },
    { name: 'PHP', text: php(plan) },
  ];
}

const BODY = { name: 'body' } as const;
const TIME = { name: 'time' } as const;
const SIGNATURE = { name: 'signature' } as const;

function planOf(url: string, check: HookCheck, body: string): Plan | null {
  const plain: Plan = { url, body, user: null, uses: { time: false, id: false }, hmac: null, headers: [] };
  switch (check.type) {
    case 'none':
      return null;
    case 'basic':
      return { ...plain, user: check.username ?? '' };
    case 'secret_header':
      return { ...plain, headers: [[check.header ?? 'X-Webhook-Secret', [{ name: 'secret' }]]] };
    case 'standard_webhooks':
      return {
        ...plain,
        uses: { time: true, id: true },
        hmac: { algorithm: 'sha256', encoding: 'base64', keyIsBase64: true, signed: pieces('{id}.{timestamp}.{body}') },
        headers: [
          ['webhook-id', [{ name: 'id' }]],
          ['webhook-timestamp', [TIME]],
          ['webhook-signature', [{ text: 'v1,' }, SIGNATURE]],
        ],
      };
    case 'hmac':
      return { ...plain, ...hmacPlan(check) };
  }
}

function hmacPlan(check: HookCheck): Pick<Plan, 'uses' | 'hmac' | 'headers'> {
  const { timestamp_part: timePart, timestamp_header: timeHeader, signature_part: part, prefix = '' } = check;
  const written: Piece[] = [{ text: prefix }, SIGNATURE];
  const parts = [
    ...(timePart ? [{ text: `${timePart}=` }, TIME, { text: ',' }] : []),
    { text: `${part}=` },
    ...written,
  ];
  return {
    uses: { time: Boolean(timePart || timeHeader), id: false },
    hmac: {
      ...{ algorithm: check.algorithm ?? 'sha256', encoding: check.encoding ?? 'hex', keyIsBase64: false },
      signed: pieces(check.signed || '{body}'),
    },
    headers: [
      [check.header ?? 'X-Signature', part ? parts : written],
      ...(timeHeader && !timePart ? [[timeHeader, [TIME]] as const] : []),
    ],
  };
}

/** A text with `{body}`, `{timestamp}` and `{id}` in it. */
function pieces(text: string): Piece[] {
  return text.split(/(\{(?:body|timestamp|id)\})/).map((piece): Piece => {
    if (piece === '{body}') return BODY;
    if (piece === '{timestamp}') return TIME;
    return piece === '{id}' ? { name: 'id' } : { text: piece };
  });
}

/** The pieces as one expression of a language. */
function joined(value: readonly Piece[], glue: string, text: (of: string) => string, name: (of: string) => string) {
  const shown = value.filter((piece) => !('text' in piece) || piece.text !== '');
  return shown.map((piece) => ('text' in piece ? text(piece.text) : name(piece.name))).join(glue) || text('');
}

const single = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const lines = (...all: readonly (string | false | null)[]) => all.filter((line) => typeof line === 'string').join('\n');

function shell({ url, body, user, uses, hmac, headers }: Plan): string {
  const expression = (value: readonly Piece[]) =>
    joined(value, '', quoted, (name) => (name === 'secret' ? '"$LTS_SECRET"' : `"$${name}"`));
  const key = hmac?.keyIsBase64
    ? `-mac HMAC -macopt hexkey:"$(printf '%s' "\${LTS_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')"`
    : '-hmac "$LTS_SECRET"';
  const end = hmac?.encoding === 'base64' ? '-binary | base64 | tr -d "\\n"' : "-hex | sed 's/.* //'";
  return lines(
    `body=${quoted(body)}`,
    uses.time && 'time=$(date +%s)',
    uses.id && 'id="call-$time-$$"',
    hmac && `signature=$(printf '%s' ${expression(hmac.signed)} |\n  openssl dgst -${hmac.algorithm} ${key} ${end})`,
    [
      `curl ${quoted(url)}`,
      ...(user === null ? [] : [`  -u ${quoted(`${user}:`)}"$LTS_SECRET"`]),
      ...headers.map(([name, value]) => `  -H ${quoted(`${name}: `)}${expression(value)}`),
      `  -H 'Content-Type: application/json'`,
      '  -d "$body"',
    ].join(' \\\n'),
  );
}

function javascript({ url, body, user, uses, hmac, headers }: Plan): string {
  const secret = 'process.env.LTS_SECRET';
  const expression = (value: readonly Piece[]) =>
    joined(value, ' + ', single, (name) => (name === 'secret' ? secret : name));
  const key = hmac?.keyIsBase64 ? `Buffer.from(${secret}.replace(/^whsec_/, ''), 'base64')` : secret;
  return lines(
    hmac && "import { createHmac } from 'node:crypto';\n",
    `const body = ${single(body)};`,
    uses.time && 'const time = String(Math.floor(Date.now() / 1000));',
    uses.id && 'const id = crypto.randomUUID();',
    hmac &&
      `const signature = createHmac('${hmac.algorithm}', ${key})\n  .update(${expression(hmac.signed)})\n  .digest('${hmac.encoding}');`,
    `const response = await fetch(${single(url)}, {`,
    "  method: 'POST',",
    '  headers: {',
    user !== null && `    Authorization: 'Basic ' + btoa(${single(`${user}:`)} + ${secret}),`,
    ...headers.map(([name, value]) => `    ${single(name)}: ${expression(value)},`),
    "    'Content-Type': 'application/json',",
    '  },',
    '  body,',
    '});',
    'console.log(await response.json());',
  );
}

function python({ url, body, user, uses, hmac, headers }: Plan): string {
  const secret = 'os.environ["LTS_SECRET"]';
  const expression = (value: readonly Piece[]) =>
    joined(
      value,
      ' + ',
      (text) => JSON.stringify(text),
      (name) => (name === 'secret' ? secret : name === 'time' ? 'now' : name),
    );
  const key = hmac?.keyIsBase64 ? `base64.b64decode(${secret}.removeprefix("whsec_"))` : `${secret}.encode()`;
  const digest = hmac?.encoding === 'base64' ? 'base64.b64encode(made.digest()).decode()' : 'made.hexdigest()';
  const modules = [hmac?.encoding === 'base64' ? 'base64' : '', hmac ? 'hashlib\nimport hmac' : '', 'os'];
  return lines(
    ...[...modules, uses.time ? 'time' : '', uses.id ? 'uuid' : ''].map((name) => name !== '' && `import ${name}`),
    'import requests\n',
    `body = ${JSON.stringify(body)}`,
    uses.time && 'now = str(int(time.time()))',
    uses.id && 'id = str(uuid.uuid4())',
    hmac && `made = hmac.new(${key}, (${expression(hmac.signed)}).encode(), hashlib.${hmac.algorithm})`,
    hmac && `signature = ${digest}`,
    'response = requests.post(',
    `    ${JSON.stringify(url)},`,
    user !== null && `    auth=(${JSON.stringify(user)}, ${secret}),`,
    '    headers={',
    ...headers.map(([name, value]) => `        ${JSON.stringify(name)}: ${expression(value)},`),
    '        "Content-Type": "application/json",',
    '    },',
    '    data=body.encode(),',
    '    timeout=30,',
    ')',
    'print(response.json())',
  );
}

function php({ url, body, user, uses, hmac, headers }: Plan): string {
  const secret = "getenv('LTS_SECRET')";
  const expression = (value: readonly Piece[]) =>
    joined(value, ' . ', single, (name) => (name === 'secret' ? secret : `$${name}`));
  const key = hmac?.keyIsBase64 ? `base64_decode(preg_replace('/^whsec_/', '', ${secret}))` : secret;
  const made = hmac && `hash_hmac('${hmac.algorithm}', ${expression(hmac.signed)}, ${key}`;
  return lines(
    '<?php',
    `$body = ${single(body)};`,
    uses.time && '$time = (string) time();',
    uses.id && '$id = bin2hex(random_bytes(16));',
    hmac && `$signature = ${hmac.encoding === 'base64' ? `base64_encode(${made}, true))` : `${made})`};`,
    `$request = curl_init(${single(url)});`,
    'curl_setopt_array($request, [',
    '    CURLOPT_POSTFIELDS => $body,',
    '    CURLOPT_RETURNTRANSFER => true,',
    user !== null && `    CURLOPT_USERPWD => ${single(`${user}:`)} . ${secret},`,
    '    CURLOPT_HTTPHEADER => [',
    ...headers.map(([name, value]) => `        ${expression([{ text: `${name}: ` }, ...value])},`),
    "        'Content-Type: application/json',",
    '    ],',
    ']);',
    'echo curl_exec($request);',
  );
}
