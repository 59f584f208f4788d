import type { ActorName } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import type { Item, ItemFields } from "#domain/item/item.ts";
import type { ItemState, Phase } from "#domain/item/lifecycle.ts";
import type { Spec } from "#domain/item/spec.ts";
import type { Page, PageRequest } from "./page.ts";

/** A path pattern that an item's work touches, in one repo. Items that overlap are never worked at the same time. */
export interface ItemPath {
  readonly repoId: number;
  readonly pattern: string;
}

export interface ItemRepo {
  readonly repoId: number;
  readonly alias: string;
  /** `target` is changed and landed on; `context` is only read. */
  readonly role: "target" | "context";
}

export interface Note {
  readonly id: number;
  readonly actor: ActorName;
  readonly at: number;
  readonly runId: number | null;
  /** `note`, `block`, `ask`, `decision`, `release`, `park`, `return`, `drop`, `merge`, … */
  readonly kind: string;
  /** Written by the holder of the item's lease; other notes are remarks. */
  readonly byHolder: boolean;
  readonly body: string;
}

export interface Link {
  readonly fromId: number;
  readonly kind: LinkKind;
  readonly toKind: "item" | "candidate";
  readonly toId: number;
  /** Title and state of what it points to, for people. */
  readonly toTitle: string;
  readonly toState: string;
}

export const LINK_KINDS = [
  "blocked_by",
  "discovered_from",
  "duplicates",
  "supersedes",
  "recurs",
  "relates",
] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

export interface Question {
  readonly id: number;
  readonly question: string;
  readonly options: readonly string[];
  readonly defaultOption: string | null;
  /** Whose rule allows that the default is taken at the deadline; null where nobody does. */
  readonly defaultAllowedBy: ActorName | null;
  readonly deadline: number | null;
  readonly askedOf: string | null;
  readonly askedBy: ActorName;
  readonly askedAt: number;
  readonly answer: string | null;
  readonly reason: string | null;
  readonly answeredBy: ActorName | null;
  readonly answeredAt: number | null;
}

export interface Evidence {
  readonly kind: string;
  readonly value: string;
  readonly actor: ActorName;
  readonly at: number;
  readonly runId: number | null;
}

export interface Plan {
  readonly version: number;
  readonly body: string;
  readonly actor: ActorName;
  readonly at: number;
  readonly runId: number | null;
}

/** An item with all that belongs to it: what `show` prints and a brief is made from. */
export interface ItemDetail {
  readonly item: Item;
  readonly project: string;
  readonly grantBy: ActorName | null;
  readonly spec: Spec;
  readonly repos: readonly ItemRepo[];
  readonly paths: readonly ItemPath[];
  readonly links: readonly Link[];
  /** Items that this one blocks. */
  readonly blocks: readonly number[];
  readonly children: readonly number[];
  readonly notes: readonly Note[];
  readonly plan: Plan | null;
  readonly questions: readonly Question[];
  readonly evidence: readonly Evidence[];
  readonly candidateId: number | null;
  /** Day on which the candidate was captured, `YYYY-MM-DD`. */
  readonly capturedOn: string | null;
}

/** A pattern of the paths that the work touches, in the repo named or else in the item's target repo. */
export interface WantedPath {
  readonly pattern: string;
  readonly repo?: string | undefined;
}

/** What a new item is made from, by a person directly or by the gate from a candidate. */
export interface NewItem extends ItemFields {
  readonly projectId: number;
  readonly title: string;
  readonly spec: Spec;
  /** Lane name; default the triage lane. */
  readonly lane?: string | undefined;
  readonly needs?: readonly string[] | undefined;
  readonly paths?: readonly WantedPath[] | undefined;
  /** Repo aliases worked on; default the project's only repo. */
  readonly repos?: readonly string[] | undefined;
  readonly contextRepos?: readonly string[] | undefined;
  readonly parentId?: number | undefined;
  readonly blockedBy?: readonly number[] | undefined;
}

