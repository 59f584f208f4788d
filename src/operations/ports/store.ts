import type { Caller } from "#domain/caller.ts";
import type { ClaimStore } from "./store/claim-store.ts";
import type { CommitStore } from "./store/commit-store.ts";
import type { DenialStore } from "./store/denial-store.ts";
import type { GateStore } from "./store/gate-store.ts";
import type { HistoryStore } from "./store/history-store.ts";
import type { ItemStore } from "./store/item-store.ts";
import type { ProjectStore } from "./store/project-store.ts";
import type { RunStore } from "./store/run-store.ts";
import type { TokenStore } from "./store/token-store.ts";

export interface KeyedCall {
  readonly by: Caller;
  /** 1 to 200 visible ASCII characters. */
  readonly key: string;
  readonly operation: string;
  /** Of everything that the call depends on; the same for the same call. */
  readonly inputHash: string;
  /** Its answer must be plain JSON. It may be run again when other writers were in the way. */
  readonly work: (store: Store) => Promise<unknown>;
}

/** A change of an item that its caller has read. */
export interface VersionedCall<T> {
  readonly id: number;
  readonly version: number;
  readonly work: (store: Store) => Promise<T>;
}

/** Everything that is kept, in domain verbs, one member per aggregate. Each write is one transaction with its events. */
export interface Store {
  /** Where it is, without a password: a path or an address. */
  readonly place: string;
  readonly projects: ProjectStore;
  readonly gate: GateStore;
  readonly items: ItemStore;
  readonly claims: ClaimStore;
  readonly runs: RunStore;
  readonly commits: CommitStore;
  readonly history: HistoryStore;
  readonly tokens: TokenStore;
  readonly denials: DenialStore;
  /**
   * Runs `work` in one transaction, at most once per actor and key: the same call again answers the first answer and writes nothing,
   * another call under the key is refused with `conflict`. A refusal keeps nothing, so that the key may be used again.
   */
  readonly once: (request: KeyedCall) => Promise<unknown>;
  /**
   * Runs `work` in one transaction in which the item is at this version and stays there. Refuses with `conflict`, and the version that
   * it is at, without calling `work`.
   */
  readonly atVersion: <T>(request: VersionedCall<T>) => Promise<T>;
  /**
   * Runs `work` in one transaction: all of what it writes, or nothing. It may be run again when other writers were in the way.
   */
  readonly transaction: <T>(work: (store: Store) => Promise<T>) => Promise<T>;
  /** A text that is another once anything was written, by whomever; undefined where that cannot be told for less than a read. */
  readonly state: () => string | undefined;
  /** The database's clock, epoch milliseconds. */
  readonly now: () => Promise<number>;
  readonly close: () => Promise<void>;
}
