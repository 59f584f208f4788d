import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { numberInAddress, squashedFrom } from "#domain/forge/pull-request.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import { formatRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { IndexedCommit } from "#operations/ports/store/commit-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { barHeads } from "#operations/git/untrusted-repos.ts";

/**
 * Whether the target branches hold an item's result: `there` in every target repository, `gone` from one that has the commit but
 * not on its target, else `unseen`, which decides nothing.
 */
type Sight = "there" | "gone" | "unseen";

/** Asks the history about items, in git's own name. */
export interface LandingJudge {
  readonly by: Caller;
  readonly git: GitPort;
  readonly refOf: (id: number) => string;
  /** Prefixes of refs, the current one and former ones. */
  readonly prefixes: readonly string[];
  readonly sightOf: (detail: ItemDetail) => Promise<Sight>;
  /** Head of a repository's target as it is now, asked once; undefined where it cannot be seen. */
  readonly headOf: (repo: Repo) => Promise<Sha | undefined>;
  /** Whether a repository's target has a commit, and none that takes it back. */
  readonly stands: (repo: Repo, sha: Sha) => Promise<boolean>;
}

/** @param repos those with a checkout on this host, as far as they were asked for; every other repository is `unseen` */
export async function openLandingJudge(
  context: Context,
  repos: readonly Repo[],
  /** Heads that were asked for before. */
  heads: TargetHeads = new Map(),
): Promise<LandingJudge> {
  const { store, caller } = context;
  const git = await context.git();
  await barHeads(git, repos, heads);
  const prefixes = await store.projects.prefixes();
  const [prefix = ""] = prefixes;
  const by: Caller = {
    actor: { kind: "system", name: "git" },
    auth: "asserted",
    authority: "system",
    door: caller.door,
    host: caller.host,
  };
  const headOf = (repo: Repo): Promise<Sha | undefined> => headOnce(git, heads, repo);
  const sightOf = async (detail: ItemDetail): Promise<Sight> => {
    const targets = detail.repos.filter(({ role }) => role === "target");
    const sights = new Set<Sight>(targets.length === 0 ? ["unseen"] : []);
    for (const { repoId } of targets) {
      const repo = repos.find(({ id }) => id === repoId);
      sights.add(
        repo === undefined ? "unseen" : await sightIn({ context, git, prefixes, headOf }, repo, detail),
      );
    }
    return sights.has("gone") ? "gone" : sights.has("unseen") ? "unseen" : "there";
  };
  const stands = async (repo: Repo, sha: Sha): Promise<boolean> => {
    const head = await headOf(repo);
    if (head === undefined || repo.commonDir === null) return false;
    return (await onBranch({ context, git, repoId: repo.id, repo: repo.commonDir, head }, sha)) === "there";
  };
  return { by, git, prefixes, refOf: (id) => formatRef(prefix, id), sightOf, headOf, stands };
}

/** By repo id. */
export type TargetHeads = Map<number, Promise<Sha | undefined>>;

/** A remote is asked once, and what it has is then here to be read. */
export function headOnce(git: GitPort, heads: TargetHeads, repo: Repo): Promise<Sha | undefined> {
  const head = heads.get(repo.id) ?? targetHead(git, repo);
  heads.set(repo.id, head);
  return head;
}

interface Sources {
  readonly context: Context;
  readonly git: GitPort;
  readonly prefixes: readonly string[];
  readonly headOf: LandingJudge["headOf"];
}

async function sightIn(
  { context, git, prefixes, headOf }: Sources,
  repo: Repo,
  detail: ItemDetail,
): Promise<Sight> {
  const head = await headOf(repo);
  if (head === undefined || repo.commonDir === null) return "unseen";
  const { merges, results } = await recordedCommits({ context, git }, detail, repo.id, repo.commonDir);
  const recorded = Array.from(new Set([...merges, ...results]));
  const branch = { context, git, repoId: repo.id, repo: repo.commonDir, head };
  let isReverted = false;
  for (const sha of recorded) {
    const place = await onBranch(branch, sha);
    if (place === "there") return "there";
    isReverted ||= place === "reverted";
  }
  const known = await existing(git, repo.commonDir, recorded);
  const naming = await namingCommits(context, prefixes, detail.item.id, repo.id);
  const shas = naming.map(({ sha }) => sha).filter(isSha);
  if (await sameChange(branch, known, shas)) return "there";
  for (const sha of await squashed(context, detail, repo.id, naming))
    if ((await onBranch(branch, sha)) === "there") return "there";
  if (isReverted) return "gone";
  // Where the product landed it, only that commit can be missed: heads of runs that came to nothing never were on the target.
  const missed = merges.length === 0 ? known : known.filter((sha) => merges.includes(sha));
  return missed.length === 0 ? "unseen" : "gone";
}

