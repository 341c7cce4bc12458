import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createRouteTable } from '../../src/http/routes.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { errorOf, errorProblems, gotRaw, sendRaw, storedIn } from './answers.ts';

let api: TestApp;
let port: number;
let key: string;
beforeAll(async () => {
  api = await testApp({ rateLimitApi: 1_000_000 });
  port = api.app.start().port;
  key = (await api.key()).key;
});
afterAll(() => api.close());

describe('the table of routes', () => {
  const table = createRouteTable([
    { method: 'GET', path: '/things' },
    { method: 'POST', path: '/things' },
    { method: 'GET', path: '/things/:id' },
    { method: 'PATCH', path: '/things/:id' },
    { method: 'POST', path: '/things/many' },
    { method: 'POST', path: '/a.b' },
  ]);
  const cases: [path: string, label: string, methods: string][] = [
    ['/things', '/things', 'GET,HEAD,POST'],
    ['/things/', '/things', 'GET,HEAD,POST'],
    ['/things//', '-', ''],
    ['/things/1', '/things/:id', 'GET,HEAD,PATCH'],
    ['/things/1/', '/things/:id', 'GET,HEAD,PATCH'],
    ['/things/many', '/things/many', 'POST'],
    ['/things/1/2', '-', ''],
    ['/a.b', '/a.b', 'POST'],
    ['/axb', '-', ''],
    ['/', '-', ''],
    ['', '-', ''],
    ['/__proto__', '-', ''],
    ['constructor', '-', ''],
  ];
  for (const [path, label, methods] of cases) {
    test(`${JSON.stringify(path)} is ${label}`, () => {
      expect([table.labelOf(path), table.methodsOf(path).join()]).toEqual([label, methods]);
    });
  }
});

/** Every method that Bun's parser lets through and that no route of ours has. */
const STRANGE = ['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'LINK', 'MKCOL', 'REPORT', 'SEARCH', 'LOCK'];

const request = (method: string, path: string, headers = '', host = 'Host: localhost\r\n', version = '1.1') =>
  sendRaw(port, `${method} ${path} HTTP/${version}\r\n${host}Authorization: Bearer ${key}\r\n${headers}\r\n`);

test('a path that is spelled out is not one of a pattern, whatever the method', () => {
  const table = createRouteTable([
    { method: 'GET', path: '/things/:id' },
    { method: 'POST', path: '/things/many' },
    { method: 'GET', path: '/things' },
  ]);
  const strays = ['GET', 'HEAD', 'POST'].map((method) => table.strays(method, '/things/many'));
  expect(strays).toEqual([true, true, false]);
  expect([
    table.strays('GET', '/things/many/'),
    table.strays('GET', '/things/other'),
    table.strays('PUT', '/things'),
  ]).toEqual([true, false, false]);
});

describe('methods', () => {
  test('405 with Allow, in the one shape, for every other method of every route', async () => {
    const paths = new Map<string, string[]>();
    for (const { method, path } of api.app.routes.filter((each) => each.path.startsWith('/api/v1/'))) {
      paths.set(path, [...(paths.get(path) ?? []), method]);
    }
    expect(paths.size).toBeGreaterThan(5);
    for (const [path, methods] of paths) {
      for (const method of [...STRANGE, 'GET', 'POST', 'PATCH'].filter((each) => !methods.includes(each))) {
        const answer = await request(method, path.replace(':id', 'x'), 'Content-Length: 0\r\n');
        if (!answer) throw new Error(`${method} ${path} was cut off`);
        expect([method, path, answer.status]).toEqual([method, path, 405]);
        expect(errorProblems(gotRaw(answer))).toEqual([]);
        const allowed = (answer.headers.get('allow') ?? '').split(', ');
        expect(allowed.filter((each) => each !== 'HEAD').sort()).toEqual([...new Set(methods)].sort());
        expect(allowed.includes('HEAD')).toBe(methods.includes('GET'));
        expect(answer.headers.get('ratelimit-limit')).toBe('1000000');
      }
    }
  });

  test('a method that is no method is refused by the parser, without an answer', async () => {
    for (const method of ['FOO', 'get', 'G ET', '']) {
      const answer = await request(method, '/api/v1/site');
      expect(answer === null || answer.status === 400 || answer.status === 505).toBe(true);
    }
    expect((await request('GET', '/api/v1/site'))?.status).toBe(200);
  });

  test('HEAD is GET without the body, also where it fails', async () => {
    for (const [path, headers, status] of [
      ['/api/v1/site', { authorization: `Bearer ${key}` }, 200],
      ['/api/v1/site', {}, 401],
      ['/api/v1/forms/x', { authorization: `Bearer ${key}` }, 404],
      ['/api/v1/submissions?foo=1', { authorization: `Bearer ${key}` }, 422],
    ] as const) {
      const [head, get] = await Promise.all(
        ['HEAD', 'GET'].map((method) => fetch(`http://127.0.0.1:${port}${path}`, { method, headers })),
      );
      expect([head?.status, await head?.text()]).toEqual([status, '']);
      expect(head?.headers.get('content-length')).toBe(get?.headers.get('content-length') ?? null);
      for (const name of ['content-type', 'www-authenticate', 'ratelimit-limit', 'cache-control']) {
        expect(head?.headers.get(name)).toBe(get?.headers.get(name) ?? null);
      }
    }
  });

  test('what a header says the method should be changes nothing', async () => {
    const before = storedIn(api);
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      expect((await request('GET', '/api/v1/submissions', `${name}: POST\r\n`))?.status).toBe(200);
    }
    expect(storedIn(api)).toBe(before);
  });
});

