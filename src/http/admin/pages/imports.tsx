/** @jsxImportSource preact */
import { basename } from 'node:path';
import { examine, firstExamined, readSurface } from '../../../intake/imports/examine.ts';
import { problemReport } from '../../../intake/imports/report.ts';
import { AppError, notFound } from '../../../lib/errors.ts';
import { errorCode } from '../../../lib/file-system.ts';
import { importValues } from '../../../store/audit-values.ts';
import { type LeadImport, MAX_IMPORT_PROBLEMS } from '../../../store/imports.ts';
import { record } from '../audit.ts';
import { chosenSettings, isReadAnew } from '../import-settings.ts';
import { dropImport, importFile, keepImport, MAX_IMPORT_MB, receiveImport, sweepImports } from '../import-upload.ts';
import { importCheck, SHOWN_PROBLEMS, startCheck, startImport, stateOf } from '../import-work.ts';
import type { Outcome, PageOutcome, SiteRequest, SiteRoute } from '../route.ts';
import { type DraftErrors, DraftPage, type DraftTexts } from './import-draft-view.tsx';
import { fileTitle, ImportList, ImportPage } from './imports-view.tsx';

/** As many are listed: who imports more than that once looks for the last ones. */
const LISTED = 100;
const PREVIEW_ROWS = 20;

const baseOf = ({ site }: SiteRequest) => `/admin/s/${site.id}/sources/imports`;
const placeOf = (request: SiteRequest) => {
  const { csrf, now, site } = request;
  return { base: baseOf(request), csrf, now, zone: site.timezone };
};

function knownFields({ services, site }: SiteRequest): string[] {
  return services.store.forms.outlines(site.id).flatMap((form) => [...form.fields]);
}

/** @throws AppError not_found */
function jobOf({ services, site, params }: SiteRequest): LeadImport {
  const job = services.store.imports.get(site.id, params.import ?? '');
  if (job === null) throw notFound('import');
  return job;
}

function listPage(request: SiteRequest, error: string | null = null): PageOutcome {
  const { services, site, now } = request;
  const imports = services.store.imports.list(site.id, LISTED).map((job) => ({ job, state: stateOf(job, now) }));
  const body = <ImportList {...placeOf(request)} imports={imports} maxMegabytes={MAX_IMPORT_MB} error={error} />;
  return { title: 'Import leads', body, status: error === null ? 200 : 422 };
}

/** Takes the file to disk, finds out how it is written, and leads to what becomes of it. */
async function upload(request: SiteRequest): Promise<Outcome> {
  const { services, site } = request;
  await sweepImports(services, site.id);
  const isForm = (request.request.headers.get('content-type') ?? '').startsWith('multipart/');
  const received = isForm ? await receiveImport(request) : null;
  if (received === null) return listPage(request, 'Choose a file with something in it.');
  const { path, name: fileName } = received;
  let job: LeadImport | null = null;
  try {
    const { hash, size, encoding } = await readSurface(path);
    const { settings } = await examine(path, encoding, { timezone: site.timezone }, knownFields(request));
    if (settings.columns.length > 0) {
      const file = { fileName, fileHash: hash, fileSize: size, kept: true };
      job = await services.store.imports.create({ siteId: site.id, ...file, settings });
      await keepImport(services, site.id, job.id, path);
    }
  } finally {
    // Whatever went wrong: what lies there under no import is swept away in time.
    if (job === null) await dropImport(services, site.id, basename(path));
  }
  if (job === null) return listPage(request, 'No row with something in it was found in this file.');
  await record(request, { action: 'import.uploaded', objectId: job.id, after: importValues(job) });
  return { to: `${baseOf(request)}/${job.id}` };
}

function importPage(request: SiteRequest): Promise<Outcome> {
  return shown(request, jobOf(request));
}

interface Said {
  refusal?: string;
  errors?: DraftErrors;
  texts?: DraftTexts;
}

async function shown(request: SiteRequest, job: LeadImport, said: Said = {}): Promise<PageOutcome> {
  const { services, site, now } = request;
  const { imports } = services.store;
  const state = stateOf(job, now);
  const { refusal = null, errors = {} } = said;
  const isRefused = refusal !== null || Object.keys(errors).length > 0;
  const status = isRefused ? 422 : 200;
  if (state !== 'draft') {
    const problems = imports.problems(site.id, job.id, SHOWN_PROBLEMS);
    const body = <ImportPage {...placeOf(request)} job={job} state={state} problems={problems} refusal={refusal} />;
    return { title: fileTitle(job), body, status };
  }
  const path = importFile(services, site.id, job.id);
  const sample = path === null ? [] : await firstExamined(path, job.settings, PREVIEW_ROWS).catch(gone);
  const body = (
    <DraftPage
      {...placeOf(request)}
      job={job}
      sample={sample}
      earlier={earlierOf(request, job)}
      check={importCheck(request, job)}
      formNames={services.store.forms.outlines(site.id).map(({ name }) => name)}
      texts={said.texts ?? { form: job.settings.form ?? '', timezone: job.settings.timezone }}
      errors={errors}
      refusal={refusal ?? (sample.length === 0 ? GONE : null)}
    />
  );
  return { title: fileTitle(job), body, status };
}

const GONE = 'The file is not on this server any more. Discard this import, and send the file again.';

