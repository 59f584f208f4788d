/** What a person at a terminal shows beyond sitting there, in a workspace whose `authority` is `confirmed`. */
export interface ProofPort {
  /** Asks for the proof, and answers whether what is shown matches what was kept of it. Nothing of it outlives the call. */
  readonly ask: (kept: string) => Promise<boolean>;
  /**
   * Asks for a new proof, and answers what to keep of it. Refuses with `invalid` what proves too little.
   * @param publicKey in the form of OpenSSH; absent = a passphrase
   */
  readonly choose: (publicKey: string | undefined) => Promise<string>;
}
