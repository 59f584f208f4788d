import type { ClaimStore } from "./store/claim-store.ts";
import type { CommitStore } from "./store/commit-store.ts";
import type { GateStore } from "./store/gate-store.ts";
import type { HistoryStore } from "./store/history-store.ts";
import type { ItemStore } from "./store/item-store.ts";
import type { ProjectStore } from "./store/project-store.ts";
import type { RunStore } from "./store/run-store.ts";

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
  /** The database's clock, epoch milliseconds. */
  readonly now: () => Promise<number>;
  readonly close: () => Promise<void>;
}
