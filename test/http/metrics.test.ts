import { describe, expect, test } from 'bun:test';
import { request as httpRequest } from 'node:http';
import { testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';

/** A request over a socket, as a scraper sends it. */
function get(port: number, headers: Record<string, string> = {}, host = '127.0.0.1') {
  return new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
    const asked = httpRequest({ host, port, path: '/metrics', headers }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** `name{labels}` to value. */
function read(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('who may read /metrics', () => {
  test('without a token: a direct caller on this machine, and nobody behind a proxy', async () => {
    const { app, close } = await testApp();
    const { port } = app.start();
    expect((await get(port)).status).toBe(200);
    for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'Via', 'X-Forwarded-Proto']) {
      const refused = await get(port, { [name]: '203.0.113.7' });
      expect([name, refused.status]).toEqual([name, 404]);
      expect(refused.body).not.toContain('leadtosheet_');
    }
    await close();
  });

  test('without a token and without a connection that says where it comes from: nobody', async () => {
    const { call, close } = await testApp();
    expect((await call('GET', '/metrics')).status).toBe(404);
    await close();
  });

  test('with a token: who sends it, from anywhere; else 401, also on this machine', async () => {
    const token = 'a token, with spaces';
    const { app, close, call } = await testApp({ metricsToken: token });
    const { port } = app.start();
    expect((await get(port, { authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.7' })).status).toBe(200);
    for (const authorization of [undefined, 'Bearer ', `Bearer ${token}x`, `Basic ${token}`, token]) {
      const { status, body } = await get(port, authorization === undefined ? {} : { authorization });
      expect(status).toBe(401);
      expect(body).not.toContain('leadtosheet_');
    }
    const answer = await call('GET', '/metrics', { key: null });
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    await close();
  });
});

describe('what /metrics says', () => {
  test('requests, leads, the queue, commits, the database and the process, in Prometheus text', async () => {
    const clock = new TestClock();
    const { app, call, close, site } = await testApp({ clock });
    const { port } = app.start();
    const lead = { fields: { Email: 'a@example.com' } };
    await call('POST', '/api/v1/submissions', { json: lead, headers: { 'idempotency-key': 'k' } });
    await call('POST', '/api/v1/submissions', { json: lead, headers: { 'idempotency-key': 'k' } });
    await call('POST', '/api/v1/submissions', { json: { nonsense: 1 } });
    await call('POST', '/api/v1/submissions/batch', { json: { submissions: [lead, lead, {}] } });
    await call('GET', '/api/v1/submissions/sub_none');
    await call('GET', '/no/such/<path>"');
    clock.advance(90_000);
    const { body, type } = await get(port);
    expect(type).toContain('text/plain; version=0.0.4');
    const values = read(body);
    const request = (method: string, route: string, status: number) =>
      values.get(`leadtosheet_http_requests_total{method="${method}",route="${route}",status="${status}"}`);
    expect(request('POST', '/api/v1/submissions', 201)).toBe(2);
    expect(request('POST', '/api/v1/submissions', 422)).toBe(1);
    expect(request('POST', '/api/v1/submissions/batch', 200)).toBe(1);
    expect(request('GET', '/api/v1/submissions/:id', 404)).toBe(1);
    expect(request('GET', '-', 404)).toBe(1);
    const leads = (outcome: string) => values.get(`leadtosheet_leads_total{source="rest_api",outcome="${outcome}"}`);
    expect([leads('created'), leads('replayed'), leads('refused')]).toEqual([3, 1, 2]);
    const target = `{site="${site.id}",target="local"}`;
    expect(values.get(`leadtosheet_sheet_queue_rows${target}`)).toBe(3);
    expect(values.get(`leadtosheet_sheet_queue_oldest_seconds${target}`)).toBeGreaterThanOrEqual(89);
    const commits = values.get('leadtosheet_commit_seconds_count');
    expect(commits).toBeGreaterThan(0);
    expect(values.get('leadtosheet_commit_seconds_bucket{le="+Inf"}')).toBe(commits ?? 0);
    expect(values.get('leadtosheet_fsync_seconds_count')).toBe(commits ?? 0);
    expect(values.get('leadtosheet_sqlite_bytes')).toBeGreaterThan(4_096);
    expect(values.get('leadtosheet_sqlite_writable')).toBe(1);
    expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(values.get('process_start_time_seconds')).toBe((clock.now() - 90_000) / 1000);
    // Each metric says what it is, once.
    const described = [...body.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map((match) => match[1]);
    expect(new Set(described).size).toBe(described.length);
    for (const name of values.keys()) {
      expect(described).toContain(name.replace(/\{.*/, '').replace(/_seconds_(bucket|sum|count)$/, '_seconds'));
    }
    // Nothing of a lead, a key or a path that somebody made up.
    expect(body).not.toContain('example.com');
    expect(body).not.toContain('no/such');
    await close();
  });

  test('a method that somebody made up is counted among the others', async () => {
    const { app, close } = await testApp();
    const { port } = app.start();
    await new Promise<void>((resolve, reject) => {
      const asked = httpRequest({ host: '127.0.0.1', port, path: '/healthz', method: 'PROPFIND' }, (response) => {
        response.resume();
        response.on('end', resolve);
      });
      asked.on('error', reject);
      asked.end();
    });
    const methods = new Set([...(await get(port)).body.matchAll(/requests_total\{method="(\w+)"/g)].map((m) => m[1]));
    expect([...methods]).toEqual(['other']);
    await close();
  });
});
