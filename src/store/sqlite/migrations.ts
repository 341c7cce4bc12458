import initial from '../../../migrations/0001_initial.sql' with { type: 'text' };
import leadIgnored from '../../../migrations/0002_lead_ignored.sql' with { type: 'text' };
import search from '../../../migrations/0003_search.sql' with { type: 'text' };
import cellUpdates from '../../../migrations/0004_cell_updates.sql' with { type: 'text' };
import leadRemoval from '../../../migrations/0005_lead_removal.sql' with { type: 'text' };
import tabNames from '../../../migrations/0006_tab_names.sql' with { type: 'text' };
import accounts from '../../../migrations/0007_accounts.sql' with { type: 'text' };
import oidc from '../../../migrations/0008_oidc.sql' with { type: 'text' };
import leadViews from '../../../migrations/0009_lead_views.sql' with { type: 'text' };
import endpoints from '../../../migrations/0010_endpoints.sql' with { type: 'text' };
import hooks from '../../../migrations/0011_hooks.sql' with { type: 'text' };
import files from '../../../migrations/0012_files.sql' with { type: 'text' };
import imports from '../../../migrations/0013_imports.sql' with { type: 'text' };
import hostedForms from '../../../migrations/0014_hosted_forms.sql' with { type: 'text' };
import spam from '../../../migrations/0015_spam.sql' with { type: 'text' };
import formMerge from '../../../migrations/0016_form_merge.sql' with { type: 'text' };
import arrivals from '../../../migrations/0017_arrivals.sql' with { type: 'text' };
import drive from '../../../migrations/0018_drive.sql' with { type: 'text' };
import driveBegun from '../../../migrations/0019_drive_begun.sql' with { type: 'text' };

export interface Migration {
  version: number;
  name: string;
  sql: string;
}

/** In order, append-only, embedded in the binary. An applied one is never edited. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: 'initial', sql: initial },
  { version: 2, name: 'lead_ignored', sql: leadIgnored },
  { version: 3, name: 'search', sql: search },
  { version: 4, name: 'cell_updates', sql: cellUpdates },
  { version: 5, name: 'lead_removal', sql: leadRemoval },
  { version: 6, name: 'tab_names', sql: tabNames },
  { version: 7, name: 'accounts', sql: accounts },
  { version: 8, name: 'oidc', sql: oidc },
  { version: 9, name: 'lead_views', sql: leadViews },
  { version: 10, name: 'endpoints', sql: endpoints },
  { version: 11, name: 'hooks', sql: hooks },
  { version: 12, name: 'files', sql: files },
  { version: 13, name: 'imports', sql: imports },
  { version: 14, name: 'hosted_forms', sql: hostedForms },
  { version: 15, name: 'spam', sql: spam },
  { version: 16, name: 'form_merge', sql: formMerge },
  { version: 17, name: 'arrivals', sql: arrivals },
  { version: 18, name: 'drive', sql: drive },
  { version: 19, name: 'drive_begun', sql: driveBegun },
];
