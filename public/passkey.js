/*
 * Passkeys: asks the browser, and sends what it answers with the form. Whatever needs one is hidden until it is sure
 * that this browser has passkeys and that the page is at the address they are for.
 */

const able = typeof PublicKeyCredential === 'function' && window.isSecureContext;

for (const note of document.querySelectorAll('[data-passkey-note]')) {
  const { passkeyNote: origin } = note.dataset;
  if (able && location.origin === origin) note.hidden = true;
  else if (location.origin !== origin) note.textContent = `Passkeys work at ${origin} only. Open this page there.`;
  else note.textContent = 'This browser has no passkeys.';
}

for (const each of document.querySelectorAll('[data-passkey]')) {
  if (!able || location.origin !== each.dataset.passkey) continue;
  each.hidden = false;
  if (each instanceof HTMLFormElement) each.addEventListener('submit', (event) => run(event, each));
}

async function run(event, form) {
  event.preventDefault();
  const button = form.querySelector('button');
  const says = form.querySelector('[data-passkey-says]');
  says.hidden = true;
  button.disabled = true;
  try {
    const sent = new FormData(form);
    const body = new URLSearchParams({ csrf: sent.get('csrf'), name: sent.get('name') ?? '' });
    const { create, get, message } = await readJson(await fetch(form.dataset.options, { method: 'POST', body }));
    if (message) throw new Told(message);
    const made = create
      ? await navigator.credentials.create({ publicKey: creation(create) })
      : await navigator.credentials.get({ publicKey: request(get) });
    form.querySelector('[data-passkey-answer]').value = JSON.stringify(answerOf(made));
    // Past the listener: the answer is there.
    form.submit();
  } catch (error) {
    says.textContent = wordsFor(error);
    says.hidden = false;
    button.disabled = false;
  }
}

/** What the server says is wrong, in its own words. */
class Told extends Error {}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    throw new Told('This page is out of date. Load it again, and repeat.');
  }
}

const WORDS = {
  NotAllowedError: 'No passkey was given, or it took too long. Try again.',
  InvalidStateError: 'This device has a passkey for your account already.',
  SecurityError: 'The browser does not allow passkeys at this address.',
  NotSupportedError: 'This device can’t keep a passkey that asks for your fingerprint, face or PIN.',
  TypeError: 'The server could not be reached. Try again.',
};

function wordsFor(error) {
  if (error instanceof Told) return error.message;
  return WORDS[error.name] ?? `The browser could not do it (${error.name}). Try again.`;
}

/* Bytes are base64url in JSON. By hand: not every browser converts them, and not every password manager's answer. */

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));

const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

const withBytes = (list) => list?.map((each) => ({ ...each, id: bytes(each.id) }));

function creation(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: withBytes(options.excludeCredentials),
  };
}

function request(options) {
  return { ...options, challenge: bytes(options.challenge), allowCredentials: withBytes(options.allowCredentials) };
}

function answerOf({ rawId, type, response }) {
  const id = text(rawId);
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[name]) said[name] = text(response[name]);
  }
  if (response.getTransports) said.transports = response.getTransports();
  return { id, rawId: id, type, response: said, clientExtensionResults: {} };
}
