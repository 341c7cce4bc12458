import { expect, test } from 'bun:test';
import type { Fields } from '../../../src/contract/submission.ts';
import type { SpamLead } from '../../../src/intake/spam/rule.ts';
import { textsOf } from '../../../src/intake/spam/values.ts';
import { verdict } from '../../../src/intake/spam/verdict.ts';
import type { SpamLevel } from '../../../src/store/spam.ts';
import { GOOD, SPAM } from './corpus.ts';

const lead = (fields: Fields, facts: Partial<SpamLead> = {}): SpamLead => ({
  ...{ texts: textsOf(fields), fill: null, known: null, otherSenders: 0, formIsLatin: true, blockedWords: [] },
  ...facts,
});
const caught = (all: readonly Fields[], level: SpamLevel) =>
  all.filter((fields) => verdict(lead(fields), level) !== null);

test('good leads are never taken for spam, in whatever language, however short', () => {
  expect(caught(GOOD, 'normal')).toEqual([]);
  expect(caught(GOOD, 'strict')).toEqual([]);
  expect(GOOD.length).toBe(60);
});

test('spam is mostly found, more of it at the strict level', () => {
  expect(SPAM.length).toBe(26);
  expect(caught(SPAM, 'normal')).toEqual(SPAM.slice(0, 20));
  expect(caught(SPAM, 'strict')).toEqual(SPAM.slice(0, 24));
  expect(caught(SPAM, 'off')).toEqual([]);
});

test('good leads stay good when a day lies between opening and sending', () => {
  const stale = GOOD.filter((fields) => verdict(lead(fields, { fill: 'stale' }), 'strict') !== null);
  expect(stale).toEqual([]);
});
