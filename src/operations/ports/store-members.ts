import type { Store } from "./store.ts";

/** Parts of the store: one per aggregate. */
export type StorePart =
  | "projects"
  | "gate"
  | "items"
  | "claims"
  | "runs"
  | "commits"
  | "history"
  | "denials"
  | "tokens";

/** What belongs to a project. */
export type Owned = "project" | "item" | "candidate" | "run" | "repo";

type KeyOf<T, V> = { [K in keyof T & string]: T[K] extends V ? K : never }[keyof T & string];
type Member<T> = T extends readonly (infer E)[] ? E : never;

/** What a verb does where only some projects exist for its caller. */
type VerbScope<R, A> =
  /** It answers everybody the same. */
  | "open"
  /** A rule of its own, in `scope/scoped-verbs.ts`. */
  | "special"
  /** It concerns more than single projects, and is refused; what it is, as the refusal begins. */
  | { readonly workspace: string }
  | {
      /** Fields of the request that must name what is inside: a number, or the id of a lease. */
      readonly inside?: { readonly [O in Owned]?: KeyOf<R, number> } & { readonly lease?: KeyOf<R, string> };
      /** Where the request names the projects that it is about: they become those inside. */
      readonly narrow?: "request" | "filter";
      /** Which of an answer's list are inside: by this number of each. */
      readonly keep?: { readonly [O in Owned]?: KeyOf<Member<A>, number> };
    };

type PartScopes<S> = {
  readonly [V in keyof S]: S[V] extends (request: infer R) => Promise<infer A> ? VerbScope<R, A> : never;
};

const ITEM = { inside: { item: "id" } } as const;
const RUN = { inside: { run: "id" } } as const;
const LEASE = { inside: { lease: "leaseId" } } as const;
const WORKER = { workspace: "A worker" } as const;
const TOKENS = { workspace: "Managing tokens" } as const;

/**
 * Every verb that a part of the store has, and for which projects it is. What stands for a part until its first call loads it, and the
 * store of a caller with single projects, are made from this table: a new verb does not compile until its scope is said here.
 */
export const STORE_MEMBERS = {
  projects: {
    add: { workspace: "Adding a project" },
    edit: { inside: { project: "id" } },
    get: "special",
    byId: { inside: { project: "id" } },
    list: { keep: { project: "id" } },
    addRepo: { workspace: "Registering a repository" },
    editRepo: { inside: { repo: "id" } },
    repo: "special",
    repoById: { inside: { repo: "id" } },
    repos: { keep: { project: "projectId" } },
    repoAt: "special",
    owners: "special",
    leaseOwner: "open",
    lanes: "open",
    setLanes: { workspace: "Changing the lanes" },
    settings: "open",
    proof: { workspace: "Looking at the proof" },
    prefixes: "open",
    setSetting: { workspace: "Changing a setting" },
  },
  gate: {
    propose: "special",
    proposeAll: "special",
    imported: "special",
    keepImported: "special",
    get: { inside: { candidate: "id" } },
    similar: { inside: { candidate: "id" } },
    list: { narrow: "request" },
    known: { keep: { project: "projectId" } },
    approve: "special",
    reject: { inside: { candidate: "id" } },
    merge: { inside: { candidate: "id", item: "intoId" } },
    hold: "open",
    endSweep: { workspace: "Keeping a sweep in the log" },
    expire: { workspace: "Expiring candidates" },
  },
  items: {
    add: "special",
    get: ITEM,
    resolve: "special",
    list: { narrow: "filter" },
    edit: ITEM,
    move: ITEM,
    bump: ITEM,
    snooze: ITEM,
    drop: ITEM,
    reopen: ITEM,
    close: ITEM,
    unland: ITEM,
    unblock: ITEM,
    note: ITEM,
    setPlan: ITEM,
    plans: ITEM,
    decide: ITEM,
    addEvidence: ITEM,
    link: "special",
    unlink: "special",
  },
  claims: {
    holderOf: "open",
    next: { narrow: "filter" },
    item: ITEM,
    peek: { narrow: "filter" },
    summary: "special",
    board: { narrow: "request" },
    ahead: ITEM,
    pathHolder: ITEM,
    pressure: { workspace: "The pressure of all projects" },
    countReady: { narrow: "filter" },
    heartbeat: LEASE,
    release: LEASE,
    block: LEASE,
    ask: LEASE,
    finish: LEASE,
    end: { inside: { run: "runId" } },
    blockItem: ITEM,
    park: LEASE,
    takeReview: "special",
    advance: ITEM,
    return: ITEM,
    leaveReview: LEASE,
    pause: "special",
    resume: "special",
    pauses: "special",
    spentBudgets: ITEM,
  },
  runs: {
    get: RUN,
    list: { narrow: "request" },
    record: RUN,
    lockTarget: WORKER,
    unlockTarget: WORKER,
    intend: WORKER,
    settleLanding: WORKER,
    landings: { keep: { item: "itemId" } },
    openedPullRequest: WORKER,
    lookedAtPullRequest: { inside: { item: "itemId" } },
    pullRequests: { keep: { item: "itemId" } },
    breaker: WORKER,
    setBreaker: WORKER,
    beat: WORKER,
    workers: WORKER,
  },
  commits: {
    heads: { inside: { repo: "repoId" } },
    record: { inside: { repo: "repoId" } },
    find: { keep: { repo: "repoId" } },
    ofItem: { inside: { item: "number" }, keep: { repo: "repoId" } },
    givenFor: "special",
    closing: "special",
    reverts: { inside: { repo: "repoId" } },
    reverted: { keep: { item: "itemId" } },
  },
  history: {
    events: "special",
    follow: "special",
    check: { workspace: "Checking the workspace" },
    undo: "special",
    seal: { workspace: "Sealing the history" },
    archive: { workspace: "Archiving the history" },
    redact: { workspace: "Redacting the history" },
    repair: { workspace: "Repairing the workspace" },
  },
  denials: { record: "open", list: { workspace: "The list of denials" } },
  tokens: { find: TOKENS, create: TOKENS, list: TOKENS, revoke: TOKENS },
} as const satisfies { readonly [P in StorePart]: PartScopes<Store[P]> };
