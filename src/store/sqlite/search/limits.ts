/** Where the way that lists take changes with how many leads there are. Tests have smaller numbers, to go all ways. */
export interface ListLimits {
  /** The index is cut into blocks of so many leads by time, at most 65,535. */
  blockLeads: number;
  /** So many leads that are not in the index yet are taken in by a list that is asked for: who writes can read. */
  bring: number;
  /** So many leads of a block are looked into one by one, before its lists are merged for a long word. */
  doubts: number;
  /** So few leads of a sheet status are looked at one by one. */
  few: number;
  /** So many ids are held in memory for one list. */
  many: number;
}

export const LIST_LIMITS: ListLimits = { blockLeads: 32_768, bring: 1_000, doubts: 32, few: 1_000, many: 20_000 };
