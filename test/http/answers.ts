import { expect } from 'bun:test';
import type { ErrorBody } from '../../src/contract/error.ts';
import type { TestApp } from '../support/app.ts';
import { errorProblems, type Got, got } from '../support/error-shape.ts';
import { type Answer, Connection } from '../support/load.ts';

export { errorProblems, got } from '../support/error-shape.ts';

/** Asserts an error in the one shape. */
export async function errorOf(response: Response, status: number, code: string): Promise<ErrorBody['error']> {
  const answer = await got(response);
  const error = (JSON.parse(answer.text || 'null') as ErrorBody | null)?.error;
  expect({ status: answer.status, code: error?.code as string }).toEqual({ status, code });
  expect(errorProblems(answer)).toEqual([]);
  return error as ErrorBody['error'];
}

/** How many leads a site has, spam and all. */
export function storedIn({ store, site }: Pick<TestApp, 'store' | 'site'>): number {
  return store.leads.count(site.id, { spam: 'include' }, 1_000_000);
}

/** How many transactions the store has committed. */
export function commitsOf({ store }: Pick<TestApp, 'store'>): number {
  const times = store.metrics.find(({ name }) => name === 'leadtosheet_commit_seconds');
  const count = times?.samples().find(({ metricName }) => metricName?.endsWith('_count'));
  if (!count) throw new Error('the store no longer counts its commits');
  return count.value;
}

/** Sends bytes as they are over a connection of their own. Null: it was closed without an answer. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<Answer | null> {
  const connection = await Connection.open(port);
  if (!connection) throw new Error('nobody listens');
  connection.write(bytes);
  const answer = await connection.answer();
  connection.end();
  return answer;
}

export function gotRaw({ status, headers, body }: Answer): Got {
  return { status, header: (name) => headers.get(name) ?? null, text: body };
}
