import type { HookCheck } from '../../../contract/hook.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import { LANGUAGES, type SampleRequest, sampleOf } from '../../docs/samples.ts';
import type { Snippet } from '../components/snippets.tsx';
import { signedSnippets } from './signed-snippets.ts';

/** What the lead of every snippet says. */
const FIELDS = { Email: 'alice@example.com', 'Full name': 'Alice' };

const programs = (request: SampleRequest): Snippet[] =>
  LANGUAGES.map(({ id, name }) => ({ name, text: sampleOf(id, request) }));

const post = (url: string, body: unknown) => ({ method: 'POST', url, idempotencyKey: null, body });

/** Programs that send a lead with the key in the environment variable `LTS_KEY`. */
export const restSnippets = (publicUrl: string): Snippet[] =>
  programs(post(`${publicUrl}/api/v1/submissions`, { fields: FIELDS }));

/** A form to paste into a page, and programs that send the same. */
export function endpointSnippets(publicUrl: string, endpoint: Endpoint): Snippet[] {
  const request = { ...post(`${publicUrl}/f/${endpoint.id}`, { _form: endpoint.name, ...FIELDS }) };
  return [
    { name: 'HTML', text: formSnippet(publicUrl, endpoint) },
    ...programs({ ...request, keyless: { Accept: 'application/json' } }),
  ];
}

function formSnippet(publicUrl: string, { id, name, honeypot }: Endpoint): string {
  return `<form action="${publicUrl}/f/${id}" method="post">
  <input type="hidden" name="_form" value="${attribute(name)}">
  <label>E-mail <input type="email" name="Email" required></label>
  <label>Message <textarea name="Message"></textarea></label>
  <input type="text" name="${attribute(honeypot)}" tabindex="-1" autocomplete="off" hidden>
  <button>Send</button>
</form>`;
}

/** As HTML wants it between quotes: this text is pasted, not rendered. */
const attribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** What loads the script on a page: in two lines, so that it can be read here. And what a page's own script may say to it. */
export const scriptSnippets = (publicUrl: string, { id }: Endpoint): Snippet[] => [
  { name: 'HTML', text: `<script src="${publicUrl}/sdk.js"\n  data-site="${id}" defer></script>` },
  {
    name: 'JavaScript',
    text: `// For what is no form. After the script was loaded:
const { id } = await LeadToSheet.submit(
  { Email: 'alice@example.com' },
  { form: 'Newsletter' },
);`,
  },
];

/** Programs that call a webhook; where its calls are checked, with the secret in the environment variable `LTS_SECRET`. */
export const hookSnippets = (url: string, check: HookCheck): Snippet[] =>
  check.type === 'none' ? programs({ ...post(url, FIELDS), keyless: {} }) : signedSnippets(url, check, FIELDS);
