/** When the last lead came in by each way that a site has. */
export interface ArrivalStore {
  /**
   * Notes that a lead came in by a way: a source, or one endpoint, hosted form or hook (`intake/ways.ts`). Costs no
   * commit of the lead's: it is in memory at once, and on disk within a minute, as `KeyStore.touch`.
   */
  note(siteId: string, way: string, nowMs: number): void;
  /** By way, in milliseconds. Ways by which no lead came are not in it. */
  of(siteId: string): ReadonlyMap<string, number>;
}