/** A file that is not there shows no rows. */
function gone(error: unknown): [] {
  if (errorCode(error) === 'ENOENT') return [];
  throw error;
}

const earlierOf = ({ services, site }: SiteRequest, job: LeadImport): LeadImport | null =>
  services.store.imports.byHash(site.id, job.fileHash).find(({ id, taken }) => id !== job.id && taken > 0) ?? null;

/** Keeps what was chosen; then looks again, checks all rows, or begins. */
async function change(request: SiteRequest): Promise<Outcome> {
  const { services, site, form } = request;
  const job = jobOf(request);
  if (job.status !== 'draft') return { to: `${baseOf(request)}/${job.id}` };
  const path = importFile(services, site.id, job.id);
  const { settings, errors } = chosenSettings(form, job.settings);
  const texts = { form: form.text('form'), timezone: form.text('timezone') };
  if (Object.keys(errors).length > 0) return shown(request, { ...job, settings }, { errors, texts });
  const isAnew = isReadAnew(settings, job.settings);
  const read = isAnew && path !== null ? await examine(path, settings.encoding, settings, knownFields(request)) : null;
  const kept = await services.store.imports.configure(site.id, job.id, read?.settings ?? settings);
  if (kept === null) return { to: `${baseOf(request)}/${job.id}` };
  // Columns that nobody has seen are looked at first.
  const next = isAnew ? 'look' : form.text('next');
  if (next === 'start') return begin(request, kept);
  if (next === 'check') startCheck(request, kept);
  return { to: `${baseOf(request)}/${job.id}`, ...(next === 'check' ? {} : { notice: 'saved' as const }) };
}

async function begin(request: SiteRequest, job: LeadImport): Promise<Outcome> {
  if (earlierOf(request, job) !== null && request.form.text('twice') !== 'yes') {
    return shown(request, job, { errors: { twice: 'Say so here, or discard the file.' } });
  }
  return started(request, job, 'import.started');
}

const REFUSED = {
  busy: 'Another import of this site is under way. Wait until it is over, or stop it.',
  over: 'This import is over.',
  no_file: GONE,
} as const;

async function started(
  request: SiteRequest,
  job: LeadImport,
  action: 'import.started' | 'import.resumed',
): Promise<Outcome> {
  const result = await startImport(request, job.id);
  if (result !== 'started') return shown(request, job, { refusal: REFUSED[result] });
  await record(request, { action, objectId: job.id, after: importValues(job) });
  return { to: `${baseOf(request)}/${job.id}` };
}

async function goOn(request: SiteRequest): Promise<Outcome> {
  const job = jobOf(request);
  if (job.status === 'draft') return begin(request, job);
  return job.kept ? started(request, job, 'import.resumed') : { to: `${baseOf(request)}/${job.id}` };
}

/** Stops the import, or the check of one that was not begun. */
async function stop(request: SiteRequest): Promise<Outcome> {
  const job = jobOf(request);
  const { services, site } = request;
  const check = importCheck(request, job);
  if (check?.finding === null) check.stopping.abort();
  const stopped = await services.store.imports.stop(site.id, job.id);
  if (stopped !== null)
    await record(request, { action: 'import.stopped', objectId: job.id, after: importValues(stopped) });
  return { to: `${baseOf(request)}/${job.id}` };
}

/** Forgets a file, and an import that is not under way; its leads stay. */
async function remove(request: SiteRequest): Promise<Outcome> {
  const job = jobOf(request);
  const { services, site } = request;
  const check = importCheck(request, job);
  if (check?.finding === null) check.stopping.abort();
  if (!(await services.store.imports.remove(site.id, job.id))) {
    throw new AppError('conflict', 'This import is under way. Stop it first.');
  }
  await dropImport(services, site.id, job.id);
  await record(request, { action: 'import.removed', objectId: job.id, before: importValues(job) });
  return { to: baseOf(request), notice: 'import_removed' };
}

/** The rows that were not taken; of a file that was not begun, those that its check found. */
function report(request: SiteRequest): Outcome {
  const job = jobOf(request);
  const found = importCheck(request, job)?.finding;
  const problems =
    job.status === 'draft' && found?.kind === 'checked'
      ? found.checked.problems
      : request.services.store.imports.problems(request.site.id, job.id, MAX_IMPORT_PROBLEMS);
  return { file: problemReport(problems), type: 'text/csv; charset=utf-8', name: `import-${job.id}.csv` };
}

const path = (rest = '') => `/admin/s/:site/sources/imports${rest}` as const;
const needs = { of: 'site', needs: 'leads.import' } as const;

export const importRoutes: readonly SiteRoute[] = [
  { method: 'GET', path: path(), ...needs, run: (request) => listPage(request) },
  { method: 'POST', path: path(), ...needs, streams: true, run: upload },
  { method: 'GET', path: path('/:import'), ...needs, run: importPage },
  { method: 'POST', path: path('/:import'), ...needs, run: change },
  { method: 'POST', path: path('/:import/go-on'), ...needs, run: goOn },
  { method: 'POST', path: path('/:import/stop'), ...needs, run: stop },
  { method: 'POST', path: path('/:import/remove'), ...needs, run: remove },
  { method: 'GET', path: path('/:import/report'), ...needs, run: report },
];
