import type { SheetStore } from '../../src/store/sheets.ts';
import type { Store } from '../../src/store/store.ts';

/** What a store action rejects with when a test said so: the server died just before it. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** A real store whose sheet actions fail when told to: before anything of them is kept. */
export interface FaultyStore {
  store: Store;
  /** The next call of one of these rejects with `Killed`; once. */
  failNext(...methods: (keyof SheetStore)[]): void;
  /** Asked before each action that writes; true: it rejects with `Killed`. */
  failWhen(test: ((method: keyof SheetStore) => boolean) | null): void;
}

const WRITES: readonly (keyof SheetStore)[] = [
  'settleLocal',
  'settleBatch',
  'planBatch',
  'resendBatch',
  'settleUpdates',
  'settleRemovals',
  'addTab',
  'updateTab',
  'putColumns',
  'markSynced',
  'updateBook',
  'raiseSeq',
];

export function faultyStore(real: Store): FaultyStore {
  let once: readonly (keyof SheetStore)[] = [];
  let when: ((method: keyof SheetStore) => boolean) | null = null;
  const fails = (method: keyof SheetStore): boolean => {
    if (!once.includes(method)) return when?.(method) ?? false;
    once = [];
    return true;
  };
  const sheets = new Proxy(real.sheets, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      const method = name as keyof SheetStore;
      if (typeof value !== 'function' || !WRITES.includes(method)) return value;
      return (...args: unknown[]) => (fails(method) ? Promise.reject(new Killed(method)) : value.apply(target, args));
    },
  });
  return {
    store: { ...real, sheets },
    failNext(...methods) {
      once = methods;
    },
    failWhen(test) {
      when = test;
    },
  };
}
