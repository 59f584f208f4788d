/** What a claim answers. */
export interface Claimed {
  readonly item: number;
  readonly lease: string;
  /** All that an agent starts from, as JSON; empty where it was not asked for. */
  readonly brief: string;
}

export interface Result {
  readonly note?: string;
  /** Kind and value of each. */
  readonly evidence?: readonly (readonly [kind: string, value: string])[];
}

/**
 * The loop of an agent as the smallest program that an expert would write over the same tables: prepared statements or a function for
 * each step, one commit for each, the lease in every condition. No rule of ours, no check of input or answer. Nothing in this folder
 * imports anything of `src`.
 */
export interface Baseline {
  /** Leases the next ready item; keeps a project's bound of leases and leaves items whose paths another holds. */
  readonly claim: (options: { brief: boolean }) => Promise<Claimed>;
  readonly note: (step: { lease: string; text: string }) => Promise<void>;
  readonly plan: (step: { lease: string; body: string }) => Promise<void>;
  /** To review. Counts the time of the work where it is a second or more. */
  readonly finish: (step: { lease: string } & Result) => Promise<void>;
  readonly close: () => Promise<void>;
}

export const ACTOR = "ai:bench";
export const LEASE_MS = 15 * 60_000;
export const DAY_MS = 86_400_000;

export const newLease = (): string =>
  `L${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url")}`;

/** Queues in weighted random order (Efraimidis and Spirakis). */
export function drawn<Q extends { readonly weight: number }>(queues: readonly Q[]): readonly Q[] {
  return queues
    .map((queue) => ({ queue, key: -Math.log(1 - Math.random()) / queue.weight }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ queue }) => queue);
}
