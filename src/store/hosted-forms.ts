import type { HostedForm } from '../contract/hosted-form.ts';

/** The page of an endpoint, as it was last saved. */
export interface StoredHostedForm {
  endpointId: string;
  siteId: string;
  /** false: only its editors see it. */
  published: boolean;
  form: HostedForm;
  updatedAt: number;
}

export type HostedFormState = Pick<StoredHostedForm, 'published' | 'form'>;

export interface HostedFormStore {
  /** From memory: every form that comes in asks. Null: the endpoint has none. */
  get(endpointId: string): StoredHostedForm | null;
  /**
   * Makes or changes the page of an endpoint: `edit` is given what is stored at that moment, so that of two people who
   * change different parts neither undoes the other. It has to be pure: it may run twice. What it throws comes out here,
   * and nothing is changed. Null: the site has no such endpoint.
   */
  change(
    siteId: string,
    endpointId: string,
    edit: (before: HostedFormState | null) => HostedFormState,
  ): Promise<{ before: HostedFormState | null; after: StoredHostedForm } | null>;
}
