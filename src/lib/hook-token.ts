import { customAlphabet } from 'nanoid';

/** What stands in a hook's address: 32 lower-case letters and digits, 165 bits, not to be guessed. */
export const newHookToken = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 32);
