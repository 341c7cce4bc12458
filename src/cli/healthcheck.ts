import { isIP } from 'node:net';
import { AppError } from '../lib/errors.ts';
import { type Command, done } from './command.ts';
import { settingsOf } from './session.ts';

const TIMEOUT_MS = 5_000;

export const healthcheckCommand: Command = {
  name: 'healthcheck',
  summary: 'Asks the server of this machine whether it is alive: exit code 0 if so, else 1.',
  flags: {},
  async run(context) {
    const { config } = settingsOf(context);
    if (config.port === 0) throw new AppError('unavailable', 'LTS_PORT is 0: nobody knows which port the server took.');
    const url = `http://${reachable(config.host)}:${config.port}/healthz`;
    const status = await statusOf(url);
    if (status === null) throw new AppError('unavailable', `Nothing answers at ${url}. Is the server running?`);
    if (status !== 200) throw new AppError('unavailable', `${url} answered ${status}.`);
    return done({ status: 'ok', url }, `ok: ${url}`);
  },
};

/** An address to reach a listening one by: "everywhere" is no place to connect to. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** The status of a GET; null when nothing answers in time. */
async function statusOf(url: string): Promise<number | null> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return response.status;
  } catch {
    // Refused, reset or too slow: to whoever asks it is all the same.
    return null;
  }
}
