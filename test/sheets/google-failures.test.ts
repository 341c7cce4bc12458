import { describe, expect, test } from 'bun:test';
import {
  type FailureContext,
  GOOGLE_PROBLEMS,
  ownFailure,
  type RawFailure,
  readFailure,
  readTokenFailure,
} from '../../src/sheets/targets/google/failures.ts';

const context: FailureContext = {
  email: 'writer@leads.iam.gserviceaccount.com',
  connectionKind: 'service_account',
  api: 'sheets',
};
const oauth: FailureContext = { email: 'owner@example.test', connectionKind: 'oauth', api: 'sheets' };
const NOW = Date.parse('2026-11-22T12:00:00Z');

const raw = (status: number, bodyText: string, headers: Record<string, string> = {}): RawFailure => ({
  status,
  bodyText,
  headers: new Headers(headers),
  nowMs: NOW,
});
const broken = (code: string, message = code): RawFailure => ({ ...raw(0, ''), network: { code, message } });

interface Said {
  status?: string;
  reason?: string;
  metadata?: Record<string, string>;
  old?: string;
}

/** An answer in Google's envelope. */
function said(code: number, message: string, { status = '', reason, metadata, old }: Said = {}): RawFailure {
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata };
  const details = reason === undefined ? {} : { details: [info] };
  const errors = old === undefined ? {} : { errors: [{ domain: 'global', reason: old, message }] };
  return raw(code, JSON.stringify({ error: { code, message, status, ...details, ...errors } }));
}

const IN_USE =
  'Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [1000000041] because developer metadata with that ID already exists.';
const PROTECTED =
  'You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.';
const DISABLED =
  'Google Sheets API has not been used in project 123 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123 then retry.';

