/** The errors Google answers with: google.rpc.Status for Sheets, the older shape with `errors[]` for Drive. */

/** One refusal, thrown anywhere below the router and turned into an HTTP answer by it. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly status: string,
    message: string,
    readonly extra: { details?: readonly unknown[]; reason?: string; domain?: string } = {},
  ) {
    super(message);
  }

  /** The body as Sheets sends it. */
  sheetsBody(): unknown {
    const { details } = this.extra;
    return { error: { code: this.code, message: this.message, status: this.status, ...(details ? { details } : {}) } };
  }

  /** The body as Drive v3 sends it. */
  driveBody(): unknown {
    const { reason = driveReason(this.code), domain = 'global' } = this.extra;
    return { error: { code: this.code, message: this.message, errors: [{ message: this.message, domain, reason }] } };
  }
}

function driveReason(code: number): string {
  if (code === 401) return 'authError';
  if (code === 403) return 'insufficientFilePermissions';
  if (code === 404) return 'notFound';
  if (code === 429) return 'rateLimitExceeded';
  return code >= 500 ? 'backendError' : 'invalid';
}

const errorInfo = (reason: string, metadata: Record<string, string> = {}) => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata,
});

/** 400, the request is wrong in itself. */
export const invalid = (message: string): ApiError => new ApiError(400, 'INVALID_ARGUMENT', message);

/** 400 with the list of fields that are wrong, as the JSON front end answers. */
export function badFields(message: string, field: string, description: string): ApiError {
  const violation = field === '' ? { description } : { field, description };
  return new ApiError(400, 'INVALID_ARGUMENT', message, {
    details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [violation] }],
  });
}

/** 401, no usable access token. */
export function unauthenticated(missing: boolean): ApiError {
  const start = missing
    ? 'Request is missing required authentication credential.'
    : 'Request had invalid authentication credentials.';
  const rest =
    'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';
  return new ApiError(401, 'UNAUTHENTICATED', `${start} ${rest}`, {
    details: [errorInfo(missing ? 'CREDENTIALS_MISSING' : 'ACCESS_TOKEN_INVALID')],
  });
}

/** 403, the account may not do this with that file. */
export const permissionDenied = (): ApiError =>
  new ApiError(403, 'PERMISSION_DENIED', 'The caller does not have permission');

/** 403, the token was not granted what the method needs. */
export const scopeInsufficient = (): ApiError =>
  new ApiError(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', {
    details: [errorInfo('ACCESS_TOKEN_SCOPE_INSUFFICIENT')],
    reason: 'insufficientPermissions',
  });

/** 403, the operator has not switched the API on in his Cloud project. */
export function apiDisabled(api: 'sheets' | 'drive', projectNumber: string): ApiError {
  const name = api === 'sheets' ? 'Google Sheets API' : 'Google Drive API';
  const service = `${api}.googleapis.com`;
  const link = `https://console.developers.google.com/apis/api/${service}/overview?project=${projectNumber}`;
  return new ApiError(
    403,
    'PERMISSION_DENIED',
    `${name} has not been used in project ${projectNumber} before or it is disabled. Enable it by visiting ${link} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
    {
      details: [errorInfo('SERVICE_DISABLED', { service, consumer: `projects/${projectNumber}` })],
      reason: 'accessNotConfigured',
      domain: 'usageLimits',
    },
  );
}

/** 404 of Sheets. */
export const notFound = (): ApiError => new ApiError(404, 'NOT_FOUND', 'Requested entity was not found.');

/** 404 of Drive. */
export const fileNotFound = (id: string): ApiError =>
  new ApiError(404, 'NOT_FOUND', `File not found: ${id}.`, { reason: 'notFound' });

/** 429, the shape captured from the live API. */
export function quotaExceeded(
  access: 'read' | 'write',
  per: 'user' | 'project',
  limit: number,
  project: string,
): ApiError {
  const word = access === 'read' ? 'Read' : 'Write';
  const unit = per === 'user' ? '1/min/{project}/{user}' : '1/min/{project}';
  const suffix = per === 'user' ? ' per user' : '';
  const message = `Quota exceeded for quota metric '${word} requests' and limit '${word} requests per minute${suffix}' of service 'sheets.googleapis.com' for consumer 'project_number:${project}'.`;
  return new ApiError(429, 'RESOURCE_EXHAUSTED', message, {
    details: [
      errorInfo('RATE_LIMIT_EXCEEDED', {
        quota_limit: `${word}RequestsPerMinutePer${per === 'user' ? 'User' : 'Project'}`,
        quota_unit: unit,
        quota_limit_value: String(limit),
        quota_metric: `sheets.googleapis.com/${access}_requests`,
        consumer: `projects/${project}`,
        service: 'sheets.googleapis.com',
        quota_location: 'global',
      }),
      {
        '@type': 'type.googleapis.com/google.rpc.Help',
        links: [
          {
            description: 'Request a higher quota limit.',
            url: 'https://cloud.google.com/docs/quotas/help/request_increase',
          },
        ],
      },
    ],
    reason: 'rateLimitExceeded',
    domain: 'usageLimits',
  });
}
