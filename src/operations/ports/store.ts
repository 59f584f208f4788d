/** Everything that is kept, in domain verbs. Filled in below per aggregate. */
export interface Store {
  /** The database's clock, epoch milliseconds. */
  readonly now: () => Promise<number>;
  readonly close: () => Promise<void>;
}