/** google-sheets.md section 3, row by row: what was answered, and what we make of it. */
const ROWS: [string, RawFailure, string, string, 'no' | 'maybe', number | null][] = [
  ['guard in use', said(400, IN_USE), 'guard_in_use', 'request', 'no', null],
  [
    'tab deleted',
    said(400, 'Invalid requests[2].appendCells: No grid with id: 77'),
    'tab_gone',
    'tab',
    'no',
    3_600_000,
  ],
  [
    'tab deleted, other words',
    said(400, 'Invalid requests[0].updateSheetProperties: No sheet with id: 0'),
    'tab_gone',
    'tab',
    'no',
    3_600_000,
  ],
  ['range', said(400, 'Unable to parse range: T!A1'), 'bad_request', 'request', 'no', null],
  [
    'grid full',
    said(
      400,
      'Invalid requests[1].updateCells: Range (T!A1001:B) exceeds grid limits. Max rows: 1000, max columns: 26',
    ),
    'grid_full_columns',
    'request',
    'no',
    null,
  ],
  ['protected tab', said(400, `Invalid requests[3].appendCells: ${PROTECTED}`), 'protected', 'tab', 'no', 3_600_000],
  ['protected, no index', said(400, PROTECTED), 'protected', 'pause', 'no', 3_600_000],
  [
    'title taken',
    said(
      400,
      'Invalid requests[0].addSheet: A sheet with the name "No grid with id: 1" already exists. Please enter another name.',
    ),
    'title_taken',
    'request',
    'no',
    null,
  ],
  [
    'sheet id taken',
    said(400, 'Invalid requests[0].addSheet: A sheet with ID 7 already exists. Please choose another ID.'),
    'sheet_id_taken',
    'request',
    'no',
    null,
  ],
  [
    'cells full',
    said(
      400,
      'Invalid requests[0].addSheet: This action would increase the number of cells in the workbook above the limit of 10000000 cells.',
    ),
    'cells_full',
    'pause',
    'no',
    3_600_000,
  ],
  [
    'tabs full',
    said(
      400,
      'Invalid requests[0].addSheet: This action would increase the number of sheets in the workbook above the limit of 200 sheets.',
    ),
    'tabs_full',
    'pause',
    'no',
    3_600_000,
  ],
  [
    'cell too long',
    said(
      400,
      'Invalid requests[1].appendCells: Your input contains more than the maximum of 50000 characters in a single cell.',
    ),
    'cell_too_long',
    'request',
    'no',
    null,
  ],
  [
    'metadata full',
    said(
      400,
      'Invalid requests[0].createDeveloperMetadata: The developer metadata of the spreadsheet would exceed the limit of 30000 characters.',
    ),
    'metadata_full',
    'request',
    'no',
    null,
  ],
  [
    'unknown name',
    said(400, 'Invalid JSON payload received. Unknown name "x" at \'requests[0]\': Cannot find field.'),
    'bad_request',
    'request',
    'no',
    null,
  ],
  [
    'an Excel file',
    said(400, 'This operation is not supported for this document', { status: 'FAILED_PRECONDITION' }),
    'not_a_sheet',
    'pause',
    'no',
    null,
  ],
  [
    '401',
    said(401, 'Request had invalid authentication credentials.', { status: 'UNAUTHENTICATED' }),
    'unauthenticated',
    'pause',
    'no',
    3_600_000,
  ],
  [
    'not shared',
    said(403, 'The caller does not have permission', { status: 'PERMISSION_DENIED' }),
    'not_shared',
    'pause',
    'no',
    3_600_000,
  ],
  [
    'API off, by reason',
    said(403, 'new words', { reason: 'SERVICE_DISABLED' }),
    'api_disabled',
    'pause',
    'no',
    300_000,
  ],
  [
    'API off, older reason',
    said(403, 'new words', { old: 'accessNotConfigured' }),
    'api_disabled',
    'pause',
    'no',
    300_000,
  ],
  ['API off, by words', said(403, DISABLED), 'api_disabled', 'pause', 'no', 300_000],
  [
    'scope, by reason',
    said(403, 'new words', { reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }),
    'scope_missing',
    'pause',
    'no',
    null,
  ],
  [
    'scope, by words',
    said(403, 'Request had insufficient authentication scopes.'),
    'scope_missing',
    'pause',
    'no',
    null,
  ],
  [
    'project suspended',
    said(403, 'words', { reason: 'CONSUMER_SUSPENDED' }),
    'project_suspended',
    'pause',
    'no',
    3_600_000,
  ],
  [
    'not found',
    said(404, 'Requested entity was not found.', { status: 'NOT_FOUND' }),
    'not_found',
    'pause',
    'no',
    3_600_000,
  ],
  ['no such tag', said(404, 'No developer metadata with ID 1000000041'), 'metadata_missing', 'request', 'no', null],
  ['409', said(409, 'words', { status: 'ABORTED' }), 'google_down', 'backoff', 'maybe', null],
  ['429', said(429, 'Quota exceeded', { reason: 'RATE_LIMIT_EXCEEDED' }), 'quota', 'minute', 'no', null],
  ['429 in HTML', raw(429, '<html>'), 'quota', 'minute', 'no', null],
  ['500', said(500, 'Internal error encountered.', { status: 'INTERNAL' }), 'google_down', 'backoff', 'maybe', null],
  ['502 in HTML', raw(502, '<!DOCTYPE html><title>Error 502</title>'), 'google_down', 'backoff', 'maybe', null],
  [
    '503',
    said(503, 'The service is currently unavailable.', { status: 'UNAVAILABLE' }),
    'google_down',
    'backoff',
    'maybe',
    null,
  ],
  ['504, empty', raw(504, ''), 'google_down', 'backoff', 'maybe', null],
  ['400, cut off', raw(400, '{"error":{"code":400,"mess'), 'network', 'backoff', 'maybe', null],
  ['403 of a proxy', raw(403, '<html>Forbidden by company policy'), 'network', 'backoff', 'maybe', null],
  ['redirect of a captive portal', raw(302, ''), 'network', 'backoff', 'maybe', null],
  ['413', raw(413, '<html>'), 'bad_request', 'request', 'no', null],
  ['JSON that is no object', raw(400, '[1]'), 'network', 'backoff', 'maybe', null],
  ['an error that is a string', raw(400, '{"error":"invalid"}'), 'network', 'backoff', 'maybe', null],
  [
    'members of wrong types',
    raw(403, '{"error":{"code":"x","message":7,"details":{"a":1},"errors":"no"}}'),
    'not_shared',
    'pause',
    'no',
    3_600_000,
  ],
  ['time-out', broken('timeout'), 'network', 'backoff', 'maybe', null],
  ['reset', broken('ECONNRESET'), 'network', 'backoff', 'maybe', null],
  ['unknown trouble', broken('unknown'), 'network', 'backoff', 'maybe', null],
  ['refused connection', broken('ECONNREFUSED'), 'network', 'backoff', 'no', null],
  ['no such host', broken('ENOTFOUND'), 'network', 'backoff', 'no', null],
  ['certificate', broken('DEPTH_ZERO_SELF_SIGNED_CERT'), 'network', 'backoff', 'no', null],
  ['TLS handshake', broken('EPROTO', 'EPROTO: The TLS handshake failed.'), 'network', 'backoff', 'no', null],
  ['broken TLS later on', broken('EPROTO', 'EPROTO: bad record'), 'network', 'backoff', 'maybe', null],
];

