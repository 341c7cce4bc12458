import type { SpamLevel } from '../../store/spam.ts';
import { ALL_RULES, OWN_RULES } from './list.ts';
import type { Finding, SpamLead } from './rule.ts';

/** So many points make it spam. */
export const THRESHOLDS: Readonly<Record<Exclude<SpamLevel, 'off'>, number>> = { normal: 100, strict: 60 };

/** What the rules make of a lead: why it is spam, the weightiest sign first; null: it is none. Pure. */
export function verdict(lead: SpamLead, level: SpamLevel): string | null {
  const rules = level === 'off' ? OWN_RULES : ALL_RULES;
  const findings: Finding[] = [];
  let points = 0;
  for (const rule of rules) {
    const finding = rule(lead);
    if (finding === null) continue;
    findings.push(finding);
    points += finding.points;
  }
  if (points < THRESHOLDS[level === 'off' ? 'normal' : level]) return null;
  return findings
    .sort((a, b) => b.points - a.points)
    .map(({ reason }) => reason)
    .join(' ');
}
