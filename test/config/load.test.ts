import { describe, expect, test } from 'bun:test';
import { resolve } from 'node:path';
import { type ConfigResult, type FileRead, loadConfig, publicUrlOf } from '../../src/config/load.ts';

const SECRET = 'k3y-material-that-nobody-must-see-0123456789';

interface Given {
  env?: Record<string, string>;
  files?: Record<string, string>;
  terminal?: boolean;
}

function load({ env = {}, files = {}, terminal = false }: Given): ConfigResult {
  const readFile = (path: string): FileRead => {
    const text = files[path];
    return text === undefined ? { ok: false, missing: true, reason: 'there is no such file' } : { ok: true, text };
  };
  return loadConfig({ env, readFile, terminal });
}

function good(given: Given) {
  const result = load(given);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result;
}

function problems(given: Given): string[] {
  const result = load(given);
  return result.ok ? [] : result.problems;
}

describe('defaults', () => {
  test('with nothing set everything has the value the specification names', () => {
    const { config, warnings } = good({});
    expect(config).toMatchObject({
      dataDir: resolve('data'),
      host: '127.0.0.1',
      port: 3000,
      publicUrl: null,
      secret: null,
      logLevel: 'info',
      logFormat: 'json',
      rateLimitApi: 1200,
      durability: 'full',
      oidc: null,
      google: {
        client: null,
        serviceAccountFile: null,
        urls: {
          sheets: 'https://sheets.googleapis.com',
          drive: 'https://www.googleapis.com',
          token: 'https://oauth2.googleapis.com/token',
          auth: 'https://accounts.google.com/o/oauth2/v2/auth',
        },
      },
    });
    expect(config.trustedProxies.has('127.0.0.1')).toBe(false);
    expect(warnings).toEqual([]);
  });

  test('logs are pretty on a terminal, unless a format is asked for', () => {
    expect(good({ terminal: true }).config.logFormat).toBe('pretty');
    expect(good({ terminal: true, env: { LTS_LOG_FORMAT: 'json' } }).config.logFormat).toBe('json');
  });

  test('an empty variable counts as not set, as compose files write it', () => {
    expect(good({ env: { LTS_PORT: '', LTS_SECRET: '' } }).config).toMatchObject({ port: 3000, secret: null });
  });
});

describe('where a value comes from', () => {
  const file = resolve('/srv/lead/leadtosheet.env');
  const base = { LTS_DATA_DIR: '/srv/lead' };

  test('environment before the settings file, and each value knows its origin', () => {
    const files = { [file]: '# ports\nLTS_PORT=4000\nexport LTS_HOST = "0.0.0.0"\n' };
    const { config, origins } = good({ env: { ...base, LTS_PORT: '5000' }, files });
    expect(config).toMatchObject({ port: 5000, host: '0.0.0.0' });
    expect(origins.port).toEqual({ from: 'environment' });
    expect(origins.host).toEqual({ from: 'settings file', path: file });
    expect(origins.logLevel).toEqual({ from: 'default' });
  });

  test('NAME_FILE before the settings file; the newline at its end is no part of the value', () => {
    const files = { [file]: 'LTS_PORT=4000', '/run/port': '4001\n', '/run/secret': `${SECRET}\r\n` };
    const env = { ...base, LTS_PORT_FILE: '/run/port', LTS_SECRET_FILE: '/run/secret' };
    const { config, origins } = good({ env, files });
    expect(config).toMatchObject({ port: 4001, secret: SECRET });
    expect(origins.secret).toEqual({ from: 'file', path: '/run/secret' });
  });

  test('a setting whose own name ends in _FILE is a path, not a file to read', () => {
    const env = { LTS_GOOGLE_SERVICE_ACCOUNT_FILE: '/etc/sa.json' };
    expect(good({ env }).config.google.serviceAccountFile).toBe(resolve('/etc/sa.json'));
  });

  test('NAME and NAME_FILE together stop the start', () => {
    expect(problems({ env: { LTS_PORT: '1', LTS_PORT_FILE: '/run/port' }, files: { '/run/port': '2' } })).toEqual([
      'LTS_PORT and LTS_PORT_FILE are both set: keep one of them.',
    ]);
  });

  test('a file that is not there is named', () => {
    expect(problems({ env: { LTS_SECRET_FILE: '/run/gone' } })).toEqual([
      "LTS_SECRET_FILE names /run/gone, which can't be read: there is no such file.",
    ]);
  });

  test('the settings file cannot move the folder it lies in, nor set a name twice, nor hold nonsense', () => {
    const files = { [file]: 'LTS_DATA_DIR=/other\nLTS_PORT=1\nLTS_PORT=2\nhello there s3cret' };
    expect(problems({ env: base, files })).toEqual([
      `${file}, line 3: LTS_PORT is set a second time; keep one of them.`,
      `${file}, line 4: expected NAME=value, or a comment that begins with #.`,
      `LTS_DATA_DIR can't be set in ${file}, which lies in that very folder: set it as an environment variable.`,
    ]);
  });

  test('a wrong value in the settings file says which file it is in', () => {
    expect(problems({ env: base, files: { [file]: 'LTS_LOG_LEVEL=loud' } })).toEqual([
      `LTS_LOG_LEVEL must be one of debug, info, warn, error, silent; it is "loud" (in ${file}).`,
    ]);
  });
});

