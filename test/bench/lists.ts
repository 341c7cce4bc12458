import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Access, createAccess, type RunningServer, startServer } from '../support/binary.ts';
import { type Filled, fill } from './lead-data.ts';
import { benchDir, median, ms, perSecond, type Result } from './tools.ts';

/** Queries of every kind, alone and together: common, rare, and without a hit. */
function queries(forms: readonly string[], { from, to }: Filled): Record<string, string> {
  const [big = '', , second = ''] = forms;
  const small = forms.at(-1) ?? '';
  const time = (share: number) => encodeURIComponent(new Date(from + share * (to - from)).toISOString());
  const q = (text: string) => `q=${encodeURIComponent(text)}`;
  return {
    none: '',
    spam: 'spam=only',
    'spam too': 'spam=include',
    'a large form': `form_id=${big}`,
    'a small form': `form_id=${small}`,
    'spam of a form': `form_id=${big}&spam=only`,
    'a common source': 'source=rest_api',
    'a rarer source': 'source=mcp',
    'no such source': 'source=hosted_form',
    'utm_source, common': 'utm_source=google',
    'utm_source, rare': 'utm_source=rare',
    'utm_source, none': 'utm_source=nowhere',
    'utm_campaign, common': 'utm_campaign=campaign+1',
    'utm_campaign, rare': 'utm_campaign=campaign+299',
    score: 'score=hot',
    'a minute': `created_after=${time(0.4)}&created_before=${time(0.4001)}`,
    'most of the time': `created_after=${time(0.01)}&created_before=${time(0.99)}`,
    'up to then': `created_before=${time(0.4)}`,
    synced: 'sync_status=synced',
    'synced, spam too': 'sync_status=synced&spam=include',
    failed: 'sync_status=failed',
    pending: 'sync_status=pending',
    skipped: 'sync_status=skipped&spam=include',
    'a word of most': q('gmail'),
    'one letter': q('g'),
    'another letter': q('x'),
    'two letters': q('mi'),
    'three one-letter words': q('k m r'),
    'a rare word': q('needlework'),
    'a long word of all': q('newsletters'),
    'a long word in part': q('newslett'),
    'two words': q('solte bami'),
    'rare and common': q('needlework gmail'),
    'no such word': q('zzzqq'),
    'an address': q('alice@example.com'),
    'a phone number': q('+44 7712345678'),
    Chinese: q('東京'),
    'one character': q('京'),
    'form and source': `form_id=${big}&source=rest_api`,
    'form and source, none': `form_id=${big}&source=mcp`,
    'source and score': 'source=mcp&score=hot',
    'source and campaign': 'utm_source=meta&utm_campaign=campaign+7',
    'form and time': `form_id=${big}&created_after=${time(0.4)}`,
    'score and spam': 'score=hot&spam=only',
    'word and form': `${q('gmail')}&form_id=${second}`,
    'word and utm_source': `${q('gmail')}&utm_source=linkedin`,
    'word and rare campaign': `${q('gmail')}&utm_campaign=campaign+250`,
    'word and score': `${q('mi')}&score=hot`,
    'word and time': `${q('ko')}&created_after=${time(0.4)}&created_before=${time(0.41)}`,
    'long word and rare source': `${q('newsletters')}&utm_source=rare`,
    'words and three filters': `${q('gmail solte')}&utm_source=google&source=rest_api&score=cold`,
    'synced, of a form': `sync_status=synced&form_id=${big}`,
    'synced, with a word': `sync_status=synced&${q('gmail')}`,
    'synced, with a rare word': `sync_status=synced&${q('needlework')}`,
    'synced, of a utm_source': 'sync_status=synced&utm_source=google',
    'failed, of a form': `sync_status=failed&form_id=${big}`,
    'failed, with a word': `sync_status=failed&${q('gmail')}`,
    'skipped, with a letter': `sync_status=skipped&spam=include&${q('g')}`,
    'skipped, of a rare source': 'sync_status=skipped&spam=include&utm_source=rare',
  };
}

interface Page {
  pagination: { next_cursor: string | null; total: number };
}

/** Every kind of list, newest and oldest first, by page and by cursor, on a large site and a small one. Spec 8. */
export async function lists(leads: number): Promise<Result[]> {
  const dir = benchDir();
  const large = await createAccess({ dir });
  const small = await createAccess({ dir }, 'Small');
  const span = await fill(dir, [
    { siteId: large.siteId, leads },
    { siteId: small.siteId, leads: leads / 100 },
  ]);
  const startedAt = performance.now();
  const server = await startServer({ dir, access: large });
  await server.logged('"search.built"');
  const builtMs = performance.now() - startedAt;
  const taken = new Map<string, number[]>();
  for (const access of [large, small]) await measure(server, access, span, taken);
  server.kill('SIGTERM');
  await server.exited;
  const all = [...taken.values()].flat().sort((a, b) => a - b);
  const at = (share: number) => all[Math.ceil(all.length * share) - 1] ?? Number.POSITIVE_INFINITY;
  const [slowest] = [...taken].sort(([, a], [, b]) => median(b) - median(a));
  const bytes = (name: string) => statSync(join(dir, name)).size;
  const share = bytes('search.db') / bytes('leadtosheet.db');
  const rate = perSecond(((leads * 1.01) / builtMs) * 1_000);
  return [
    {
      what: `lists, filters and search with ${leads.toLocaleString('en')} leads, p95`,
      measured:
        `${ms(at(0.95))} (p50 ${ms(at(0.5))}, p99 ${ms(at(0.99))}, ${all.length} requests; slowest kind, median: ` +
        `${slowest?.[0]}, ${ms(median(slowest?.[1] ?? []))}; index of ${(100 * share).toFixed(0)} % of the database, built at ${rate})`,
      target: '≤ 20 ms',
      ok: at(0.95) <= 20,
    },
  ];
}

async function measure(
  server: RunningServer,
  { key }: Access,
  span: Filled,
  taken: Map<string, number[]>,
): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${server.url}/api/v1${path}`, { headers });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const first = await get<{ data: { form_id: string }[] }>('/submissions?per_page=100');
  const seen = Map.groupBy(first.data, (lead) => lead.form_id);
  const forms = [...seen].sort(([, a], [, b]) => b.length - a.length).map(([formId]) => formId);
  for (const [name, query] of Object.entries(queries(forms, span))) {
    for (const sort of ['-created_at', 'created_at']) {
      const path = `/submissions?sort=${sort}&${query}`;
      const timed = async (more: string): Promise<Page> => {
        const sentAt = performance.now();
        const page = await get<Page>(`${path}${more}`);
        const times = taken.get(name) ?? [];
        taken.set(name, [...times, performance.now() - sentAt]);
        return page;
      };
      let page = await timed('&page=1');
      for (const number of [2, 40, 400]) await timed(`&page=${number}`);
      for (let step = 0; step < 4 && page.pagination.next_cursor !== null; step++) {
        page = await timed(`&cursor=${page.pagination.next_cursor}`);
      }
    }
  }
}
