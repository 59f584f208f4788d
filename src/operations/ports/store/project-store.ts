import type { Caller } from "#domain/caller.ts";
import type { Budget } from "#domain/schedule/budget.ts";
import type { Lane } from "#domain/lane.ts";

export const LANDINGS = ["pr", "merge", "branch", "none"] as const;
export type LandingRule = (typeof LANDINGS)[number];

/** `auto`: the strongest that works on the machine. `bwrap`: nothing runs without bubblewrap. `none`: never in it. */
export const SANDBOXES = ["auto", "bwrap", "none"] as const;
export type Sandbox = (typeof SANDBOXES)[number];

/** Settings of a project that people change rarely. Absent means the default. */
export interface ProjectPolicy {
  /** What the gate asks: `always` a human, `agents` (default) a human for what agents file, `never`. */
  readonly gate?: "always" | "agents" | "never" | undefined;
  /** What a prerequisite filed by `block` becomes: a candidate (default), or an item that inherits lane and repos. */
  readonly prerequisites?: "candidate" | "inherit" | undefined;
  /** Approvals by rule: candidates of `source` whose title or label matches go to `lane`. Written by a human. */
  readonly approve?: readonly GateRule[] | undefined;
  /** A person looks before landing. */
  readonly humanReview?: boolean | undefined;
  /** `Closes OB-9` in a commit closes an open item that nobody works on. */
  readonly commitsClose?: boolean | undefined;
  /** When that was allowed, epoch ms: older commits close nothing. */
  readonly commitsCloseFrom?: number | undefined;
  /** Whether checkouts of its repositories' targets move along; absent where the workspace decides. */
  readonly fastForward?: boolean | undefined;
  /** Who allowed that a question's default is taken at its deadline, `human:NAME`; absent where nobody did. */
  readonly questionDefaultsBy?: string | undefined;
  /** What runs, their set-up and checks are kept in; default `auto`. */
  readonly sandbox?: Sandbox | undefined;
  /** Whether checks reach the network, the loopback included; default `on`. */
  readonly network?: "on" | "off" | undefined;
  /** The most that its runs may spend in all. */
  readonly budget?: Budget | undefined;
  /** The most that its runs may spend on one day, UTC. */
  readonly dayBudget?: Budget | undefined;
}

export interface GateRule {
  readonly name: string;
  readonly version: number;
  readonly source?: string | undefined;
  readonly label?: string | undefined;
  readonly lane: string;
  /** The human who wrote the rule, `human:NAME`. */
  readonly by: string;
}

export interface Project {
  readonly id: number;
  readonly alias: string;
  readonly name: string;
  /** Share of attention against other projects; above 0, default 1. */
  readonly weight: number;
  /** Most leases at a time; null for no bound. */
  readonly maxLeases: number | null;
  readonly landing: LandingRule;
  /** Command line that decides whether a result passes; run by the worker with `sh -c` on the merge result. */
  readonly check: string | null;
  readonly policy: ProjectPolicy;
  readonly archivedAt: number | null;
  readonly version: number;
}

export interface Repo {
  readonly id: number;
  readonly projectId: number;
  readonly project: string;
  readonly alias: string;
  readonly remote: string | null;
  readonly rootCommit: string | null;
  readonly defaultBranch: string | null;
  readonly target: "local" | "remote";
  readonly setup: string | null;
  readonly copies: readonly string[];
  readonly caches: readonly string[];
  readonly testPaths: readonly string[];
  readonly protectedPaths: readonly string[];
  /** Whether a checkout of the target moves along when work lands; null where the project decides. */
  readonly fastForward: boolean | null;
  /** Checkout on the asking host; null where this host has none. */
  readonly path: string | null;
  readonly commonDir: string | null;
  readonly version: number;
}

