import type { SubmitContext } from './accept.ts';

/** One endpoint, hosted form or hook, as the forms of its leads are known by it. */
const PLACE = /^(?:endpoint|hosted|hook):[^:]+/;

export const endpointWay = (endpointId: string): string => `endpoint:${endpointId}`;
export const hostedWay = (endpointId: string): string => `hosted:${endpointId}`;
export const hookWay = (hookId: string): string => `hook:${hookId}`;

/**
 * What a lead came by, for `ArrivalStore`: its endpoint, hosted form or hook where it has one, else its source. The
 * script's leads count for the script alone: what their forms are known by is written by strangers.
 */
export function wayOf({ source, form }: Pick<SubmitContext, 'source' | 'form'>): string {
  if (form === undefined || source === 'sdk' || form.by !== 'key') return source;
  return PLACE.exec(form.key)?.[0] ?? source;
}
