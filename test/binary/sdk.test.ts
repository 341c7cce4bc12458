import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { bundledSdk } from '../../src/http/forms/sdk-bundle.ts';
import { killAll, startServer } from '../support/binary.ts';
import { tempDir } from '../support/temp.ts';

setDefaultTimeout(120_000);
afterAll(killAll);

test('the script that pages load is in the program, as it is built from source', async () => {
  const { url } = await startServer({ dir: tempDir() });
  const answer = await fetch(`${url}/sdk.js`);
  expect(await answer.text()).toBe(bundledSdk());
  const hash = answer.headers.get('etag')?.slice(1, -1);
  expect((await fetch(`${url}/sdk-${hash}.js`)).headers.get('cache-control')).toContain('immutable');
});
