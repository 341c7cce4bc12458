import { createHash } from 'node:crypto';
import { type Sendable, sendable } from '../pages/send.ts';
import { bundledSdk } from './sdk-bundle.ts' with { type: 'macro' };

const text: string = bundledSdk();

/** What is in it, in 16 characters: the same for the same script. */
export const SDK_HASH = createHash('sha256').update(text).digest('hex').slice(0, 16);

export const SDK: Sendable = sendable('text/javascript; charset=utf-8', text);
