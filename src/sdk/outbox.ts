import { guard } from './guard.ts';
import { type Outcome, post } from './post.ts';
import { forget, keep, namesOf, recall } from './shelf.ts';

/*
 * Forms on their way: each is kept until the server has answered, and sent again until then, under the same idempotency
 * key. So the end of a page loses none: the next one goes on.
 */

interface Kept {
  /** Unix time in milliseconds. */
  at: number;
  url: string;
  body: string;
}

const MAX_KEPT = 20;
/** No longer than the server knows a key. */
const DAY_MS = 86_400_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 300_000;

const underWay = new Map<string, Promise<Outcome>>();
let beginning = '';
let settled: (outcome: Outcome) => void;
let waits = FIRST_WAIT_MS;
let timer: ReturnType<typeof setTimeout> | undefined;

/** @param prefix of what is kept; @param tell hears what became of each attempt */
export function openOutbox(prefix: string, tell: (outcome: Outcome) => void): void {
  beginning = prefix;
  settled = tell;
  addEventListener('online', flush);
  flush();
}

/** Keeps a form, and sends it. Never rejects. */
export function send(key: string, url: string, body: string): Promise<Outcome> {
  const kept: Kept = { at: Date.now(), url, body };
  keep(beginning + key, JSON.stringify(kept));
  for (const [oldest] of waiting().slice(0, -MAX_KEPT)) forget(oldest);
  return deliver(beginning + key, kept);
}

/** Gives up one that may be waiting. */
export const giveUp = (key: string): void => forget(beginning + key);

/** What is to be sent still, oldest first. What is too old or none of ours is forgotten. */
const waiting = (): [name: string, kept: Kept][] =>
  namesOf(beginning)
    .flatMap((name): [string, Kept][] => {
      const kept = guard(() => JSON.parse(recall(name) ?? '') as Kept);
      if (kept && Math.abs(Date.now() - kept.at) < DAY_MS) return [[name, kept]];
      forget(name);
      return [];
    })
    .sort((a, b) => a[1].at - b[1].at);

function deliver(name: string, { url, body }: Kept): Promise<Outcome> {
  const attempt =
    underWay.get(name) ??
    post(url, body).then((outcome) => {
      underWay.delete(name);
      if (outcome.kind === 'queued') {
        clearTimeout(timer);
        timer = setTimeout(flush, waits);
        waits = Math.min(waits * 2, LONGEST_WAIT_MS);
      } else {
        forget(name);
        waits = FIRST_WAIT_MS;
      }
      settled(outcome);
      return outcome;
    });
  underWay.set(name, attempt);
  return attempt;
}

/** Sends what waits, until something has to wait on. */
async function flush(): Promise<void> {
  for (const [name, kept] of waiting()) {
    if ((await deliver(name, kept)).kind === 'queued') return;
  }
}