describe('what a Sheets answer means for the rows', () => {
  test.each(ROWS)('%s', (_name, answer, code, kind, applied, recheckMs) => {
    const failure = readFailure(answer, context);
    expect(failure).toMatchObject({ kind, applied, recheckMs, status: answer.status, problem: { code } });
    // Plain words: a sentence, not Google's text.
    expect(failure.problem.message).toMatch(/^[A-Z"].{20,}\.$/);
    expect(failure.problem.technical).not.toBe('');
  });

  test('names the request that was refused', () => {
    expect(readFailure(said(400, IN_USE), context).requestIndex).toBe(0);
    expect(readFailure(said(400, 'Invalid requests[12]: No request set.'), context).requestIndex).toBe(12);
    expect(readFailure(said(400, 'Must specify at least one request.'), context).requestIndex).toBeNull();
  });

  test('says whom to share with, and in which role', () => {
    const { message } = readFailure(said(403, 'The caller does not have permission'), context).problem;
    expect(message).toContain(`add ${context.email} as Editor`);
  });

  test('links to the page that switches the API on, and to no other page', () => {
    expect(readFailure(said(403, DISABLED), context).problem.message).toContain(
      'https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123',
    );
    const evil = said(403, 'x', {
      reason: 'SERVICE_DISABLED',
      metadata: { activationUrl: 'https://evil.test/console' },
    });
    expect(readFailure(evil, context).problem.message).not.toContain('evil.test');
    const drive = readFailure(said(403, 'x', { reason: 'SERVICE_DISABLED' }), { ...context, api: 'drive' });
    expect(drive.problem.message).toContain('The Google Drive API is switched off');
  });

  test('repeats nothing of what was sent: Google quotes wrong values and bodies', () => {
    const quoted = [
      'Invalid value at \'requests[1].append_cells.rows[0].values[2].user_entered_value.string_value\' (TYPE_STRING), "Ann (secret), 42"',
      'Invalid JSON payload received. Expected a value. "secret"\n"secret"\n ^',
      'Invalid JSON payload received. Unexpected token. secret',
      'Invalid requests[1].appendCells: Invalid date "secret" in \'secret\'',
    ];
    for (const message of quoted) {
      const failure = readFailure(said(400, message), context);
      expect(failure.message).toStartWith('Invalid');
      expect(JSON.stringify(failure)).not.toContain('secret');
    }
  });

  test('keeps only the start of a very long text', () => {
    expect(readFailure(said(400, 'x'.repeat(5000)), context).message.length).toBeLessThan(400);
  });

  test('honours Retry-After in both of its forms, and an hour at most', () => {
    const after = (text: string) => readFailure(raw(503, '', { 'retry-after': text }), context).retryAfterMs;
    expect(after('7')).toBe(7000);
    expect(after('Sun, 22 Nov 2026 12:00:30 GMT')).toBe(30_000);
    expect(after('Sun, 22 Nov 2026 11:00:00 GMT')).toBe(0);
    expect(after('999999')).toBe(3_600_000);
    expect(after('soon')).toBeNull();
    expect(readFailure(raw(503, ''), context).retryAfterMs).toBeNull();
  });
});

describe('Drive', () => {
  const drive: FailureContext = { ...context, api: 'drive' };

  test('a full storage is not taken for a rate limit: it would be retried for ever', () => {
    const answer = said(403, "The user's Drive storage quota has been exceeded.", { old: 'storageQuotaExceeded' });
    const failure = readFailure(answer, drive);
    expect(failure).toMatchObject({ kind: 'pause', recheckMs: null, problem: { code: 'storage_quota' } });
    expect(failure.problem.message).toContain('is a service account');
    expect(readFailure(answer, { ...oauth, api: 'drive' }).problem.message).toContain('owner@example.test is full');
  });

  test.each(['rateLimitExceeded', 'userRateLimitExceeded'])('%s passes by itself', (old) => {
    expect(readFailure(said(403, 'Rate Limit Exceeded', { old }), drive)).toMatchObject({
      kind: 'backoff',
      applied: 'no',
      problem: { code: 'quota' },
    });
  });
});

/** OAuth answers: error, description, connection, expected code. */
const TOKEN_ROWS: [string, string, FailureContext, string, string][] = [
  ['invalid_grant', 'Token has been expired or revoked.', oauth, 'token_revoked', 'Publish app'],
  ['invalid_grant', 'Bad Request', oauth, 'token_revoked', 'connect owner@example.test again'],
  ['invalid_grant', 'Invalid JWT Signature.', context, 'key_revoked', 'new key'],
  ['invalid_grant', 'Invalid grant: account not found', context, 'account_gone', 'deleted or disabled'],
  ['invalid_grant', 'something new', context, 'unauthenticated', context.email],
  ['invalid_client', 'The OAuth client was not found.', oauth, 'client_changed', 'LTS_GOOGLE_CLIENT_ID'],
  ['deleted_client', 'The OAuth client was deleted.', oauth, 'client_changed', 'LTS_GOOGLE_CLIENT_SECRET'],
  ['unauthorized_client', 'Unauthorized', oauth, 'client_changed', 'connect again'],
  ['admin_policy_enforced', '', oauth, 'policy_blocked', 'administrator'],
  ['invalid_scope', '', context, 'scope_missing', 'right'],
  ['something_new', '', oauth, 'unauthenticated', 'Connect owner@example.test again'],
];

describe('what a token answer means', () => {
  test.each(TOKEN_ROWS)('%s: %s', (error, description, who, code, words) => {
    const failure = readTokenFailure(raw(400, JSON.stringify({ error, error_description: description })), who);
    expect(failure).toMatchObject({ kind: 'pause', applied: 'no', problem: { code } });
    expect(failure.problem.message).toContain(words);
  });

  const clock = (ahead: number) => {
    const description =
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.';
    const date = new Date(NOW - ahead).toUTCString();
    return readTokenFailure(
      raw(400, JSON.stringify({ error: 'invalid_grant', error_description: description }), { date }),
      context,
    );
  };

  test.each([
    [-20 * 60_000, '20 minutes behind'],
    [60_000, '1 minute ahead'],
    [3 * 3_600_000, '3 hours ahead'],
    [-400 * 86_400_000, '400 days behind'],
  ])('a clock that is %p ms off is told by how much', (ahead, words) => {
    expect(clock(ahead)).toMatchObject({ kind: 'pause', recheckMs: 3_600_000, problem: { code: 'clock_off' } });
    expect(clock(ahead).problem.message).toContain(`this server's clock is ${words}`);
  });

  test('a clock that is wrong by an unknown amount is still named', () => {
    expect(clock(0).problem.message).toContain("this server's clock is wrong");
  });

  test('trouble of Google or the network never speaks of the key, and nothing was sent', () => {
    expect(readTokenFailure(raw(503, '<html>'), context)).toMatchObject({
      applied: 'no',
      kind: 'backoff',
      problem: { code: 'google_down' },
    });
    expect(readTokenFailure(raw(429, ''), context)).toMatchObject({
      applied: 'no',
      kind: 'backoff',
      problem: { code: 'quota' },
    });
    expect(readTokenFailure(raw(200, '<html>portal'), context)).toMatchObject({
      applied: 'no',
      problem: { code: 'network' },
    });
    expect(readTokenFailure(broken('ECONNRESET'), context)).toMatchObject({
      applied: 'no',
      problem: { code: 'network' },
    });
  });
});

test('every code has a sentence for both kinds of connection', () => {
  for (const code of GOOGLE_PROBLEMS) {
    for (const who of [context, oauth]) {
      expect(ownFailure(code, who).problem).toEqual({
        code,
        message: expect.stringMatching(/^[A-Z"a-z].{20,}\.$/),
        technical: null,
      });
    }
  }
});