export interface ProjectStore {
  readonly add: (request: {
    by: Caller;
    alias: string;
    name: string;
    weight?: number | undefined;
    maxLeases?: number | undefined;
    landing?: LandingRule | undefined;
    check?: string | undefined;
    policy?: ProjectPolicy | undefined;
  }) => Promise<Project>;
  readonly edit: (request: {
    by: Caller;
    id: number;
    ifVersion?: number | undefined;
    changes: Partial<Pick<Project, "name" | "weight" | "maxLeases" | "landing" | "check" | "policy">> & {
      readonly archived?: boolean | undefined;
    };
  }) => Promise<Project>;
  /** By alias; refuses with `not_found` and near aliases. */
  readonly get: (request: { alias: string }) => Promise<Project>;
  readonly byId: (request: { id: number }) => Promise<Project>;
  readonly list: (request: { archived?: boolean | undefined }) => Promise<readonly Project[]>;
  readonly addRepo: (request: {
    by: Caller;
    projectId: number;
    alias: string;
    path: string;
    commonDir: string;
    remote?: string | undefined;
    rootCommit?: string | undefined;
    defaultBranch?: string | undefined;
    target?: "local" | "remote" | undefined;
    setup?: string | undefined;
    copies?: readonly string[] | undefined;
    caches?: readonly string[] | undefined;
    testPaths?: readonly string[] | undefined;
    protectedPaths?: readonly string[] | undefined;
    fastForward?: boolean | undefined;
  }) => Promise<Repo>;
  readonly editRepo: (request: {
    by: Caller;
    id: number;
    ifVersion?: number | undefined;
    changes: Partial<
      Pick<
        Repo,
        | "alias"
        | "remote"
        | "defaultBranch"
        | "target"
        | "setup"
        | "copies"
        | "caches"
        | "testPaths"
        | "protectedPaths"
        | "path"
        | "commonDir"
      >
    > & { readonly fastForward?: boolean | undefined; readonly removed?: boolean | undefined };
  }) => Promise<Repo>;
  readonly repo: (request: { alias: string; host: string }) => Promise<Repo>;
  readonly repoById: (request: { id: number; host: string }) => Promise<Repo>;
  readonly repos: (request: { projectId?: number | undefined; host: string }) => Promise<readonly Repo[]>;
  readonly repoAt: (request: { host: string; commonDir: string }) => Promise<Repo | undefined>;

  /** The project that each of these belongs to; what is not there is not in the answer. */
  readonly owners: (request: {
    of: "item" | "candidate" | "run" | "repo";
    ids: readonly number[];
  }) => Promise<ReadonlyMap<number, number>>;
  /** The project of the item that a lease holds or held; undefined for a lease that never was. */
  readonly leaseOwner: (request: { leaseId: string }) => Promise<number | undefined>;

  readonly lanes: () => Promise<readonly Lane[]>;
  /** @param change the lanes as they shall be, from those there are at that moment */
  readonly setLanes: (request: {
    by: Caller;
    change: (lanes: readonly Lane[]) => readonly Lane[];
  }) => Promise<readonly Lane[]>;
  readonly settings: () => Promise<Settings>;
  /** What is kept of a `confirmed` workspace's proof, as `ProofPort` wrote it; undefined in any other. */
  readonly proof: () => Promise<string | undefined>;
  /** Item prefixes, the current one first, then former ones: commits keep naming items by them. */
  readonly prefixes: () => Promise<readonly string[]>;
  /** @param proof what is kept of the proof; for `authority` = `confirmed`, and no other */
  readonly setSetting: (request: {
    by: Caller;
    key: SettingKey;
    value: string;
    proof?: string | undefined;
  }) => Promise<Settings>;
}

/**
 * What only a human may do takes: in `open` the word of who says to be one, in `strict` a terminal or a token, in `confirmed` a token, or at
 * a terminal the proof of the workspace, each time.
 */
export const WORKSPACE_AUTHORITIES = ["open", "strict", "confirmed"] as const;
export type WorkspaceAuthority = (typeof WORKSPACE_AUTHORITIES)[number];

/** Settings of a workspace. */
export interface Settings {
  readonly prefix: string;
  readonly authority: WorkspaceAuthority;
  /** Whether somebody has set `authority`; until then it is `open`. */
  readonly isAuthoritySet: boolean;
  /** Actor used where nobody names one. */
  readonly actor?: string;
  /** Whether checkouts of targets move along when work lands; absent, as `yes`, where nobody was asked. */
  readonly fast_forward?: string;
  /** The most that the runs of all projects may spend on one day, UTC; each a number, absent for no bound. */
  readonly day_tokens?: string;
  readonly day_usd?: string;
  readonly day_minutes?: string;
}
/** Settings that are the workspace's budget of a day. */
export const DAY_BUDGET_KEYS = ["day_tokens", "day_usd", "day_minutes"] as const;
export type DayBudgetKey = (typeof DAY_BUDGET_KEYS)[number];
export const SETTING_KEYS = ["prefix", "authority", "actor", "fast_forward", ...DAY_BUDGET_KEYS] as const;
export type SettingKey = (typeof SETTING_KEYS)[number];
