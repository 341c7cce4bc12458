import { createPrivateKey } from 'node:crypto';

/** What a service account's key file gives us. Nothing else of the file is used, above all no URL in it. */
export interface ServiceAccount {
  clientEmail: string;
  /** PEM, with real line breaks. */
  privateKey: string;
  privateKeyId: string;
  projectId: string;
}

export type ParsedServiceAccount = { ok: true; account: ServiceAccount } | { ok: false; message: string };

const HOW =
  'In the Google Cloud console open IAM & Admin, Service Accounts, your account, Keys, "Add key", "Create new key", JSON, and paste the whole file here.';
const EMAIL = /^[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*\.gserviceaccount\.com$/i;
/** Key files have some 2,400 characters. */
const LONGEST_FILE = 20_000;

/**
 * Reads a service account's key file as Google gives it out (JSON). Repairs a key whose line breaks became two
 * characters on the way (google-sheets.md 4.10). A refusal says what was pasted instead and where the right
 * thing is; it never repeats any of the text.
 */
export function parseServiceAccount(text: string): ParsedServiceAccount {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed.length > LONGEST_FILE) return refuse('This is far too long for a service account key.');
  const json = readObject(trimmed);
  if (!json) return refuse(whatElse(trimmed));
  const kind = wrongKind(json);
  if (kind !== null) return refuse(kind);
  const { client_email: email, private_key: key, private_key_id: keyId, project_id: project } = json;
  if (typeof email !== 'string' || !EMAIL.test(email)) {
    return refuse('The file has no valid "client_email" of a service account.');
  }
  if (typeof key !== 'string' || key === '') return refuse('The file has no "private_key": a part of it is missing.');
  const privateKey = repairPem(key);
  if (!isRsaKey(privateKey)) return refuse('The private key in this file is damaged or incomplete.');
  return {
    ok: true,
    account: { clientEmail: email, privateKey, privateKeyId: textOf(keyId), projectId: textOf(project) },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const refuse = (what: string): ParsedServiceAccount => ({ ok: false, message: `${what} ${HOW}` });

function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** JSON, but another of the many files of Google's console. null: a service account's. */
function wrongKind(json: Record<string, unknown>): string | null {
  if (json.type === 'service_account') {
    const universe = json.universe_domain;
    return universe === undefined || universe === 'googleapis.com'
      ? null
      : 'This service account belongs to a separate Google cloud that has no Google Sheets.';
  }
  if ('web' in json || 'installed' in json) {
    return 'This is the file of an OAuth client, not of a service account. To use an OAuth client, set LTS_GOOGLE_CLIENT_ID and LTS_GOOGLE_CLIENT_SECRET instead.';
  }
  if (json.type === 'authorized_user')
    return 'This is the sign-in of a person (made by gcloud), not a service account.';
  if (json.type === 'external_account' || json.type === 'impersonated_service_account') {
    return 'This file borrows its identity from elsewhere; only the key of a service account itself works here.';
  }
  if ('project_info' in json) return 'This is a Firebase configuration (google-services.json), not a service account.';
  return 'This JSON is not the key file of a service account: its "type" is not "service_account".';
}

/** No JSON at all: what was it? */
function whatElse(text: string): string {
  if (text === '') return 'There is nothing here.';
  if (/^AIza[\w-]{20,}$/.test(text))
    return 'This is an API key. It can read public data only; a service account is needed.';
  if (/^[\w-]+\.apps\.googleusercontent\.com$/.test(text))
    return 'This is the id of an OAuth client, not a service account.';
  if (/^GOCSPX-/.test(text)) return 'This is the secret of an OAuth client, not a service account.';
  if (/^(?:ya29\.|1\/\/)/.test(text)) return 'This is a token, not a service account.';
  if (EMAIL.test(text)) return 'This is the address of the service account alone; its key file is needed.';
  if (/^[0-9a-f]{40}$/i.test(text)) return 'This is the id of a key, not the key itself.';
  if (/^-----BEGIN /.test(text)) return 'This is the private key alone; the whole file is needed.';
  if (/^https?:\/\//.test(text)) return 'This is a link, not a key file.';
  if (/[“”„]/.test(text))
    return 'The quotation marks in this text were changed on the way, by a mail or office program.';
  if (text.startsWith('{') !== text.endsWith('}'))
    return 'This is only a part of the key file: its beginning or its end is missing.';
  return 'This is not a JSON file.';
}

/** Line breaks that came as `\n` in two characters, or as CR LF, are what PEM calls them again (RFC 7468). */
function repairPem(key: string): string {
  const lines = key.replace(/\\r/g, '').replace(/\\n/g, '\n').replace(/\r\n?/g, '\n').trim();
  return `${lines}\n`;
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
