import { ErrorBody } from '../../src/contract/error.ts';
import { compileContract } from '../../src/intake/validate.ts';

const errorContract = compileContract(ErrorBody);

/** As spec 2, "Errors" has it. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_json: 400,
  bad_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  not_found: 404,
  method_not_allowed: 405,
  idempotency_key_reused: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  validation_error: 422,
  rate_limited: 429,
  internal_error: 500,
  unavailable: 503,
};

/** An answer, whichever way it came. */
export interface Got {
  status: number;
  header(name: string): string | null;
  text: string;
}

export async function got(response: Response): Promise<Got> {
  return { status: response.status, header: (name) => response.headers.get(name), text: await response.text() };
}

/** What is wrong with an answer that should be an error in the one shape; empty: nothing. Spec 2, "Errors". */
export function errorProblems({ status, header, text }: Got): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) problems.push(what);
  };
  must(header('x-request-id') !== null, 'has no X-Request-Id');
  must(header('content-type')?.startsWith('application/json') === true, `is ${header('content-type')}`);
  must(header('x-content-type-options') === 'nosniff', 'may be sniffed');
  must(header('cache-control') === 'no-store', 'may be cached');
  must(header('access-control-allow-origin') === null, 'has a CORS header');
  must(
    (header('www-authenticate') !== null) === (status === 401 || status === 403),
    'WWW-Authenticate is out of place',
  );
  must((header('allow') !== null) === (status === 405), 'Allow is out of place');
  must((header('retry-after') !== null) === (status === 429 || status >= 500), 'Retry-After is out of place');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return [...problems, `is no JSON: ${text.slice(0, 100)}`];
  }
  const wrong = errorContract.details(body);
  if (wrong.length > 0) return [...problems, `is not in the one shape: ${JSON.stringify(wrong)}`];
  const { error } = body as ErrorBody;
  must(error.request_id === header('x-request-id'), 'names another request id');
  must(STATUS[error.code] === status, `${error.code} is not ${status}`);
  must(error.message.length > 10, 'says nothing');
  return problems;
}