describe('paths', () => {
  /** Path, and the status a GET of it has; what the URL standard makes of dots is made of them here. */
  const paths: [path: string, status: number][] = [
    ['/api', 404],
    ['/api/', 404],
    ['/api/v1', 404],
    ['/api/v1/nothing', 404],
    ['/API/V1/SITE', 404],
    ['/api/v1/site', 200],
    ['/api/v1/site/', 200],
    ['/api/v1/site//', 404],
    ['//api/v1/site', 404],
    ['/api//v1/site', 404],
    ['/api/v1/site;x=1', 404],
    ['/api/v1/site%20', 404],
    ['/api/v1/%73ite', 404],
    ['/api/v1/./site', 200],
    ['/api/v1/x/../site', 200],
    ['/api/v1/submissions/%2e%2e/site', 200],
    ['/../../../api/v1/site', 200],
    ['/api/v1/site%2F', 404],
    ['/api/v1/submissions%2Fx', 404],
    ['/api/v1/forms/a%2Fb', 404],
    ['/api/v1/forms/..%2F..%2Fetc%2Fpasswd', 404],
    ['/api/v1/forms/%00', 404],
    ['/api/v1/forms/%', 404],
    ['/api/v1/forms/%zz', 404],
    ['/api/v1/forms/%E0%A4%A', 404],
    ['/api/v1/forms/%ff%fe', 404],
    ['/api/v1/forms/\xff', 404],
    ['/api/v1/forms/ü', 404],
    ['/api/v1/forms/:id', 404],
    ['/api/v1/forms/*', 404],
    ['/api/v1/forms/__proto__', 404],
    ['/api/v1/forms/constructor', 404],
    ['/api/v1/forms/toString', 404],
    ['/api/v1/site\\', 200],
    [`/api/v1/forms/${'a'.repeat(15_000)}`, 404],
    [`/api/v1${'/a'.repeat(5_000)}`, 404],
    [`/api/v1/forms/${'%41'.repeat(5_000)}`, 404],
    ['/api/v1/site?', 200],
    ['/api/v1/site#x', 404],
    ['/api/v1/site?%', 200],
    ['/api/v1/submissions?q=%E0%A4%A&per_page=%31', 200],
    ['http://elsewhere.example/api/v1/site', 200],
    ['https://a:1/api/v1/site', 200],
  ];
  for (const [path, status] of paths) {
    test(`${status} for ${path.slice(0, 60)}`, async () => {
      const answer = await request('GET', path);
      if (!answer) throw new Error('cut off');
      expect(answer.status).toBe(status);
      if (status !== 200) expect(errorProblems(gotRaw(answer))).toEqual([]);
      else expect(answer.headers.get('x-request-id')).toStartWith('req_');
    });
  }

  test('however a path is written, its route asks for a key', async () => {
    for (const [path] of paths.filter(([, status]) => status === 200)) {
      const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect([path, answer?.status]).toEqual([path, 401]);
    }
  });

  test('an address that is none, or too long, is refused by the parser', async () => {
    for (const path of ['*', 'api/v1/site', '?x=1', '', `/api/v1/forms/${'a'.repeat(100_000)}`]) {
      const answer = await request('GET', path);
      expect(answer === null || (answer.status >= 400 && answer.body === '')).toBe(true);
    }
  });

  test('a slash at the end is nothing: same route, same label, same methods', async () => {
    await errorOf(await api.call('DELETE', '/api/v1/submissions/'), 405, 'method_not_allowed');
    const created = await api.call('POST', '/api/v1/submissions/', { json: { fields: { a: '1' } } });
    expect(created.status).toBe(201);
  });
});

