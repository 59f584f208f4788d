/** Another queue on the same server. */
export interface Peer {
  /**
   * Adds jobs that do nothing, works them off and answers how long the working took, milliseconds.
   * @param tell is told how long each claim took
   */
  readonly run: (jobs: number, tell?: (claimMs: number) => void) => Promise<number>;
  readonly close: () => Promise<void>;
}
