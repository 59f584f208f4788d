import type { ActorName } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import type { Spec } from "#domain/item/spec.ts";
import type { GivenFields } from "#operations/item/item-fields.ts";
import type { ItemDetail } from "./item-store.ts";
import type { Page, PageRequest } from "./page.ts";

export const CANDIDATE_STATES = ["pending", "approved", "rejected", "merged", "expired"] as const;
export type CandidateState = (typeof CANDIDATE_STATES)[number];

/** What the proposer would like the item to be; the gate decides. */
export interface Wishes extends Omit<GivenFields, "kind"> {
  readonly kind?: string | undefined;
  readonly lane?: string | undefined;
}

export interface Proposal {
  readonly projectId: number;
  readonly title: string;
  readonly spec: Spec;
  readonly wishes: Wishes;
  /** Where it came from: `todo-md`, `agent`, a scanner's name, … 1 to 64 characters. */
  readonly source: string;
  /** The capture rule or policy that made it. */
  readonly rule?: string | undefined;
  readonly sourceText?: string | undefined;
  /** Identity in the source: the same (source, system, key) is the same candidate. */
  readonly external?: { readonly system: string; readonly key: string } | undefined;
  /** sha256 hex of what makes two proposals the same. */
  readonly fingerprint: string;
  /** Day on which it was captured, `YYYY-MM-DD`. */
  readonly capturedOn?: string | undefined;
}

export interface Candidate extends Omit<Proposal, "external"> {
  readonly id: number;
  readonly project: string;
  readonly state: CandidateState;
  readonly external: { readonly system: string; readonly key: string } | null;
  readonly proposedBy: ActorName;
  readonly proposedAt: number;
  readonly decidedBy: ActorName | null;
  readonly decidedAt: number | null;
  readonly reason: string | null;
  readonly itemId: number | null;
  /** Closed item that this one is a recurrence of. */
  readonly recursId: number | null;
}

/** What a person decides about: a candidate or an item. */
export interface Entry {
  readonly kind: "candidate" | "item";
  readonly id: number;
}

/** What an import made of a file. */
export interface ImportedFile {
  readonly origin: string;
  /** Of all that reading it depended on. */
  readonly digest: string;
  /** Lines that belonged to no entry. */
  readonly left: number;
  readonly entries: readonly {
    /** From 1. */
    readonly line: number;
    readonly title: string;
    /** Done in the file. */
    readonly done: boolean;
    /** It said what, and neither how nor when. */
    readonly loose: boolean;
    /** As it stands now; null where it was done before it was ever proposed, or the file names its item. */
    readonly candidate: Pick<Candidate, "id" | "projectId" | "state" | "itemId"> | null;
    /** The item that the file names, where it is not a candidate's. */
    readonly itemId: number | null;
  }[];
}

export interface Similar {
  readonly ref: string;
  readonly title: string;
  readonly state: string;
}

export interface GateStore {
  /**
   * Files a candidate. Idempotent: the same external key or fingerprint while one is pending or its item is open answers that one; one
   * rejected within 90 days answers the rejection. `filed` says whether a new row was made. Refuses with `limited` past 50 pending per
   * actor and source (a person's own are not limited).
   */
  readonly propose: (request: {
    by: Caller;
    proposal: Proposal;
    limit?: number | undefined;
  }) => Promise<{ candidate: Candidate; similar: readonly Similar[]; filed: boolean }>;
  /** As `propose` does one after the other, in one transaction and without looking for similar ones. */
  readonly proposeAll: (request: {
    by: Caller;
    proposals: readonly Proposal[];
  }) => Promise<readonly { readonly candidate: Candidate; readonly filed: boolean }[]>;
  readonly get: (request: { id: number }) => Promise<Candidate>;
  /** Items and pending candidates of its project that may be the same, at most five. */
  readonly similar: (request: { id: number }) => Promise<readonly Similar[]>;
  readonly list: (request: {
    states?: readonly CandidateState[] | undefined;
    projectId?: number | undefined;
    /** Of these projects only; not empty. */
    projectIds?: readonly number[] | undefined;
    source?: string | undefined;
    page: PageRequest;
  }) => Promise<Page<Candidate>>;
  /** Candidates that carry one of these external keys, in any state: how an import sees what it filed before. */
  readonly known: (request: { system: string; keys: readonly string[] }) => Promise<readonly Candidate[]>;
  /** What the last imports made of files. */
  readonly imported: (request: {
    system: string;
    origins: readonly string[];
  }) => Promise<readonly ImportedFile[]>;
  /** Keeps what an import made of a file; the file's earlier record is replaced. */
  readonly keepImported: (request: {
    by: Caller;
    system: string;
    files: readonly (Omit<ImportedFile, "entries"> & {
      readonly entries: readonly (Omit<ImportedFile["entries"][number], "candidate"> & {
        readonly candidateId: number | null;
      })[];
    })[];
  }) => Promise<void>;
  /** Makes an item; an approved one answers its item again. `policy` names the rule a human wrote, when no human said yes to this one. */
  readonly approve: (request: {
    by: Caller;
    id: number;
    lane?: string | undefined;
    title?: string | undefined;
    spec?: Partial<Spec> | undefined;
    policy?: string | undefined;
  }) => Promise<{ candidate: Candidate; detail: ItemDetail }>;
  readonly reject: (request: { by: Caller; id: number; reason: string }) => Promise<Candidate>;
  readonly merge: (request: {
    by: Caller;
    id: number;
    intoId: number;
    reason?: string | undefined;
  }) => Promise<Candidate>;
  /** Keeps the first of these that no other session holds for a session, and gives back what it held before. */
  readonly hold: (request: {
    by: Caller;
    session: string;
    entries: readonly Entry[];
    ttlMs: number;
  }) => Promise<Entry | undefined>;
  /** Gives back what a session holds and records what came of it. */
  readonly endSweep: (request: {
    by: Caller;
    session: string;
    facts: Readonly<Record<string, unknown>>;
  }) => Promise<void>;
  /** Expires what nobody touched for 30 days. Answers how many. */
  readonly expire: (request: { by: Caller }) => Promise<number>;
}
