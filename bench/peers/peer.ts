/** Another queue on the same server. */
export interface Peer {
  /** Adds jobs that do nothing, works them off and answers how long the working took, milliseconds. */
  readonly run: (jobs: number) => Promise<number>;
  readonly close: () => Promise<void>;
}
