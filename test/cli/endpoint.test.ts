import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
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
