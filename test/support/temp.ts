import { afterAll } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A new folder on disk, removed when what asks for it is done: the file, the `describe` block, or the test. Never asked
 * for in a `beforeAll`: that is done before the first test is.
 */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lts-test-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