/** What an edit changes of an item; absent means unchanged, null clears. */
export interface ItemChanges extends ItemFields {
  readonly spec?: Partial<Spec> | undefined;
  readonly paths?: readonly WantedPath[] | undefined;
}

export interface ItemFilter {
  /** Of these projects only; not empty. */
  readonly projectIds?: readonly number[] | undefined;
  readonly projectId?: number | undefined;
  readonly lanes?: readonly string[] | undefined;
  /** Default: what is not closed. */
  readonly states?: readonly ItemState[] | undefined;
  readonly phases?: readonly Phase[] | undefined;
  readonly label?: string | undefined;
  readonly kind?: string | undefined;
  readonly parentId?: number | undefined;
  /** Words as `searchTokens` and `parseSearch` read them. */
  readonly search?: string | undefined;
  /** `kind:name` that made it or holds it. */
  readonly actor?: string | undefined;
  readonly leased?: boolean | undefined;
}

interface LinkRequest {
  readonly by: Caller;
  readonly fromId: number;
  readonly kind: LinkKind;
  readonly toKind: "item" | "candidate";
  readonly toId: number;
}

export interface ItemStore {
  readonly add: (request: { by: Caller; item: NewItem }) => Promise<ItemDetail>;
  /** Refuses with `not_found`. */
  readonly get: (request: { id: number }) => Promise<ItemDetail>;
  /** The item a ref names, former prefixes and merged workspaces included; refuses with `not_found` and near refs. */
  readonly resolve: (request: { ref: string }) => Promise<number>;
  readonly list: (request: {
    filter: ItemFilter;
    page: PageRequest;
  }) => Promise<Page<Item & { readonly project: string }>>;
  readonly edit: (request: {
    by: Caller;
    id: number;
    ifVersion?: number | undefined;
    changes: ItemChanges;
  }) => Promise<ItemDetail>;
  /** Grants of an agent-role lane stay in the history; leaving one ends a lease. */
  readonly move: (request: {
    by: Caller;
    id: number;
    lane: string;
    reason?: string | undefined;
  }) => Promise<ItemDetail>;
  readonly bump: (request: { by: Caller; id: number }) => Promise<ItemDetail>;
  /** @param untilMs epoch milliseconds; null wakes it now */
  readonly snooze: (request: { by: Caller; id: number; untilMs: number | null }) => Promise<ItemDetail>;
  readonly drop: (request: { by: Caller; id: number; reason: string }) => Promise<ItemDetail>;
  readonly reopen: (request: {
    by: Caller;
    id: number;
    reason: string;
    lane?: string | undefined;
  }) => Promise<ItemDetail>;
  readonly close: (request: {
    by: Caller;
    id: number;
    reason: string;
    evidence: readonly { kind: string; value: string }[];
  }) => Promise<ItemDetail>;
  /**
   * A done item whose commit is no longer on its target: back to review, phase `await_git`, never straight to agents. Git's own.
   * @param graceMs how long git may still bring it back before it is opened in triage
   */
  readonly unland: (request: {
    by: Caller;
    id: number;
    reason: string;
    graceMs: number;
  }) => Promise<ItemDetail>;
  readonly unblock: (request: { by: Caller; id: number; reason?: string | undefined }) => Promise<ItemDetail>;
  readonly note: (request: {
    by: Caller;
    id: number;
    body: string;
    kind?: string | undefined;
  }) => Promise<Note>;
  readonly setPlan: (request: { by: Caller; id: number; body: string }) => Promise<Plan>;
  readonly plans: (request: { id: number }) => Promise<readonly Plan[]>;
  readonly decide: (request: {
    by: Caller;
    id: number;
    answer: string;
    reason: string;
    lane?: string | undefined;
  }) => Promise<ItemDetail>;
  readonly addEvidence: (request: {
    by: Caller;
    id: number;
    kind: string;
    value: string;
  }) => Promise<ItemDetail>;
  readonly link: (request: LinkRequest) => Promise<ItemDetail>;
  readonly unlink: (request: LinkRequest) => Promise<ItemDetail>;
}
