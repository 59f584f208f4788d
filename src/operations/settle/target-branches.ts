import { SluiceError } from "#domain/errors.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { Context } from "#operations/context.ts";
import { barHeads } from "#operations/git/untrusted-repos.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { TracedItem } from "./traces.ts";

/**
 * Whether the target branches hold an item's result: `there` in every target repository, `gone` from one that has the commit but
 * not on its target, else `unseen`, which decides nothing.
 */
type Sight = "there" | "gone" | "unseen";

/** Asks the history about items. */
export interface TargetBranches {
  readonly sightOf: (traced: TracedItem) => Promise<Sight>;
  /** The first of these commits that a repository has on its target, where none takes it back. */
  readonly firstOnTarget: (repoId: number, commits: readonly string[]) => Promise<Sha | undefined>;
}

interface Known {
  /** Heads that were asked for before. */
  readonly heads: TargetHeads;
  /** Commits that take others back. */
  readonly reverts: readonly Revert[];
}

interface Revert {
  readonly repoId: number;
  readonly sha: string;
  readonly reverted: string;
}

/** @param repos those with a checkout on this host, as far as they were asked for; every other repository is `unseen` */
export async function openTargetBranches(
  context: Context,
  repos: readonly Repo[],
  { heads, reverts }: Known,
): Promise<TargetBranches> {
  const git = await context.git();
  await barHeads(git, repos, heads);
  const opened = new Map<number, Promise<Target | undefined>>();
  const openTarget = async (repoId: number): Promise<Target | undefined> => {
    const repo = repos.find(({ id }) => id === repoId);
    const head = repo === undefined ? undefined : await headOnce(git, heads, repo);
    return repo === undefined || repo.commonDir === null || head === undefined
      ? undefined
      : {
          git,
          repo: repo.commonDir,
          head,
          reverts: Map.groupBy(
            reverts.filter((one) => one.repoId === repoId),
            ({ reverted }) => reverted,
          ),
          places: new Map(),
        };
  };
  const targetOf = (repoId: number): Promise<Target | undefined> => {
    const target = opened.get(repoId) ?? openTarget(repoId);
    opened.set(repoId, target);
    return target;
  };
  return {
    sightOf: async ({ targets, given }) => {
      const sights = new Set<Sight>(targets.length === 0 ? ["unseen"] : []);
      for (const trace of targets) {
        const target = await targetOf(trace.repoId);
        sights.add(target === undefined ? "unseen" : await sightIn(target, trace, given));
      }
      return sights.has("gone") ? "gone" : sights.has("unseen") ? "unseen" : "there";
    },
    firstOnTarget: async (repoId, commits) => {
      const target = await targetOf(repoId);
      return target === undefined ? undefined : await firstStanding(target, commits.filter(isSha));
    },
  };
}

/** By repo id. */
export type TargetHeads = Map<number, Promise<Sha | undefined>>;

/** A remote is asked once, and what it has is then here to be read. */
export function headOnce(git: GitPort, heads: TargetHeads, repo: Repo): Promise<Sha | undefined> {
  const head = heads.get(repo.id) ?? targetHead(git, repo);
  heads.set(repo.id, head);
  return head;
}

/** A repository and the head of its target. */
interface Target {
  readonly git: GitPort;
  /** Git's common directory. */
  readonly repo: string;
  readonly head: Sha;
  /** By the commit that they take back. */
  readonly reverts: ReadonlyMap<string, readonly Revert[]>;
  /** Of commits that were looked for. */
  readonly places: Map<Sha, OnBranch>;
}

async function sightIn(
  target: Target,
  trace: TracedItem["targets"][number],
  given: readonly string[],
): Promise<Sight> {
  const { git, repo } = target;
  const merges = trace.merges.filter(isSha);
  const results = [...trace.heads.filter(isSha), ...(await fullNames(git, repo, given))];
  const recorded = Array.from(new Set([...merges, ...results]));
  const places = new Set<OnBranch>();
  for (const sha of recorded) {
    const place = await onBranch(target, sha);
    if (place === "there") return "there";
    places.add(place);
  }
  const known = await existing(git, repo, recorded);
  if (await sameChange(target, known, trace.naming.filter(isSha))) return "there";
  if ((await firstStanding(target, trace.squashed.filter(isSha))) !== undefined) return "there";
  if (places.has("reverted")) return "gone";
  // Where the product landed it, only that commit can be missed: heads of runs that came to nothing never were on the target.
  const missed = merges.length === 0 ? known : known.filter((sha) => merges.includes(sha));
  return missed.length === 0 ? "unseen" : "gone";
}

