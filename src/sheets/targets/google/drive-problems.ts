import type { SheetProblem } from '../../../store/sheets.ts';
import type { GoogleFailure } from './api.ts';
import type { FailureContext, GoogleProblemCode } from './problems.ts';

/** Who was refused. */
type Whose = Pick<FailureContext, 'email' | 'connectionKind'>;

const STAY = 'Files stay on this server meanwhile, as long as it has room for them.';

/**
 * What Google's words mean for files of leads. The codes are those of sheets; what is said of spreadsheets there is said
 * of files here. What is about the sign-in alone is the same for both.
 */
export function driveProblem({ code, message, technical }: SheetProblem, whose: Whose): SheetProblem {
  return { code, message: words(code as GoogleProblemCode, message, whose), technical };
}

export const ofFiles = (failure: GoogleFailure, whose: Whose): GoogleFailure => ({
  ...failure,
  problem: driveProblem(failure.problem, whose),
});

function words(code: GoogleProblemCode, otherwise: string, { email, connectionKind }: Whose): string {
  switch (code) {
    case 'storage_quota':
      return connectionKind === 'oauth'
        ? `The Google storage of ${email} is full. ${STAY} Make room in Google Drive, or get more storage.`
        : `Google has no room for files of ${email}: the shared drive is full, or the folder lies in no shared drive. ${STAY} Make room there, or choose another folder.`;
    case 'trashed':
      return `The folder for files is in the trash of Google Drive, and whatever goes there would be deleted with it. ${STAY} Restore the folder in Google Drive.`;
    case 'not_shared':
    case 'viewer_only':
      return connectionKind === 'oauth'
        ? `Google does not let ${email} do this with the file or its folder.`
        : `Google does not let ${email} do this in the shared drive. Open the shared drive, press "Manage members", and make ${email} a Content manager.`;
    case 'not_found':
      return connectionKind === 'oauth'
        ? `Google finds no such file or folder for ${email}: it was deleted, or this sign-in does not see it any more.`
        : `Google finds no such file or folder for ${email}: it was deleted, or ${email} is no member of the shared drive any more. Add ${email} to it as Content manager, or choose another folder.`;
    case 'scope_missing':
      return connectionKind === 'oauth'
        ? `The sign-in of ${email} does not include the right to make files in Google Drive: a box was left unticked. ${STAY} Connect again and tick every box.`
        : otherwise;
    case 'bad_request':
      return 'Google refused this file as invalid. It stays on this server; other files go on. Please report this with the technical text.';
    case 'quota':
      return `Google takes no more calls for the moment. ${STAY} They go on by themselves.`;
    case 'google_down':
      return `Google has trouble of its own at the moment. ${STAY} They go on by themselves.`;
    case 'network':
      return `Google could not be reached. ${STAY} They go on by themselves. If this stays, check the internet connection, the name server (DNS) and any firewall or proxy of this server.`;
    default:
      return otherwise;
  }
}
