/** What can go wrong with a provider. Each has a sentence that says what to do. */
export type ProviderFault =
  | 'unreachable'
  | 'slow'
  | 'down'
  | 'description'
  | 'client'
  | 'denied'
  | 'refused'
  | 'clock'
  | 'untrusted'
  | 'code_over'
  | 'not_asked_again'
  | 'odd';

/** `technical` is for the log: a step and a code, nothing that the provider or a caller could have made up. */
export interface ProviderFailure {
  ok: false;
  fault: ProviderFault;
  technical: string;
}
export type ProviderAnswer<T> = ({ ok: true } & T) | ProviderFailure;

/** Where in the exchange something went wrong. */
export type ProviderStep = 'discovery' | 'authorization' | 'token' | 'userinfo';

/** No whole answer came: too late, too long, or none at all. */
export class NoAnswer extends Error {
  readonly fault: 'unreachable' | 'slow' | 'odd';

  constructor(fault: NoAnswer['fault'], cause?: unknown) {
    super(`no answer: ${fault}`, { cause });
    this.name = 'NoAnswer';
    this.fault = fault;
  }
}

const OPERATOR = 'If it goes on, tell whoever runs this server';

/** What happened and what to do, for the person who wants to come in. */
const SENTENCES: Readonly<Record<ProviderFault, (name: string) => string>> = {
  unreachable: (name) => `${name} can’t be reached from this server. Try again in a minute. ${OPERATOR}.`,
  slow: (name) => `${name} did not answer within 10 seconds. Try again in a minute. ${OPERATOR}.`,
  down: (name) => `${name} is out of order at the moment. Try again in a few minutes.`,
  description: (name) =>
    `${name} does not say how it works. Tell whoever runs this server: LTS_OIDC_ISSUER is wrong, or the provider is.`,
  client: (name) =>
    `${name} does not take the ID and secret of this server. Tell whoever runs it: LTS_OIDC_CLIENT_ID or LTS_OIDC_CLIENT_SECRET is wrong.`,
  denied: (name) => `${name} says that you did not allow it. Try again and allow it.`,
  refused: (name) => `${name} refused to sign you in. Try again. ${OPERATOR}: its log says why.`,
  clock: (name) =>
    `What ${name} answered has run out by the clock of this server. Tell whoever runs it: one of the two clocks is wrong.`,
  untrusted: (name) =>
    `What ${name} answered can’t be trusted, so nobody was signed in. Try again. ${OPERATOR}: its log says why.`,
  code_over: () => 'This sign-in took too long or was used before. Sign in again.',
  not_asked_again: (name) => `${name} did not ask you to sign in again. Sign out there, and then repeat this.`,
  odd: (name) => `${name} gave an answer that makes no sense. Try again. ${OPERATOR}: its log says why.`,
};

/** The sentence for a fault of the provider that goes by this name. */
export function faultSentence(fault: ProviderFault, name: string): string {
  const sentence = SENTENCES[fault](name);
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}

/** A code of the provider, if it looks like one: whatever else it says may be anybody's words. */
const codeOf = (value: unknown): string =>
  typeof value === 'string' && /^[\w.-]{1,60}$/.test(value) ? value : 'unknown';

/** RFC 6749, 4.1.2.1 and 5.2. */
const REFUSALS: Readonly<Record<string, ProviderFault>> = {
  access_denied: 'denied',
  temporarily_unavailable: 'down',
  server_error: 'down',
  invalid_client: 'client',
  unauthorized_client: 'client',
  invalid_grant: 'code_over',
};
/** By the codes of oauth4webapi. */
const CHECKS: Readonly<Record<string, ProviderFault>> = {
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'clock',
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'untrusted',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'untrusted',
  OAUTH_KEY_SELECTION_FAILED: 'untrusted',
  OAUTH_INVALID_RESPONSE: 'untrusted',
  OAUTH_UNSUPPORTED_OPERATION: 'untrusted',
};

interface Thrown {
  code?: unknown;
  error?: unknown;
  claim?: unknown;
  cause?: unknown;
}

/** An error and what it was caused by, outermost first. */
function chain(error: unknown): Thrown[] {
  const links: Thrown[] = [];
  for (let at = error; typeof at === 'object' && at !== null && links.length < 6; at = (at as Thrown).cause) {
    links.push(at);
  }
  return links;
}

/** What an error of openid-client comes to. Never throws: one that nobody knows is `odd`. */
export function failureOf(step: ProviderStep, error: unknown): ProviderFailure {
  const failure = (fault: ProviderFault, detail: string): ProviderFailure => ({
    ok: false,
    fault,
    technical: `${step}: ${detail}`,
  });
  const links = chain(error);
  const silent = links.find((each) => each instanceof NoAnswer);
  if (silent instanceof NoAnswer) return failure(silent.fault, silent.fault);
  const response = links.find((each) => each instanceof Response);
  if (response instanceof Response && response.status >= 500) return failure('down', `status ${response.status}`);
  if (step === 'discovery') return failure('description', codeOf(links[0]?.code));
  const [first] = links;
  const check = codeOf(first?.code);
  const code = codeOf(first?.error);
  if (check === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') return failure(REFUSALS[code] ?? 'refused', code);
  if (check === 'OAUTH_RESPONSE_BODY_ERROR') return failure(REFUSALS[code] ?? 'refused', code);
  // Who asks for credentials once more does not take those that it got. RFC 6749, 5.2.
  if (check === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE') return failure(step === 'token' ? 'client' : 'refused', '401');
  const claim = links.map((each) => each.claim).find((each) => typeof each === 'string');
  return failure(CHECKS[check] ?? 'odd', claim === undefined ? check : `${check} ${codeOf(claim)}`);
}
