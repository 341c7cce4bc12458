import { AppError } from '../lib/errors.ts';

/** Long enough that no second kind of character is asked for. NIST SP 800-63B asks for 8, and 15 where it stands alone. */
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 256;

/** Words that passwords of the lists that are tried first are made of. */
const COMMON: ReadonlySet<string> = new Set(
  (
    'password passwort passw passwd admin administrator letmein welcome willkommen iloveyou monkey dragon football baseball ' +
    'sunshine princess superman batman master shadow michael jennifer trustno changeme secret default login qwerty ' +
    'azerty qwertz qwertyuiop asdfghjkl zxcvbnm leadtosheet passwordpassword adminadmin testtest test temp guest root ' +
    'whatever starwars computer internet summer winter spring autumn hello freedom charlie'
  ).split(' '),
);
const RUNS = [
  '01234567890123456789012345',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7u',
  '1q2w3e4r5t6y7u8i9o0p',
];

/** One form of each text, so that it doesn't matter which keyboard wrote an accent. */
export const plainPassword = (password: string): string => password.normalize('NFKC');

/** What is wrong with a new password, in a sentence; null: nothing. `email`: whose it is to be. */
export function passwordProblem(password: string, email: string): string | null {
  const plain = plainPassword(password);
  const length = [...plain].length;
  if (length < PASSWORD_MIN) return `The password must have at least ${PASSWORD_MIN} characters.`;
  if (length > PASSWORD_MAX) return `The password must have at most ${PASSWORD_MAX} characters.`;
  const low = plain.toLowerCase();
  const address = email.toLowerCase();
  if (low === address || low === address.split('@', 1).join()) return 'The password must not be the e-mail address.';
  if (!isGuessable(low)) return null;
  return 'This password is one of the first that are guessed. Take one that nobody would think of: four words by chance, say.';
}

function isGuessable(low: string): boolean {
  // 'Password123!', 'welcome2026admin': common words with digits and signs around them.
  const words = low.split(/[^\p{L}]+/u).filter((word) => word !== '');
  if (words.every((word) => COMMON.has(word)) && words.length > 0) return true;
  if (/^(.{1,4}?)\1+$/u.test(low) || new Set(low).size < 4) return true;
  return RUNS.some((run) => run.includes(low) || [...run].reverse().join('').includes(low));
}

export interface HashCost {
  /** KiB. */
  memory: number;
  passes: number;
}

/** OWASP, "Password Storage Cheat Sheet": argon2id with 19 MiB, two passes, one lane. */
export const HASH_COST: HashCost = { memory: 19_456, passes: 2 };

export interface Hasher {
  /** argon2id, in the usual text form. @throws AppError unavailable when too many wait already */
  hash(password: string): Promise<string>;
  /** Costs the same without a hash (null), for which no password is right. @throws as `hash` */
  matches(password: string, hash: string | null): Promise<boolean>;
}

/** So many at once: each takes 19 MiB and a core. The others wait, up to a number that is served in a few seconds. */
const AT_ONCE = 2;
const MAX_WAITING = 50;

/** Hashes passwords beside all other work: nothing of it runs on the thread that takes leads. */
export function createHasher({ memory, passes }: HashCost = HASH_COST): Hasher {
  const inTurn = createTurns();
  const filler = (byte: number) => Buffer.alloc(32, byte).toString('base64').replace(/=+$/, '');
  const nobody = `$argon2id$v=19$m=${memory},t=${passes},p=1$${filler(1)}$${filler(2)}`;
  const how = { algorithm: 'argon2id', memoryCost: memory, timeCost: passes } as const;
  return {
    hash: (password) => inTurn(() => Bun.password.hash(plainPassword(password), how)),
    async matches(password, hash) {
      // Nobody has a longer one; what is cut is wrong all the same.
      const plain = plainPassword(password.slice(0, 4 * PASSWORD_MAX));
      const right = await inTurn(() => Bun.password.verify(plain, hash ?? nobody));
      return right && hash !== null && password.length <= 4 * PASSWORD_MAX;
    },
  };
}

function createTurns() {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= AT_ONCE) {
      if (waiting.length >= MAX_WAITING) {
        throw new AppError('unavailable', 'Too many people sign in at this moment. Try again in a few seconds.', {
          retryAfterSeconds: 5,
        });
      }
      // Whoever is done hands its place on.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
