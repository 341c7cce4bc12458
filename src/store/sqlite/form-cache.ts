import type { Database } from 'bun:sqlite';
import type { Source } from '../../contract/source.ts';
import type { TakenByOther } from '../store.ts';

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
  /** The form that its new leads go to; null: itself. */
  mergedInto: string | null;
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
  merged_into: string | null;
}

/** What two names have in common that people take for one: whatever the case, and however accents are encoded. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

/**
 * The forms of one site, found the ways intake looks for them; each look-up costs the same however many there are.
 * A form's name and tab change by `change` alone. A merged form stands for the one it was merged into, whatever it is looked
 * up by; its tab stays its own.
 */
export class SiteForms {
  readonly #byId = new Map<string, KnownForm>();
  readonly #byKey = new Map<string, KnownForm>();
  readonly #byName = new Map<string, Set<KnownForm>>();
  /** Names of merged forms: they find, and keep nobody from having that name. */
  readonly #byFormerName = new Map<string, Set<KnownForm>>();
  readonly #byTab = new Map<string, Set<KnownForm>>();
  /** By folded title, the last number a clash was given: a thousand forms of one title are not counted through. */
  readonly #numbers = new Map<string, number>();

  /** How many there are, the merged ones too: each has a tab. */
  get size(): number {
    return this.#byId.size;
  }

  put(form: KnownForm): void {
    this.#byId.set(form.id, form);
    this.#byKey.set(form.discoveryKey, form);
    addTo(form.mergedInto === null ? this.#byName : this.#byFormerName, foldName(form.name), form);
    addTo(this.#byTab, foldName(form.sheetTab), form);
  }

  change(form: KnownForm, values: Partial<Pick<KnownForm, 'name' | 'sheetTab' | 'ignored'>>): void {
    const [name, tab] = [foldName(form.name), foldName(form.sheetTab)];
    Object.assign(form, values);
    if (foldName(form.name) !== name) {
      removeFrom(this.#byName, name, form);
      addTo(this.#byName, foldName(form.name), form);
    }
    if (foldName(form.sheetTab) !== tab) {
      removeFrom(this.#byTab, tab, form);
      addTo(this.#byTab, foldName(form.sheetTab), form);
      // Numbers before the last one may be free again.
      this.#numbers.clear();
    }
  }

  /** Makes one form a part of another; neither is a merged one. */
  merge(from: KnownForm, into: KnownForm, fields: ReadonlySet<string>): void {
    for (const form of this.membersOf(from.id)) form.mergedInto = into.id;
    removeFrom(this.#byName, foldName(from.name), from);
    addTo(this.#byFormerName, foldName(from.name), from);
    into.fields = fields;
  }

  /** Makes a merged form one by itself, of this name. */
  part(form: KnownForm, name: string): void {
    removeFrom(this.#byFormerName, foldName(form.name), form);
    form.mergedInto = null;
    form.name = name;
    addTo(this.#byName, foldName(name), form);
  }

  byId(id: string): KnownForm | undefined {
    return this.#present(this.#byId.get(id));
  }

  byKey(key: string): KnownForm | undefined {
    return this.#present(this.#byKey.get(key));
  }

  #present(form: KnownForm | undefined): KnownForm | undefined {
    return form?.mergedInto ? this.#byId.get(form.mergedInto) : form;
  }

  /** The form with this id itself, merged or not: whose tab rows stand on. */
  itself(id: string): KnownForm | undefined {
    return this.#byId.get(id);
  }

  /** A form and all that were merged into it: where its leads are. Empty when there is no such form. */
  membersOf(id: string): KnownForm[] {
    const present = this.byId(id);
    return present ? [present, ...this.#byId.values().filter((form) => form.mergedInto === present.id)] : [];
  }

  /** By its present name, as `foldName` compares; the oldest, where forms found in other ways share one. */
  byName(name: string): KnownForm | undefined {
    const folded = foldName(name);
    return firstOf(this.#byName.get(folded)) ?? this.#present(firstOf(this.#byFormerName.get(folded)));
  }

  /** What of this a form other than this one has. */
  takenOf(form: KnownForm, { name, sheetTab }: { name?: string; sheetTab?: string }): TakenByOther['taken'] {
    const others = (forms: ReadonlySet<KnownForm> | undefined) =>
      forms !== undefined && forms.size > (forms.has(form) ? 1 : 0);
    const taken: TakenByOther['taken'] = [];
    if (name !== undefined && others(this.#byName.get(foldName(name)))) taken.push('name');
    if (sheetTab !== undefined && others(this.#byTab.get(foldName(sheetTab)))) taken.push('sheet_tab');
    return taken;
  }

  /** A tab title that no form of the site has, as `foldName` compares: ` (2)` is added on a clash. */
  freeTitle(wanted: string): string {
    const base = foldName(wanted);
    if (!this.#byTab.has(base)) return wanted;
    for (let n = (this.#numbers.get(base) ?? 1) + 1; ; n++) {
      const candidate = `${wanted} (${n})`;
      if (this.#byTab.has(foldName(candidate))) continue;
      this.#numbers.set(base, n);
      return candidate;
    }
  }

  /** A name that no form has but merged ones: ` (2)` is added on a clash. */
  freeName(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#byName.has(foldName(name)); n++) name = `${wanted} (${n})`;
    return name;
  }

  /** Merged ones too. */
  all(): Iterable<KnownForm> {
    return this.#byId.values();
  }
}

function addTo(index: Map<string, Set<KnownForm>>, key: string, form: KnownForm): void {
  const forms = index.get(key);
  if (forms) forms.add(form);
  else index.set(key, new Set([form]));
}

function removeFrom(index: Map<string, Set<KnownForm>>, key: string, form: KnownForm): void {
  const forms = index.get(key);
  forms?.delete(form);
  if (forms?.size === 0) index.delete(key);
}

function firstOf(forms: ReadonlySet<KnownForm> | undefined): KnownForm | undefined {
  for (const form of forms ?? []) return form;
  return undefined;
}

/** Forms by site, read from the database at first need. */
export class FormCache {
  readonly #sites = new Map<string, SiteForms>();
  readonly #read;

  constructor(db: Database) {
    this.#read = db.query<Row, [string]>(
      'SELECT id, site_id, discovery_key, name, sheet_tab, ignored, source, fields, merged_into FROM form WHERE site_id = ? ORDER BY id',
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
        mergedInto: row.merged_into,
      });
    }
    this.#sites.set(siteId, forms);
    return forms;
  }

  drop(): void {
    this.#sites.clear();
  }
}
