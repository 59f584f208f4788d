import type { ActorName } from "#domain/actor.ts";
import type { Page, PageRequest } from "./page.ts";

/** One entry of the history: who did what, when, and which fields changed. Never updated or deleted. */
export interface HistoryEvent {
  readonly id: number;
  readonly stream: string;
  readonly streamId: number;
  readonly n: number;
  readonly at: number;
  readonly actor: ActorName;
  readonly auth: string;
  readonly door: string;
  readonly operation: string;
  readonly runId: number | null;
  /** Key of the call that wrote it. */
  readonly idempotencyKey: string | null;
  /** Field → [old, new]. */
  readonly changes: Readonly<Record<string, unknown>>;
}

export interface Finding {
  /** `error` needs repair, `warning` needs a look. */
  readonly severity: "error" | "warning";
  /** Stable name of the check, e.g. `derived.queue`. */
  readonly check: string;
  readonly message: string;
  readonly ref?: string | undefined;
}

export interface HistoryStore {
  readonly events: (request: {
    stream?: string | undefined;
    streamId?: number | undefined;
    actor?: string | undefined;
    newestFirst: boolean;
    page: PageRequest;
  }) => Promise<Page<HistoryEvent>>;
  /** Integrity, lifecycle, derived columns, orphans, leases without runs. Reads only. */
  readonly check: () => Promise<readonly Finding[]>;
}
