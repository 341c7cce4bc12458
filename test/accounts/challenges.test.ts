import { expect, test } from 'bun:test';
import { CHALLENGE_MS, createChallenges } from '../../src/accounts/challenges.ts';
import { TestClock } from '../support/clock.ts';

test('a challenge is taken once, for what and by whom it was asked for', () => {
  const challenges = createChallenges(new TestClock());
  const challenge = challenges.issue('confirm', 'ses_a');
  expect(challenge).not.toBe(challenges.issue('confirm', 'ses_a'));
  expect(challenges.take(challenge, 'sign_in', 'ses_a')).toBe(false);
  expect(challenges.take(challenge, 'confirm', 'ses_b')).toBe(false);
  expect(challenges.take(challenge, 'confirm', 'ses_a')).toBe(true);
  expect(challenges.take(challenge, 'confirm', 'ses_a')).toBe(false);
});

test('none is taken that is over, was changed, or is of another process', () => {
  const clock = new TestClock();
  const challenges = createChallenges(clock);
  const late = challenges.issue('add', 'x');
  clock.advance(CHALLENGE_MS - 1);
  const early = challenges.issue('add', 'x');
  clock.advance(1);
  expect(challenges.take(late, 'add', 'x')).toBe(false);
  expect(createChallenges(clock).take(early, 'add', 'x')).toBe(false);
  const bytes = Buffer.from(early, 'base64url');
  for (const at of [0, 17, 30, bytes.length - 1]) {
    const other = Buffer.from(bytes);
    other[at] = (other[at] ?? 0) ^ 1;
    expect(challenges.take(other.toString('base64url'), 'add', 'x')).toBe(false);
  }
  // The same bytes written otherwise are not the same challenge.
  for (const text of ['', 'x', `${early}=`, `${early}A`, ` ${early}`]) {
    expect(challenges.take(text, 'add', 'x')).toBe(false);
  }
  expect(challenges.take(early, 'add', 'x')).toBe(true);
});

test('one that was used is remembered for as long as it would be good', () => {
  const clock = new TestClock();
  const challenges = createChallenges(clock);
  const first = challenges.issue('add', 'x');
  clock.advance(CHALLENGE_MS - 2);
  expect(challenges.take(first, 'add', 'x')).toBe(true);
  clock.advance(1);
  // Taking another forgets what is old, and nothing else.
  expect(challenges.take(challenges.issue('add', 'x'), 'add', 'x')).toBe(true);
  expect(challenges.take(first, 'add', 'x')).toBe(false);
});