interface RecordedCommits {
  /** Commits that the product put on the target. */
  readonly merges: readonly Sha[];
  /** Heads of runs that reported a result, and commits given as evidence. */
  readonly results: readonly Sha[];
}

/** Commits on record as the item's result in a repo. */
async function recordedCommits(
  { context: { store }, git }: Pick<Sources, "context" | "git">,
  { item, evidence }: ItemDetail,
  repoId: number,
  repo: string,
): Promise<RecordedCommits> {
  const landings = await store.runs.landings({ itemId: item.id });
  const runs = await store.runs.list({ itemId: item.id, page: { limit: 100 } });
  const reported = runs.items.filter((run) => run.reported !== null);
  const heads = reported.flatMap((run) =>
    run.repos
      .filter((repo) => repo.repoId === repoId && repo.headSha !== repo.baseSha)
      .map((repo) => repo.headSha ?? ""),
  );
  const landed = landings.filter((landing) => landing.repoId === repoId && landing.state === "landed");
  const pulled = (await store.runs.pullRequests({ itemId: item.id, state: "merged" })).filter(
    (one) => one.repoId === repoId,
  );
  const merges = [...landed.map(({ merge }) => merge), ...pulled.map(({ merge }) => merge ?? "")];
  return {
    merges: merges.filter(isSha),
    results: [...heads.filter(isSha), ...(await givenCommits(git, repo, { evidence }))],
  };
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

async function namingCommits(
  { store }: Context,
  prefixes: readonly string[],
  number: number,
  repoId: number,
): Promise<readonly IndexedCommit[]> {
  const commits = await store.commits.ofItem({ prefixes, number });
  return commits.filter((commit) => commit.repoId === repoId);
}

/** Commits that name the item, and by their number its pull request: what a forge makes of one when it squashes. */
async function squashed(
  { store }: Context,
  { item, evidence }: ItemDetail,
  repoId: number,
  naming: readonly IndexedCommit[],
): Promise<readonly Sha[]> {
  const opened = await store.runs.pullRequests({ itemId: item.id });
  const given = evidence.filter(({ kind }) => kind === "pr").map(({ value }) => numberInAddress(value));
  const numbers = new Set([
    ...opened.filter((one) => one.repoId === repoId).map(({ number }) => number),
    ...given.filter((number) => number !== undefined),
  ]);
  const marked = naming.filter(({ subject }) => numbers.has(squashedFrom(subject) ?? 0));
  return marked.map(({ sha }) => sha).filter(isSha);
}

/** A branch of a repository, by its head. */
interface Branch extends Pick<Sources, "context" | "git"> {
  readonly repoId: number;
  readonly repo: string;
  readonly head: Sha;
}

/** Whether a branch has a commit, and no commit of it that stands takes that back. */
async function onBranch(branch: Branch, sha: Sha): Promise<"there" | "reverted" | "absent"> {
  const { context, git, repoId, repo, head } = branch;
  if (!(await git.reachable({ repo, sha, from: head }))) return "absent";
  for (const revert of await context.store.commits.revertsOf({ repoId, sha }))
    if (revert !== sha && (await onBranch(branch, revert)) === "there") return "reverted";
  return "there";
}

/** A rebase keeps the change and its message but not its id: equal patch-id, the ref in the message, and on the target. */
async function sameChange(branch: Branch, known: readonly Sha[], naming: readonly Sha[]): Promise<boolean> {
  const { git, repo } = branch;
  if (known.length === 0 || naming.length === 0) return false;
  const wanted = new Set((await git.patchIds({ repo, shas: known })).values());
  const present = await git.patchIds({ repo, shas: await existing(git, repo, naming) });
  for (const [sha, patch] of present)
    if (wanted.has(patch) && (await onBranch(branch, sha)) === "there") return true;
  return false;
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