type OnBranch = "there" | "reverted" | "absent";

/** Whether a branch has a commit, and no commit of it that stands takes that back. */
async function onBranch(target: Target, sha: Sha): Promise<OnBranch> {
  const place = target.places.get(sha) ?? (await findOnBranch(target, sha));
  target.places.set(sha, place);
  return place;
}

async function findOnBranch(target: Target, sha: Sha): Promise<OnBranch> {
  const { git, repo, head, reverts } = target;
  if (!(await git.reachable({ repo, sha, from: head }))) return "absent";
  for (const { sha: revert } of reverts.get(sha) ?? [])
    if (isSha(revert) && revert !== sha && (await onBranch(target, revert)) === "there") return "reverted";
  return "there";
}

async function firstStanding(target: Target, wanted: readonly Sha[]): Promise<Sha | undefined> {
  for (const sha of wanted) if ((await onBranch(target, sha)) === "there") return sha;
  return undefined;
}

/** Commits given as evidence that this repository has, in the order of giving. */
export function givenCommits(
  git: GitPort,
  repo: string,
  { evidence }: Pick<ItemDetail, "evidence">,
): Promise<readonly Sha[]> {
  const given = evidence.filter(({ kind }) => kind === "commit").map(({ value }) => value);
  return fullNames(git, repo, given);
}

/** What a person or agent gave as a commit: a full id, or the start of one that this repository has. */
async function fullNames(git: GitPort, repo: string, given: readonly string[]): Promise<readonly Sha[]> {
  const found: Sha[] = [];
  for (const name of given.filter((text) => /^[0-9a-f]{7,64}$/i.test(text))) {
    try {
      found.push(await git.resolve({ repo, name: name.toLowerCase() }));
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code === "unavailable") throw error;
    }
  }
  return found;
}

/** A rebase keeps the change and its message but not its id: equal patch-id, the ref in the message, and on the target. */
async function sameChange(target: Target, known: readonly Sha[], naming: readonly Sha[]): Promise<boolean> {
  const { git, repo } = target;
  if (known.length === 0 || naming.length === 0) return false;
  const wanted = new Set((await git.patchIds({ repo, shas: known })).values());
  const present = await git.patchIds({ repo, shas: await existing(git, repo, naming) });
  const same = [...present].flatMap(([sha, patch]) => (wanted.has(patch) ? [sha] : []));
  return (await firstStanding(target, same)) !== undefined;
}

/** Those that the repository has: another host's checkout, or a garbage collection, lacks some. */
async function existing(git: GitPort, repo: string, shas: readonly Sha[]): Promise<readonly Sha[]> {
  const found: Sha[] = [];
  for (const sha of shas) if (await git.reachable({ repo, sha, from: sha })) found.push(sha);
  return found;
}

/** Head of the branch that work lands on, a remote one fetched; undefined where the repository or the branch is not here, or the remote does not answer. */
async function targetHead(git: GitPort, repo: Repo): Promise<Sha | undefined> {
  if (repo.commonDir === null) return undefined;
  const branch = repo.defaultBranch ?? (await git.inspect({ path: repo.commonDir })).defaultBranch;
  if (branch === undefined) return undefined;
  const target =
    repo.target === "remote"
      ? ({ kind: "remote", branch, remote: "origin" } as const)
      : ({ kind: "local", branch } as const);
  try {
    return await git.tip({ repo: repo.commonDir, target });
  } catch (error) {
    if (error instanceof SluiceError && (error.code === "not_found" || error.code === "unavailable"))
      return undefined;
    throw error;
  }
}
