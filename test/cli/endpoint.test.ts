import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { createVault } from '../../src/lib/crypto.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { HOSTED_FORM } from '../support/hosted-form.ts';
import { program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

test('endpoints are listed, made, shown and changed by JSON, and what is wrong is said', async () => {
  const { json, run } = program();
  const site = await json(['site', 'create', '--name', 'Shop']);
  expect(await json(['endpoint', 'list'])).toMatchObject({ data: [{ id: site.endpoint_id, name: 'Website' }] });

  const stdin = JSON.stringify({ name: 'Landing page', answer: 'thanks', thanks_title: 'Got it' });
  const created = await run(['endpoint', 'create', '--data', '-', '--json'], { stdin });
  expect(created.exit).toBe(0);
  const made = JSON.parse(created.stdout);
  expect(made).toMatchObject({ name: 'Landing page', answer: 'thanks', thanks_title: 'Got it', redirect_url: null });
  expect(await json(['endpoint', 'show', made.id])).toEqual(made);

  const change = (text: string, id = made.id) => run(['endpoint', 'update', id, '--data', '-'], { stdin: text });
  expect((await change('{"answer":"redirect","redirect_url":"https://example.com/ok"}')).exit).toBe(0);
  expect(await json(['endpoint', 'show', made.id])).toMatchObject({
    answer: 'redirect',
    redirect_url: 'https://example.com/ok',
    thanks_title: 'Got it',
  });
  const wrong = await change('{"redirect_url":"javascript:alert(1)"}');
  expect([wrong.exit, wrong.stderr]).toEqual([2, expect.stringContaining('redirect_url')]);
  expect((await change('{"anwser":"json"}')).stderr).toContain('answer');
  expect(await change('not JSON')).toMatchObject({ exit: 2, stderr: expect.stringContaining('not valid JSON') });
  expect((await change('{}', 'zzzzzzzzzz')).exit).toBe(3);
  expect((await run(['endpoint', 'create', '--data', '-'], { stdin: '{}' })).stderr).toContain('"name"');
  expect((await run(['endpoint', 'create', '--data', 'no-such-file.json'])).stderr).toContain('there is no such file');
});

test('a field of the hosted form can not be its trap: whoever fills it in would be a bot', async () => {
  const secret = 'the secret of this test, long enough';
  const { json, run, dataDir } = program({ LTS_SECRET: secret });
  const site = await json(['site', 'create', '--name', 'Shop']);
  const store = openStore({
    ...{ path: join(dataDir, 'leadtosheet.db'), durability: 'normal', clock: systemClock, ids: randomIds() },
    secretCheck: createVault(secret).checkValue(),
  });
  await store.hostedForms.change(site.id, site.endpoint_id, () => ({ published: true, form: HOSTED_FORM }));
  await store.close();
  const change = (honeypot: string) =>
    run(['endpoint', 'update', site.endpoint_id, '--data', '-'], { stdin: JSON.stringify({ honeypot }) });
  expect(await change('Phone')).toMatchObject({ exit: 2, stderr: expect.stringContaining('/honeypot: is a field') });
  expect((await change('website')).exit).toBe(0);
});
