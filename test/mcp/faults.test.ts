import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test';
import { AppError } from '../../src/lib/errors.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { ERAS, type Era, request } from './support.ts';

/* What the compiled program can't be brought to: faults of its own, and a key without a scope. */

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

async function call(era: Era, name: string, args: object, key?: string) {
  const { body, headers } = request(era, 'tools/call', { name, arguments: args });
  const options = { body, headers: { 'content-type': 'application/json', ...headers } };
  const response = await api.call('POST', '/api/mcp', key === undefined ? options : { ...options, key });
  return { status: response.status, id: response.headers.get('x-request-id'), message: (await response.json()) as any };
}

describe.each(ERAS)('%s', (era) => {
  test('a fault of ours: -32603 with the id to ask for, and nothing of what went wrong', async () => {
    const fault = spyOn(api.store.leads, 'get').mockImplementation(() => {
      throw new TypeError('no such column: secret_column');
    });
    const { status, id, message } = await call(era, 'get_submission', { id: 'sub_01jd8x4k2m3n4p5q6r7st' });
    fault.mockRestore();
    expect([status, message.error.code, message.id]).toEqual([200, -32603, 1]);
    expect(message.error.message).toContain(String(id));
    expect(JSON.stringify(message)).not.toMatch(/secret_column|TypeError|\.ts/);
  });

  test('a full disk is told to the model: nothing was stored, try later', async () => {
    const full = spyOn(api.store.leads, 'accept').mockImplementation(() => {
      throw new AppError('unavailable', 'The disk is full: nothing was stored. Try again later.');
    });
    const { status, message } = await call(era, 'create_submission', { fields: { a: '1' } });
    full.mockRestore();
    expect([status, message.result.isError]).toEqual([200, true]);
    expect(message.result.content).toEqual([
      { type: 'text', text: 'The disk is full: nothing was stored. Try again later.' },
    ]);
  });

  test('a lead that is stored but can not be shown is answered with its id', async () => {
    const { status, message } = await call(era, 'create_submission', { fields: { a: '1' }, metadata: {} });
    expect([status, message.result.structuredContent.data.form_name]).toEqual([200, 'MCP']);
    const broken = spyOn(api.store.leads, 'accept').mockImplementation(async () => ({
      kind: 'accepted',
      results: [{ status: 'created', lead: { id: 'sub_01jd8x4k2m3n4p5q6r7st' } as never }],
    }));
    const shown = await call(era, 'create_submission', { fields: { a: '1' } });
    broken.mockRestore();
    expect(shown.message.result.structuredContent).toEqual({
      data: { id: 'sub_01jd8x4k2m3n4p5q6r7st' },
      replayed: false,
    });
  });

  test('a key without a scope sees the site alone', async () => {
    const { key } = await api.key({ scopes: [] });
    const { body, headers } = request(era, 'tools/list');
    const list = await api.call('POST', '/api/mcp', {
      key,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    expect(((await list.json()) as any).result.tools.map(({ name }: { name: string }) => name)).toEqual(['get_site']);
    const { status, message } = await call(era, 'get_site', {}, key);
    expect([status, message.result.structuredContent.scopes]).toEqual([200, []]);
    expect((await call(era, 'list_forms', {}, key)).status).toBe(403);
  });
});
