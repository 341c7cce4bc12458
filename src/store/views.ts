/*
 * How people want to see a site's leads: lists saved under a name, and chosen columns. What a filter or a column's key
 * means is known to the pages alone; what is kept is read with care, for forms and fields go.
 */

/** A list of leads under a name. */
export interface LeadView {
  id: string;
  siteId: string;
  name: string;
  /** For all who see the site; false: for the one who made it. */
  shared: boolean;
  /** The user who made it; null: gone. */
  makerId: string | null;
  /** Filters and order, by their names in the list's address. */
  filter: Readonly<Record<string, string>>;
  /** What the filter's form was called when the view was saved; null: the filter has none. */
  formName: string | null;
  columns: readonly string[];
  createdAt: number;
}

/** At most so many shared views has a site, and so many of their own each user in it. */
export const MAX_VIEWS = 50;

/** `name_taken`: by another that the same people see in one row. `too_many`: `MAX_VIEWS`. */
export type ViewRefusal = { refused: 'name_taken' | 'too_many' };

export type NewLeadView = Pick<LeadView, 'siteId' | 'name' | 'shared' | 'filter' | 'formName' | 'columns'> & {
  makerId: string;
};
export type LeadViewChange = Partial<Pick<LeadView, 'name' | 'filter' | 'formName' | 'columns'>>;

/** Who may change a view is the caller's to judge; what a user doesn't see is not there for them. */
export interface LeadViewStore {
  /** The site's shared views, then the user's own; oldest first. */
  list(siteId: string, userId: string): LeadView[];
  get(siteId: string, userId: string, id: string): LeadView | null;
  create(input: NewLeadView): Promise<LeadView | ViewRefusal>;
  /** Null when the user sees no such view. */
  update(siteId: string, userId: string, id: string, change: LeadViewChange): Promise<LeadView | ViewRefusal | null>;
  /** False: the user sees no such view. */
  remove(siteId: string, userId: string, id: string): Promise<boolean>;
  /** What the user chose for the site's list; null: nothing yet. */
  columns(siteId: string, userId: string): readonly string[] | null;
  /** null: back to what everybody begins with. */
  setColumns(siteId: string, userId: string, columns: readonly string[] | null): Promise<void>;
}
