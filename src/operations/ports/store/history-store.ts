import type { ActorName } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
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
  readonly interface: string;
  readonly operation: string;
  readonly runId: number | null;
  /** Key of the call that wrote it. */
  readonly idempotencyKey: string | null;
  /** Field → [old, new]. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** When something was taken out of `changes`, epoch milliseconds. */
  readonly redactedAt: number | null;
}

/** An entry with what was said with it: a note's text. */
export interface ToldEvent extends HistoryEvent {
  readonly said: string | null;
}

/** What came since a place in the history. */
export interface Followed {
  /** Each with the place after it. */
  readonly events: readonly (HistoryEvent & { readonly place: string })[];
  /** The place after all of them. */
  readonly next: string;
}

export interface Finding {
  /** `error` needs repair, `warning` needs a look. */
  readonly severity: "error" | "warning";
  /** Stable name of the check, e.g. `derived.queue`. */
  readonly check: string;
  readonly message: string;
  readonly ref?: string | undefined;
}

/** Something derived that is put right, or something over that is removed. */
export interface Repair {
  /** Name of the check that finds it. */
  readonly check: string;
  readonly message: string;
  readonly ref?: string | undefined;
}

/** A point to which the history was chained. */
export interface Seal {
  readonly id: number;
  readonly at: number;
  readonly actor: ActorName;
  /** Histories that have an end in the root. */
  readonly streams: number;
  /** sha256 of the ends of all histories. */
  readonly root: string;
  /** Entries that were sealed by the call that made it; 0 when nothing was new. */
  readonly added: number;
}

/** A change that was taken back. */
export interface Undone {
  readonly stream: "item" | "candidate";
  readonly id: number;
  /** Number and operation of the entry that was taken back. */
  readonly n: number;
  readonly operation: string;
}

/** What went into the archive, or would go. */
export interface Archived {
  readonly entries: number;
  readonly blocks: number;
  /** Of what the entries changed; 0 in a dry run. */
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** Where a text was, or would be, taken out. */
export interface Redacted {
  /** Entries of the history, archived ones among them. */
  readonly entries: number;
  readonly archived: number;
  /** Items, notes, plans, questions, evidence, runs, candidates and kept answers. */
  readonly texts: number;
}

export interface HistoryStore {
  readonly events: (request: {
    stream?: string | undefined;
    streamId?: number | undefined;
    actor?: string | undefined;
    /** Of a project, its repositories, items and candidates. */
    projectId?: number | undefined;
    /** Only what was written then or later, epoch ms. */
    since?: number | undefined;
    newestFirst: boolean;
    page: PageRequest;
  }) => Promise<Page<ToldEvent>>;
  /**
   * What was written since, oldest first, each entry once and none skipped: one whose transaction ends late comes when it has ended.
   * @param after a place that an earlier answer named; absent to learn where the history ends now, with no entries
   * @param limit entries at most, 1 to 200
   */
  readonly follow: (request: { after?: string | undefined; limit: number }) => Promise<Followed>;
  /**
   * The database's own state, leases and runs that go on, queues that no claim looks at: as quick in a large workspace as in a small
   * one. Reads only.
   * @param deep looks at everything: pages, items, derived columns and counts, the history of each item against the lifecycle, and what
   *   was sealed
   */
  readonly check: (request?: { readonly deep?: boolean | undefined }) => Promise<readonly Finding[]>;
  /**
   * Takes back the caller's last change that still stands, or their entry `n`, as a new change. Refuses with `not_found` where there is
   * none, and with `conflict` what has no meaning to take back or has changed since.
   */
  readonly undo: (request: {
    by: Caller;
    stream?: "item" | "candidate" | undefined;
    streamId?: number | undefined;
    n?: number | undefined;
  }) => Promise<Undone>;
  /** Chains what is new; answers the last seal where nothing is. */
  readonly seal: (request: { by: Caller }) => Promise<Seal>;
  /**
   * Compresses what old entries changed, in blocks of 1,000; all that reads the history goes on reading it. Refuses with `invalid` what
   * is younger than 30 days. Stopped in between, it goes on with the next call.
   * @param olderThanMs age from which on entries are archived, milliseconds
   */
  readonly archive: (request: { by: Caller; olderThanMs: number; dryRun: boolean }) => Promise<Archived>;
  /**
   * Puts `[redacted]` where a text stands: in the history, the archive, and whatever the calls wrote beside it. The chain of seals still
   * holds; an entry of its own says who did it and why, without the text. A person's.
   * @param of one item with its candidate, or one candidate; default everything
   * @param text as it was written, 4 to 10,000 characters
   */
  readonly redact: (request: {
    by: Caller;
    of?: { readonly stream: "item" | "candidate"; readonly id: number } | undefined;
    text: string;
    reason: string;
    dryRun: boolean;
  }) => Promise<Redacted>;
  /** The repairs that are safe; done only with `apply`. At most some hundred at a time. */
  readonly repair: (request: { by: Caller; apply: boolean }) => Promise<readonly Repair[]>;
}