describe('a wrong value stops the start with a sentence that names the setting', () => {
  const PORT = 'LTS_PORT must be a port, a whole number from 0 to 65535; it is';
  const GOOGLE = "on one of Google's hosts (https), or on this machine (http://127.0.0.1:…) for tests; it is";
  const cases: [name: string, value: string, sentence: string][] = [
    ['LTS_PORT', '70000', `${PORT} "70000".`],
    ['LTS_PORT', '-1', `${PORT} "-1".`],
    ['LTS_PORT', '80a', `${PORT} "80a".`],
    ['LTS_PORT', '1e3', `${PORT} "1e3".`],
    ['LTS_HOST', 'http://x', 'such as 127.0.0.1, 0.0.0.0, ::1 or localhost; it is "http://x".'],
    ['LTS_HOST', '1.2.3', 'LTS_HOST must be an address to listen on'],
    ['LTS_PUBLIC_URL', 'leads.example.com', 'LTS_PUBLIC_URL must be an address without a path'],
    ['LTS_PUBLIC_URL', 'https://example.com/leads', 'LTS_PUBLIC_URL must be an address without a path'],
    ['LTS_PUBLIC_URL', 'ftp://example.com', 'LTS_PUBLIC_URL must be an address without a path'],
    ['LTS_TRUSTED_PROXIES', '10.0.0.0/33', 'LTS_TRUSTED_PROXIES must be a list of addresses or CIDR ranges'],
    ['LTS_TRUSTED_PROXIES', 'caddy', 'LTS_TRUSTED_PROXIES must be a list of addresses or CIDR ranges'],
    ['LTS_LOG_FORMAT', 'xml', 'LTS_LOG_FORMAT must be one of pretty, json; it is "xml".'],
    ['LTS_RATE_LIMIT_API', 'many', 'LTS_RATE_LIMIT_API must be requests a minute, a whole number from 0'],
    ['LTS_DURABILITY', 'half', 'LTS_DURABILITY must be one of full, normal; it is "half".'],
    ['LTS_GOOGLE_SHEETS_URL', 'http://sheets.googleapis.com', `LTS_GOOGLE_SHEETS_URL must be ${GOOGLE}`],
    ['LTS_GOOGLE_SHEETS_URL', 'https://googleapis.com.evil.example', `LTS_GOOGLE_SHEETS_URL must be ${GOOGLE}`],
    ['LTS_GOOGLE_SHEETS_URL', 'http://127.0.0.1:9000/v4', 'LTS_GOOGLE_SHEETS_URL must be an address without a path'],
    ['LTS_GOOGLE_DRIVE_URL', 'http://10.0.0.1:9000', `LTS_GOOGLE_DRIVE_URL must be ${GOOGLE}`],
    ['LTS_GOOGLE_TOKEN_URL', 'https://evilgoogleapis.com/token', `LTS_GOOGLE_TOKEN_URL must be ${GOOGLE}`],
    ['LTS_GOOGLE_TOKEN_URL', 'https://oauth2.googleapis.com@evil.example/', 'LTS_GOOGLE_TOKEN_URL must be a whole'],
    ['LTS_OIDC_ISSUER', 'http://id.example.com', 'http on loopback only; it is "http://id.example.com".'],
    ['LTS_OIDC_ISSUER', 'accounts.google.com', 'LTS_OIDC_ISSUER must be the address of a provider'],
    ['LTS_OIDC_ISSUER', 'https://id.example.com/?tenant=1', 'LTS_OIDC_ISSUER must be the address of a provider'],
    [
      'LTS_TURNSTILE_URL',
      'http://challenges.cloudflare.com/x',
      "LTS_TURNSTILE_URL must be on Cloudflare's host (https)",
    ],
    ['LTS_TURNSTILE_URL', 'https://evil.example/siteverify', "LTS_TURNSTILE_URL must be on Cloudflare's host (https)"],
    ['LTS_HCAPTCHA_URL', 'https://hcaptcha.com.evil.example/', "LTS_HCAPTCHA_URL must be on one of hCaptcha's hosts"],
    ['LTS_HCAPTCHA_URL', 'https://api.hcaptcha.com:8443/x', "LTS_HCAPTCHA_URL must be on one of hCaptcha's hosts"],
    ['LTS_HCAPTCHA_URL', 'siteverify', 'LTS_HCAPTCHA_URL must be a whole address'],
    ['LTS_GOOGLE_AUTH_URL', 'file:///etc/passwd', 'LTS_GOOGLE_AUTH_URL must be a whole address'],
  ];
  test.each(cases)('%s=%s', (name, value, sentence) => {
    const found = problems({ env: { [name]: value } });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(sentence);
    expect(found[0]).toStartWith(name);
  });

  test('a short secret is refused without being repeated', () => {
    const [sentence, ...more] = problems({ env: { LTS_SECRET: 'hunter2' } });
    expect(more).toEqual([]);
    expect(sentence).toStartWith('LTS_SECRET must be a random text of at least 32 characters');
    expect(sentence).not.toContain('hunter2');
  });

  test('a password in an address is not repeated', () => {
    const [sentence] = problems({ env: { LTS_PUBLIC_URL: 'https://me:hunter2@example.com' } });
    expect(sentence).toContain('example.com');
    expect(sentence).not.toContain('hunter2');
  });

  test('all problems are told at once', () => {
    const names = problems({ env: { LTS_PORT: 'x', LTS_HOST: '!', LTS_DURABILITY: 'no' } }).map((p) => p.split(' ')[0]);
    expect(names).toEqual(['LTS_HOST', 'LTS_PORT', 'LTS_DURABILITY']);
  });

  test('an OAuth client needs both its id and its secret', () => {
    expect(problems({ env: { LTS_GOOGLE_CLIENT_ID: 'abc' } })).toEqual([
      'LTS_GOOGLE_CLIENT_ID is set without LTS_GOOGLE_CLIENT_SECRET: an OAuth client needs both.',
    ]);
    expect(problems({ env: { LTS_GOOGLE_CLIENT_SECRET: 'abc' } })).toEqual([
      'LTS_GOOGLE_CLIENT_SECRET is set without LTS_GOOGLE_CLIENT_ID: an OAuth client needs both.',
    ]);
  });
});

