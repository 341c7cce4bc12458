import { describe, expect, test } from 'bun:test';
import { Bench } from './google-harness.ts';

describe('rows', () => {
  test('the first lead makes its tab and stands in it once, under the right headers', async () => {
    const bench = await Bench.start();
    const lead = await bench.accept(
      { Email: 'alice@example.com', Phone: '+44 20 7946 0000', Code: '007' },
      { form: 'Contact' },
    );
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([lead.id]);
    expect(bench.column('f:Email', 'Contact')).toEqual(['Email', 'alice@example.com']);
    expect(bench.column('f:Phone', 'Contact')).toEqual(['Phone', '+44 20 7946 0000']);
    expect(bench.column('f:Code', 'Contact')).toEqual(['Code', '007']);
    expect(bench.rows('Contact')[0]?.slice(0, 5)).toEqual(['Lead Quality', 'Submitted at', 'Email', 'Phone', 'Code']);
    expect(bench.status(lead)).toBe('synced');
    expect(bench.violations()).toEqual([]);
  });
});
