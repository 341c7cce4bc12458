import type { Warning } from '../../contract/submission.ts';
import type { NewLead } from '../../store/store.ts';
import { isObject } from '../normalise.ts';
import type { SentFile } from './uploads.ts';

const DROPPED = 'A file was not kept: there was no room for it on the server.';

/** The lead with what is kept of its files, and a warning for each that is not. */
export function withFiles(lead: NewLead, sent: readonly SentFile[]): NewLead {
  if (sent.length === 0) return lead;
  const kept = sent.flatMap((file) => (file.kept === null ? [] : [{ ...file, kept: file.kept }]));
  const dropped = sent.filter((file) => file.kept === null);
  return {
    ...lead,
    files: kept.map(({ name, size, type, kept: { id, path } }) => ({ id, name, size, type, path })),
    body: {
      ...lead.body,
      files: kept.map(({ field, name, size, type, kept: { link } }) => ({
        field,
        name,
        size,
        content_type: type,
        url: link,
      })),
      warnings: [
        ...lead.body.warnings,
        ...dropped.map(({ field }): Warning => ({ code: 'file_dropped', field, message: DROPPED })),
      ],
    },
  };
}

/** What tells a request from another: with other files it is another, whether or not there was room for them. */
export function toldWithFiles(input: unknown, sent: readonly SentFile[]): unknown {
  if (sent.length === 0 || !isObject(input)) return input;
  return { ...input, files: sent.map(({ field, name, size, hash }) => ({ field, name, size, hash })) };
}
