/** Where a visitor has come to. */
export interface Landed {
  url: URL;
  status: number;
  html: string;
  headers: Headers;
}

interface Step {
  method: 'GET' | 'POST';
  url: URL;
  form: Readonly<Record<string, string>> | null;
}

/** A browser without scripts: cookies by host, redirects and `Refresh` followed, forms sent with what they hold. */
export interface Visitor {
  /** By host, as a browser keeps them: ports don't tell hosts apart. */
  cookies: Map<string, Map<string, string>>;
  /** Every address that was asked for, the redirects included. */
  went: URL[];
  open(url: string | URL): Promise<Landed>;
  /** Follows the link with this text. */
  click(text: string): Promise<Landed>;
  /** Sends the form whose `action` ends so, filled in like this. */
  submit(action: string, fields?: Readonly<Record<string, string>>): Promise<Landed>;
  /** The page one is on. */
  at(): Landed;
}

const MAX_STEPS = 20;

export function createVisitor(): Visitor {
  const cookies: Visitor['cookies'] = new Map();
  const went: URL[] = [];
  let current: Landed | null = null;

  function keep(host: string, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    const jar = cookies.get(host) ?? new Map<string, string>();
    cookies.set(host, jar);
    const over = attributes.some((each) => /^max-age=0$/i.test(each) || /^expires=.* 1970 /i.test(each));
    if (over || value === '') jar.delete(name);
    else jar.set(name, value);
  }

  async function ask({ method, url, form }: Step): Promise<Response> {
    went.push(url);
    const jar = [...(cookies.get(url.hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
    const from = current?.url.origin === url.origin ? current.url.href : null;
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(jar === '' ? {} : { cookie: jar }),
        ...(from === null ? {} : { referer: from }),
        ...(method === 'POST' ? { origin: url.origin } : {}),
      },
      ...(form === null ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) keep(url.hostname, line);
    return response;
  }

  /** Where an answer leads by itself. */
  function onward({ status, headers }: Response, url: URL): URL | null {
    const to =
      status >= 300 && status < 400 ? headers.get('location') : /url=(.*)$/.exec(headers.get('refresh') ?? '')?.[1];
    return to ? new URL(to, url) : null;
  }

  async function go(first: Step): Promise<Landed> {
    let step = first;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const response = await ask(step);
      const html = await response.text();
      const next = onward(response, step.url);
      if (next === null) {
        current = { url: step.url, status: response.status, html, headers: response.headers };
        return current;
      }
      step = { method: 'GET', url: next, form: null };
    }
    throw new Error(`went in circles: ${went.slice(-MAX_STEPS).join(' ')}`);
  }

  const at = (): Landed => {
    if (current === null) throw new Error('no page is open');
    return current;
  };

  return {
    cookies,
    went,
    at,
    open: (url) => go({ method: 'GET', url: new URL(url), form: null }),
    click(text) {
      const { html, url } = at();
      const links = [...html.matchAll(/<a\b[^>]*\bhref="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)];
      const found = links.find(([, , inner = '']) => plain(inner) === text);
      if (!found) throw new Error(`there is no link ${text} on ${url}:\n${html}`);
      return go({ method: 'GET', url: new URL(plain(found[1] ?? ''), url), form: null });
    },
    submit(action, fields = {}) {
      const { html, url } = at();
      const forms = [...html.matchAll(/<form\b[^>]*\baction="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)];
      const found = forms.find(([, to = '']) => plain(to).endsWith(action));
      if (!found) throw new Error(`there is no form ${action} on ${url}:\n${html}`);
      const inputs = [...(found[2] ?? '').matchAll(/<input\b[^>]*>/g)].map(([tag]) => [
        attribute(tag, 'name'),
        attribute(tag, 'value'),
      ]);
      const held = Object.fromEntries(inputs.filter(([name]) => name !== ''));
      return go({ method: 'POST', url: new URL(plain(found[1] ?? ''), url), form: { ...held, ...fields } });
    },
  };
}

const attribute = (tag: string, name: string) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

/** Text as it is read. */
function plain(html: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name: string) => entities[name] ?? '')
    .trim();
}

/** What a page says, without its tags. */
export const textOf = ({ html }: Landed): string =>
  plain(html.replace(/<(style|script)[\s\S]*?<\/\1>/g, '')).replace(/\s+/g, ' ');