describe('Host', () => {
  const get = (host: string, version = '1.1') => request('GET', '/api/v1/site', '', host, version);

  test('whatever names a host will do: the server answers for every name', async () => {
    for (const name of [
      'a',
      'lts',
      'a:1',
      '[::1]',
      '[::1]:80',
      'A.Example',
      'xn--bcher-kva.example',
      '1.2.3.4',
      ':80',
    ]) {
      expect([name, (await get(`Host: ${name}\r\n`))?.status]).toEqual([name, 200]);
    }
    expect((await get('Host:\r\n'))?.status).toBe(200);
  });

  test('HTTP/1.0 needs none, as health checks of load balancers have it', async () => {
    expect((await get('', '1.0'))?.status).toBe(200);
    const healthy = await sendRaw(port, 'GET /healthz HTTP/1.0\r\n\r\n');
    expect([healthy?.status, healthy?.body]).toEqual([200, '{"status":"ok"}']);
    const body = '{"fields":{"a":"1"}}';
    const taken = await request(
      'POST',
      '/api/v1/submissions',
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      '',
      '1.0',
    );
    expect(taken?.status).toBe(201);
  });

  test('400 in the one shape for one that names none, RFC 9112: no other route is reached by it', async () => {
    for (const name of ['x/healthz?', 'x/healthz#', 'a b', 'a@b', '?', '#', '/', '\\', '<x>', 'x/../..', 'é', 'a"b']) {
      const answer = await get(`Host: ${name}\r\n`);
      if (!answer) throw new Error('cut off');
      expect([name, answer.status]).toEqual([name, 400]);
      expect(errorProblems(gotRaw(answer))).toEqual([]);
      expect(answer.headers.get('ratelimit-limit')).toBe('1000000');
    }
    const hidden = await sendRaw(port, 'GET /xxxxxx/healthz HTTP/1.1\r\nHost: ?\r\n\r\n');
    expect(hidden?.status).toBe(400);
  });

  test('over TLS the address begins with https, and is read as well', async () => {
    const ask = (url: string) => api.app.fetch(new Request(url, { headers: { authorization: `Bearer ${key}` } }));
    expect((await ask('https://a/api/v1/site')).status).toBe(200);
    expect((await ask('https://leads.example.com:8443/api/v1/submissions?per_page=1')).status).toBe(200);
    const sent = await api.app.fetch(
      new Request('https://leads.example.com/api/v1/submissions', {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: '{"fields":{"a":"1"}}',
      }),
    );
    expect(sent.status).toBe(201);
  });

  test('a caller on this machine reads /metrics also without a Host', async () => {
    const answer = await sendRaw(port, 'GET /metrics HTTP/1.0\r\n\r\n');
    expect(answer?.status).toBe(200);
  });
});
