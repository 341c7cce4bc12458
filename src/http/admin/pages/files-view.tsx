/** @jsxImportSource preact */
import { folderAddress } from '../../../sheets/targets/google/folder-address.ts';
import type { DriveCopy, DriveCounts, DriveSite } from '../../../store/drive.ts';
import { type Choice, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { Banner, count, Facts, PageTitle, SafeLink } from '../components/parts.tsx';
import type { Offer } from './files-place.ts';
import { Technical } from './sheet-work-view.tsx';

export interface FilesTexts {
  place: string;
  folder: string;
}
export type FilesErrors = Readonly<Partial<Record<'place' | 'folder', string>>>;

export interface FilesProps {
  base: string;
  stored: DriveSite | null;
  offer: Offer;
  counts: DriveCounts;
  undeleted: readonly DriveCopy[];
  texts: FilesTexts;
  errors: FilesErrors;
  mayEdit: boolean;
  csrf: string;
}

export function FilesPage(props: FilesProps) {
  const { base, stored, offer, mayEdit } = props;
  return (
    <>
      <PageTitle
        title="Files"
        lead="Where files are kept that come with leads."
        action={
          <a class="button" href={`${base}/settings`}>
            Settings
          </a>
        }
      />
      <Waiting {...props} />
      <Undeleted {...props} />
      {mayEdit ? <PlacePart {...props} /> : null}
      <section class="part stacked">
        <h2>Now</h2>
        <Now {...props} />
      </section>
      {stored === null && offer.kind === 'none' ? null : <Means />}
    </>
  );
}

/** A form where there is something to choose; else why there is not. */
function PlacePart(props: FilesProps) {
  const { base, stored, offer, errors } = props;
  if (choicesOf(stored, offer).length > 1 || errors.place !== undefined) return <PlaceForm {...props} />;
  return (
    <section class="part stacked">
      <p>Files of this site are kept on this server. {offer.kind === 'none' ? offer.why : null}</p>
      <p>
        <a class="button" href={`${base}/sheet`}>
          Sheet
        </a>
      </p>
    </section>
  );
}

function PlaceForm({ base, stored, offer, texts, errors, csrf }: FilesProps) {
  return (
    <PostForm action={`${base}/settings/files`} csrf={csrf}>
      <SelectField
        name="place"
        label="Keep files"
        value={texts.place}
        choices={choicesOf(stored, offer)}
        help={
          offer.kind === 'none' ? offer.why : 'Every file is kept on this server first, so no lead waits for Google.'
        }
        error={errors.place}
      />
      {offer.kind === 'shared' ? (
        <TextField
          name="folder"
          label="Folder of a shared drive"
          value={texts.folder}
          placeholder="https://drive.google.com/drive/folders/…"
          help={
            <>
              Google gives service accounts no storage of their own. Make <bdi>{offer.account}</bdi> a Content manager
              of the shared drive.
            </>
          }
          error={errors.folder}
        />
      ) : null}
      <Submit text="Save" />
    </PostForm>
  );
}

/** `keep`: with an account that is not the sheet's any more. */
export function choicesOf(stored: DriveSite | null, offer: Offer): Choice[] {
  const here = { value: 'here', text: 'On this server' };
  const isLeft = stored?.enabled === true && (offer.kind === 'none' || offer.account !== stored.account);
  const kept = isLeft ? [{ value: 'keep', text: `In Google Drive, as ${stored.account}, as now` }] : [];
  const there = offer.kind === 'none' ? [] : [{ value: 'drive', text: `In Google Drive, as ${offer.account}` }];
  return [here, ...kept, ...there];
}

function Now({ stored, counts, offer, mayEdit }: FilesProps) {
  const where =
    stored?.enabled === true ? (
      <>
        In Google Drive, as <bdi>{stored.account}</bdi>
        {stored.folder === null ? null : (
          <>
            <br />
            <SafeLink href={folderAddress(stored.folder)} text="Open the folder" />
          </>
        )}
      </>
    ) : (
      'On this server'
    );
  const waiting = stored?.enabled === true && counts.here > 0;
  return (
    <>
      <Facts
        facts={[
          ['New files are kept', where],
          [waiting ? 'Files still on this server' : 'Files on this server', count(counts.here)],
          ...(stored === null ? [] : [['Files in Google Drive', count(counts.there)] as const]),
        ]}
      />
      {!mayEdit && offer.kind === 'none' ? <p class="help">{offer.why}</p> : null}
    </>
  );
}

function Waiting({ base, stored, mayEdit, csrf }: FilesProps) {
  if (stored === null || stored.problem === null) return null;
  return (
    <Banner tone="bad" title="Files can't be brought to Google Drive, or deleted there. It is tried again by itself.">
      <p>{stored.problem.message}</p>
      <Technical text={stored.problem.technical} />
      {mayEdit ? <Again base={base} csrf={csrf} /> : null}
    </Banner>
  );
}

const Again = ({ base, csrf }: Pick<FilesProps, 'base' | 'csrf'>) => (
  <PostForm action={`${base}/settings/files/again`} csrf={csrf} class="inline">
    <button type="submit" class="button">
      Try again now
    </button>
  </PostForm>
);

function Undeleted({ base, undeleted, mayEdit, csrf }: FilesProps) {
  const [first] = undeleted;
  if (first === undefined) return null;
  return (
    <Banner tone="bad" title="Files of deleted leads are still in Google Drive.">
      <p>{first.problem?.message}</p>
      <p>
        {undeleted.map(({ fileId, link }, at) => (
          <span key={fileId}>
            {at === 0 ? 'Look at ' : ', '}
            {link === null ? `file ${at + 1}` : <SafeLink href={link} text={`file ${at + 1}`} />}
          </span>
        ))}
      </p>
      {mayEdit ? (
        <div class="mend">
          <p>It is tried again by itself. Or delete them in Google Drive by hand, and say so here.</p>
          <div class="choices">
            <Again base={base} csrf={csrf} />
            <PostForm action={`${base}/settings/files/gone`} csrf={csrf} class="inline">
              {undeleted.map(({ fileId }) => (
                <input key={fileId} type="hidden" name="file" value={fileId} />
              ))}
              <button type="submit" class="button">
                I have deleted them
              </button>
            </PostForm>
          </div>
        </div>
      ) : null}
    </Banner>
  );
}

function Means() {
  return (
    <section class="part stacked">
      <h2>What that means</h2>
      <p>
        The links in the sheet, the API and mails stay the same. Of a file in Google Drive they lead there, and Google
        decides who may see it: the account itself, and whom you share the folder with.
      </p>
      <p>Files that are here now go there too. When you switch back, files in Google Drive stay there.</p>
      <p>When a lead is deleted, its files are deleted in Google Drive as well.</p>
      <p>
        While Google Drive is full or can't be reached, files stay on this server. Only when that has no room either is
        a lead kept without its file, with a warning.
      </p>
    </section>
  );
}
