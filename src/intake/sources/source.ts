import type { Source } from '../../contract/source.ts';
import type { HookSender } from '../hooks/sender.ts';
import type { Overflow } from '../sanitise.ts';

/** One way a lead comes in. What all of them share (sanitising, forms, storing) is not theirs to do. Spec 3. */
export interface SourceAdapter {
  id: Source;
  /** Its name in the pages. */
  label: string;
  /** What becomes of fields beyond the limits. Spec 1. */
  overflow: Overflow;
  /** The form of a lead that names none. Spec 2. */
  defaultForm: string;
  /** Anybody may use it: its leads are looked through for spam. Left out where a key or an unguessable address is needed. */
  isOpen?: true;
  /** How its calls of a hook are checked and read; left out where it calls none, or anything. Spec 3, "Sources". */
  hook?: HookSender;
}
