import { createVault } from '../../src/lib/crypto.ts';
import { openDataDir } from '../../src/lib/data-dir.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { emptyBody } from '../../src/store/lead-body.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { NewLead, Store } from '../../src/store/store.ts';
import { Random } from '../support/google/random.ts';

/*
 * Leads for the lists to choose from: several forms, sources and campaigns, words that most leads have and words that
 * few have. Put in by the store itself, for speed; what is measured then is the program.
 */

const SYLLABLES = 'ba ko mi ra ten sol vi dur na pe lo shi gar ul ex on fi qua zo ter'.split(' ');
const UTM_SOURCES = ['google', 'meta', 'newsletter', 'linkedin', 'bing', 'partner', 'direct', 'tiktok'];
/** In one of so many leads: a word, and a source, that few have. */
const RARE = 50_000;
const AT_ONCE = 200;
const YEAR_MS = 365 * 86_400_000;

export interface Filled {
  /** When the oldest and the newest lead came. Milliseconds. */
  from: number;
  to: number;
}

/** Fills the sites with so many leads each, spread over a year that ends now. */
export async function fill(dir: string, sites: readonly { siteId: string; leads: number }[]): Promise<Filled> {
  const data = openDataDir(dir, null);
  if (!data.ok) throw new Error(data.problem);
  const to = Date.now() - 60_000;
  let now = to - YEAR_MS;
  const store = openStore({
    path: data.dir.databasePath,
    durability: 'normal',
    clock: { now: () => now, monotonic: () => performance.now(), after: () => () => {} },
    ids: randomIds(),
    secretCheck: createVault(data.dir.secret).checkValue(),
  });
  const make = leadMaker();
  const rounds = Math.ceil(Math.max(...sites.map(({ leads }) => leads)) / AT_ONCE);
  for (let round = 0; round < rounds; round++) {
    now += YEAR_MS / rounds;
    for (const { siteId, leads } of sites) await fillRound(store, siteId, Math.round(leads / rounds), make);
  }
  await store.close();
  return { from: to - YEAR_MS, to };
}

/** One moment's leads; most are then in the sheet, some can't be, a few have a score. */
async function fillRound(store: Store, siteId: string, count: number, make: (i: number) => NewLead): Promise<void> {
  const items = Array.from({ length: count }, () => ({ lead: make(made++) }));
  const outcome = await store.leads.accept({ siteId, items, idempotency: null });
  if (outcome.kind !== 'accepted') throw new Error('the leads were not taken');
  const waiting = outcome.results.flatMap((result) =>
    result.status === 'created' && result.lead.syncStatus === 'pending' ? [result.lead.id] : [],
  );
  const [failed, ...good] = waiting;
  const judgement = { score: 'hot' as const, score_reason: null, summary: null, enrichment: null };
  await Promise.all([
    store.sheets.markSynced(siteId, made % 3_000 < AT_ONCE ? good : waiting),
    ...(failed !== undefined && made % 3_000 < AT_ONCE ? [store.sheets.fail(siteId, failed, 'too long')] : []),
    ...waiting
      .slice(-2)
      .map((id, i) => store.leads.amend(siteId, id, { judgement: { ...judgement, score: i === 0 ? 'hot' : 'cold' } })),
  ]);
}

let made = 0;

function leadMaker(): (i: number) => NewLead {
  const random = new Random(1);
  const words = Array.from({ length: 20_000 }, (_, i) => {
    let word = '';
    for (let rest = i + 20; rest > 0; rest = Math.floor(rest / 20)) word += SYLLABLES[rest % 20];
    return word;
  });
  /** The first ones of a list are met far more often than the last. */
  const some = (length: number) => Math.floor(random.next() ** 3 * length);
  const word = () => words[some(20_000)] ?? '';
  return (i) => {
    const form = `Form ${some(12)}`;
    const [first, last] = [words[random.int(3_000, 5_000)] ?? '', words[random.int(3_000, 5_000)] ?? ''];
    const message = Array.from({ length: 14 }, word).join(' ');
    const extra = `${i % RARE === 7 ? ' needlework' : ''}${i % 40 === 0 ? ' 株式会社東京商事' : ''}`;
    return {
      source: form === 'Form 1' ? 'mcp' : 'rest_api',
      form: { by: 'key', key: `name:${form.toLowerCase()}`, name: form },
      submittedAt: null,
      spamReason: random.chance(0.03) ? 'links' : null,
      body: {
        ...emptyBody(),
        fields: {
          Email: `${first}.${last}${i}@${random.chance(0.9) ? 'gmail' : 'example'}.com`,
          'Full name': `${first} ${last}`,
          Company: `${word()} Ltd`,
          Phone: `+44 ${random.int(7_700_000_000, 7_800_000_000)}`,
          Message: message + extra,
          Subject: 'Interested in your newsletters',
          Country: 'GB',
        },
        page_url: 'https://example.com/pricing',
        browser: 'Chrome',
        os: 'macOS',
        utm_source: i % RARE === 3 ? 'rare' : random.chance(0.7) ? (UTM_SOURCES[some(8)] ?? null) : null,
        utm_campaign: random.chance(0.5) ? `campaign ${some(300)}` : null,
      },
    };
  };
}