describe('single sign-on', () => {
  const all = {
    LTS_OIDC_ISSUER: 'https://id.example.com/realms/x',
    LTS_OIDC_CLIENT_ID: 'abc',
    LTS_OIDC_CLIENT_SECRET: 'def',
  };

  test('is there when all three are set; the secret may come from a file, the name from the issuer', () => {
    const oidc = { issuer: all.LTS_OIDC_ISSUER, clientId: 'abc', clientSecret: 'def', name: 'single sign-on' };
    expect(good({ env: all }).config.oidc).toEqual(oidc);
    const { LTS_OIDC_CLIENT_SECRET: _secret, ...rest } = all;
    const env = { ...rest, LTS_OIDC_CLIENT_SECRET_FILE: '/run/oidc', LTS_OIDC_NAME: 'Okta' };
    expect(good({ env, files: { '/run/oidc': 'def\n' } }).config.oidc).toEqual({ ...oidc, name: 'Okta' });
    const google = { ...all, LTS_OIDC_ISSUER: 'https://accounts.google.com' };
    expect(good({ env: google }).config.oidc?.name).toBe('Google');
    const here = { ...all, LTS_OIDC_ISSUER: 'http://127.0.0.1:9000' };
    expect(good({ env: here }).config.oidc?.issuer).toBe('http://127.0.0.1:9000');
    expect(good({ env: { LTS_OIDC_NAME: 'Okta' } }).config.oidc).toBeNull();
  });

  test('some of the three stop the start with a sentence', () => {
    const { LTS_OIDC_ISSUER, LTS_OIDC_CLIENT_ID } = all;
    expect(problems({ env: { LTS_OIDC_ISSUER } })).toEqual([
      'LTS_OIDC_ISSUER is set without LTS_OIDC_CLIENT_ID and LTS_OIDC_CLIENT_SECRET: single sign-on needs all three.',
    ]);
    expect(problems({ env: { LTS_OIDC_ISSUER, LTS_OIDC_CLIENT_ID } })).toEqual([
      'LTS_OIDC_ISSUER and LTS_OIDC_CLIENT_ID are set without LTS_OIDC_CLIENT_SECRET: single sign-on needs all three.',
    ]);
  });
});

