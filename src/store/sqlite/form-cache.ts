import type { Database } from 'bun:sqlite';
import type { Source } from '../../contract/source.ts';

/** What intake needs to know of a form, kept in memory: counts are not among it. */
export interface KnownForm {
  id: string;
  siteId: string;
  discoveryKey: string;
  name: string;
  sheetTab: string;
  ignored: boolean;
  source: Source;
  fields: ReadonlySet<string>;
}

interface Row {
  id: string;
  site_id: string;
  discovery_key: string;
  name: string;
  sheet_tab: string;
  ignored: number;
  source: string;
  fields: string;
}

/** The forms of one site, found the ways intake looks for them. */
export class SiteForms {
  readonly #byId = new Map<string, KnownForm>();
  readonly #byKey = new Map<string, KnownForm>();

  put(form: KnownForm): void {
    this.#byId.set(form.id, form);
    this.#byKey.set(form.discoveryKey, form);
  }

  byId(id: string): KnownForm | undefined {
    return this.#byId.get(id);
  }

  byKey(key: string): KnownForm | undefined {
    return this.#byKey.get(key);
  }

  /** By its present name, without regard to case. */
  byName(name: string): KnownForm | undefined {
    const wanted = name.toLowerCase();
    for (const form of this.#byId.values()) if (form.name.toLowerCase() === wanted) return form;
    return undefined;
  }

  all(): Iterable<KnownForm> {
    return this.#byId.values();
  }
}

/** A tab title that no other form of the site has, without regard to case: ` (2)` is added on a clash. */
export function freeTitle(wanted: string, taken: Iterable<string>): string {
  const used = new Set<string>();
  for (const title of taken) used.add(title.toLowerCase());
  if (!used.has(wanted.toLowerCase())) return wanted;
  for (let n = 2; ; n++) {
    const candidate = `${wanted} (${n})`;
    if (!used.has(candidate.toLowerCase())) return candidate;
  }
}

/** Forms by site, read from the database at first need. */
export class FormCache {
  readonly #sites = new Map<string, SiteForms>();
  readonly #read;

  constructor(db: Database) {
    this.#read = db.query<Row, [string]>(
      'SELECT id, site_id, discovery_key, name, sheet_tab, ignored, source, fields FROM form WHERE site_id = ? ORDER BY id',
    );
  }

  site(siteId: string): SiteForms {
    const known = this.#sites.get(siteId);
    if (known) return known;
    const forms = new SiteForms();
    for (const row of this.#read.all(siteId)) {
      forms.put({
        id: row.id,
        siteId: row.site_id,
        discoveryKey: row.discovery_key,
        name: row.name,
        sheetTab: row.sheet_tab,
        ignored: row.ignored === 1,
        source: row.source as Source,
        fields: new Set(JSON.parse(row.fields) as string[]),
      });
    }
    this.#sites.set(siteId, forms);
    return forms;
  }

  drop(): void {
    this.#sites.clear();
  }
}