describe('what is taken', () => {
  test('captcha services: their own hosts, and loopback for tests', () => {
    const hcaptcha = 'https://api.hcaptcha.com/siteverify';
    expect(good({}).config.captchaUrls).toEqual({
      turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
      hcaptcha,
    });
    const env = { LTS_TURNSTILE_URL: 'http://127.0.0.1:9000/verify' };
    expect(good({ env }).config.captchaUrls).toEqual({ turnstile: env.LTS_TURNSTILE_URL, hcaptcha });
  });

  test('where leads are fetched: at Meta and LinkedIn, or on loopback for tests, without a trailing slash', () => {
    const linkedin = 'https://api.linkedin.com';
    expect(good({}).config.hookUrls).toEqual({ meta: 'https://graph.facebook.com', linkedin });
    const env = { LTS_META_GRAPH_URL: 'http://127.0.0.1:9000/' };
    expect(good({ env }).config.hookUrls).toEqual({ meta: 'http://127.0.0.1:9000', linkedin });
    for (const url of ['https://example.com', 'http://graph.facebook.com', 'https://graph.facebook.com.example.com']) {
      expect(problems({ env: { LTS_META_GRAPH_URL: url } }).join()).toContain('LTS_META_GRAPH_URL');
    }
  });

  test('loopback addresses stand in for Google, without a trailing slash', () => {
    const env = {
      LTS_GOOGLE_SHEETS_URL: 'http://127.0.0.1:9000/',
      LTS_GOOGLE_DRIVE_URL: 'http://localhost:9001',
      LTS_GOOGLE_TOKEN_URL: 'http://[::1]:9002/token?x=1',
    };
    expect(good({ env }).config.google.urls).toMatchObject({
      sheets: 'http://127.0.0.1:9000',
      drive: 'http://localhost:9001',
      token: 'http://[::1]:9002/token?x=1',
    });
  });

  test('proxies are matched by address and range, IPv4 in IPv6 clothes included', () => {
    const { trustedProxies } = good({ env: { LTS_TRUSTED_PROXIES: '127.0.0.1, ::1,10.0.0.0/8 fd00::/8' } }).config;
    const asked = ['127.0.0.1', '::ffff:127.0.0.1', '::1', '10.9.8.7', 'fd12::1', '127.0.0.2', '11.0.0.1', 'x'];
    expect(asked.map((address) => trustedProxies.has(address))).toEqual([
      ...[true, true, true, true, true],
      ...[false, false, false],
    ]);
  });

  test('the public address: as set, or from where the server listens', () => {
    expect(publicUrlOf(good({ env: { LTS_PUBLIC_URL: 'https://Leads.example.com/' } }).config, 1)).toBe(
      'https://leads.example.com',
    );
    expect(publicUrlOf(good({}).config, 3100)).toBe('http://localhost:3100');
    expect(publicUrlOf(good({ env: { LTS_HOST: '192.0.2.7' } }).config, 3000)).toBe('http://192.0.2.7:3000');
    expect(publicUrlOf(good({ env: { LTS_HOST: '[2001:db8::1]' } }).config, 3000)).toBe('http://[2001:db8::1]:3000');
  });
});

describe('unknown names warn, with the one that was probably meant', () => {
  test('in the environment and in the settings file', () => {
    const file = resolve('/srv/lead/leadtosheet.env');
    const env = {
      LTS_DATA_DIR: '/srv/lead',
      LTS_PROT: '3',
      LTS_SECRT_FILE: '/x',
      LTS_NONSENSE_AT_ALL: '1',
      OTHER: '1',
    };
    const { warnings } = good({ env, files: { [file]: 'LTS_LOGLEVEL=debug\nHOST=1' } });
    expect(warnings).toEqual([
      'LTS_NONSENSE_AT_ALL is no setting of this version.',
      'LTS_PROT is no setting of this version. Did you mean LTS_PORT?',
      'LTS_SECRT_FILE is no setting of this version. Did you mean LTS_SECRET_FILE?',
      `LTS_LOGLEVEL in ${file} is no setting of this version. Did you mean LTS_LOG_LEVEL?`,
      `HOST in ${file} is no setting of this version.`,
    ]);
  });
});
